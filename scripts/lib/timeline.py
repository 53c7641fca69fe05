"""A guest's trace (kernel/trace.c) as Chrome's trace event format, which Perfetto
and chrome://tracing open and `sirloin report' draws."""

import base64
import json
import os
import sys

from common import Failure

SWITCH, YIELD, WAKE, BEGIN, END, INTR, INTR_END = range(1, 8)
BOOT, CPUS, THREADS = 1, 2, 3           # processes, to the viewer
FAULTS = {0: "divide error", 1: "debug", 3: "breakpoint", 6: "invalid opcode",
          7: "no FPU", 13: "general protection", 14: "page fault", 16: "x87 error",
          17: "alignment", 19: "SIMD error"}
LINE = b"sirloin-trace:"


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        if self.at >= len(self.data):
            raise EOFError
        self.at += 1
        return self.data[self.at - 1]

    def num(self):
        v = shift = 0
        while True:
            b = self.byte()
            v |= (b & 127) << shift
            if b < 128:
                return v
            shift += 7

    def text(self):
        n = self.num()
        if self.at + n > len(self.data):
            raise EOFError
        self.at += n
        return self.data[self.at - n:self.at].decode(errors="replace")


class Trace:
    """phases [(ns, name)], threads {id: name}, events [(ns, cpu, kind, tid, what)] in
    order, lost {cpu: n}; whole: nothing is missing at the end."""

    def __init__(self, data):
        r = Reader(data)
        self.phases, self.threads, self.lost = [], {}, {}
        self.texts, self.events, self.whole = {}, [], False
        self.now = self.entry = self.ncpu = 0
        try:
            if r.text() != "sirloin-trace" or r.num() != 1:
                raise Failure("not a trace")
            self.ncpu, self.entry, self.now = r.num(), r.num(), r.num()
            while not self.whole:
                self.record(r)
        except EOFError:
            pass
        self.events.sort(key=lambda e: e[0])

    def record(self, r):
        kind = chr(r.byte())
        if kind == "P":
            t = r.num()
            self.phases.append((t, r.text()))
        elif kind == "T":
            tid = r.num()
            self.threads[tid] = r.text()
        elif kind == "X":
            a = r.num()
            self.texts[a] = r.text()
        elif kind == "C":
            cpu, self.lost[cpu], n = r.num(), 0, 0
            self.lost[cpu] = r.num()
            t = 0
            for _ in range(r.num()):
                kind = r.byte()
                t += r.num()
                tid = r.num()
                self.events.append((t, cpu, kind, tid, r.num()))
        elif kind == "E":
            self.whole = True
        else:
            raise Failure(f"a damaged trace: record {kind!r}")

    def thread(self, tid):
        return self.threads.get(tid, f"thread {tid}")

    def name(self, what):
        if what < 32:
            return FAULTS.get(what, f"exception {what}")
        if what < 256:
            return f"interrupt {what:#x}"
        return self.texts.get(what, f"{what:#x}")


def call_name(text):
    return text.removeprefix("rump___sysimpl_")


class Chrome:
    """The events; each open slice is closed by what ends it."""

    def __init__(self, trace):
        self.t, self.out = trace, []
        self.running = {}       # cpu: [since, tid]
        self.interrupts = {}    # cpu: [[since, name]...]
        self.calls = {}         # tid: [[since, name]...]
        self.last = max([trace.now, *(e[0] for e in trace.events[-1:])])

    def slice(self, pid, tid, name, since, until, cat, args=None):
        self.out.append({"ph": "X", "pid": pid, "tid": tid, "name": name, "cat": cat,
                         "ts": since / 1000, "dur": max(until - since, 0) / 1000,
                         **({"args": args} if args else {})})

    def meta(self, pid, name, tid=None, order=None):
        kind = "process" if tid is None else "thread"
        where = {"ph": "M", "pid": pid, **({} if tid is None else {"tid": tid})}
        self.out.append({**where, "name": f"{kind}_name", "args": {"name": name}})
        if order is not None:
            self.out.append({**where, "name": f"{kind}_sort_index",
                             "args": {"sort_index": order}})

    def end_interrupts(self, cpu, t):
        for since, name in reversed(self.interrupts.pop(cpu, [])):
            self.slice(CPUS, cpu, name, since, t, "interrupt")

    def end_run(self, cpu, t, why):
        self.end_interrupts(cpu, t)
        if cpu in self.running:
            since, tid = self.running.pop(cpu)
            name = self.t.thread(tid)
            self.slice(CPUS, cpu, name, since, t, "idle" if name.startswith("idle") else
                       "running", {"thread": tid, "end": why})

    def event(self, t, cpu, kind, tid, what):
        if kind in (SWITCH, YIELD):
            why = "preempted" if kind == YIELD else \
                f"waits: {self.t.name(what)}" if what else "ended or idle"
            self.end_run(cpu, t, why)
            self.running[cpu] = [t, tid]
        elif kind == WAKE:
            by = self.running.get(cpu, [0, None])[1]
            self.out.append({"ph": "i", "s": "t", "pid": THREADS, "tid": tid, "ts": t / 1000,
                             "name": "woken", "cat": "wake",
                             "args": {"cpu": cpu, **({} if by is None else
                                                     {"by": self.t.thread(by)})}})
        elif kind == BEGIN:
            self.calls.setdefault(tid, []).append([t, call_name(self.t.name(what))])
        elif kind == END:
            stack, name = self.calls.get(tid, []), call_name(self.t.name(what))
            while any(n == name for _, n in stack):
                since, n = stack.pop()
                self.slice(THREADS, tid, n, since, t, "call")
                if n == name:
                    break
        elif kind == INTR:
            self.interrupts.setdefault(cpu, []).append([t, self.t.name(what)])
        elif kind == INTR_END and self.interrupts.get(cpu):
            since, name = self.interrupts[cpu].pop()
            self.slice(CPUS, cpu, name, since, t, "interrupt")

    def phases(self):
        marks = [(self.t.entry, "platform"), *self.t.phases]
        for (t, name), (until, _) in zip(marks, [*marks[1:], (self.last, "")]):
            if until > t:
                self.slice(BOOT, 1, name, t, until, "phase")

    def events(self):
        self.meta(BOOT, "Phases", order=0)
        self.meta(BOOT, "phases", 1)
        self.meta(CPUS, "CPUs", order=1)
        self.meta(THREADS, "Threads", order=2)
        for cpu in range(self.t.ncpu):
            self.meta(CPUS, f"CPU {cpu}", cpu, cpu)
        self.phases()
        seen = set()
        for e in self.t.events:
            self.event(*e)
            if e[2] in (SWITCH, YIELD, WAKE, BEGIN):
                seen.add(e[3])
        for tid in sorted(seen):
            if not self.t.thread(tid).startswith("idle"):
                self.meta(THREADS, self.t.thread(tid), tid, tid)
        for cpu in range(self.t.ncpu):
            self.end_run(cpu, self.last, "the trace's end")
        for tid, stack in self.calls.items():
            for since, name in reversed(stack):
                self.slice(THREADS, tid, name, since, self.last, "call",
                           {"unfinished": True})
        return self.out


def from_console(text):
    """The trace in lines of a console (bytes)."""
    return b"".join(base64.b64decode(line[len(LINE):].strip())
                    for line in text.splitlines() if line.startswith(LINE))


def convert(data, path, image):
    """Writes the JSON file; a line about it for the person."""
    t = Trace(data)
    chrome = Chrome(t)
    events = chrome.events()
    info = {"image": image, "cpus": t.ncpu, "events": len(t.events),
            "lost": sum(t.lost.values()), "whole": t.whole, "entry_us": t.entry / 1000,
            "end_us": chrome.last / 1000}
    with open(path, "w") as f:
        f.write('{"displayTimeUnit":"ns","otherData":' + json.dumps(info) +
                ',\n"traceEvents":[\n')
        f.write(",\n".join(json.dumps(e, separators=(",", ":")) for e in events))
        f.write("\n]}\n")
    lost = info["lost"]
    return (f"{path}: {len(t.events)} events" +
            (f", {lost} older ones lost (--option trace=MB keeps more)" if lost else "") +
            ("" if t.whole else ", its end is missing"))


def with_option(ns):
    """The words for the platform, with the one that switches it on."""
    on = ns.trace and not any(o.split("=")[0] == "trace" for o in ns.option)
    return [*ns.option, *(["trace"] if on else [])]


def from_file(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def save(ns, data):
    """What the guest has sent, as --trace wants it."""
    if not data:
        raise Failure(f"{ns.trace}: the guest has sent no trace (its image has none, or it "
                      "did not end in order)")
    try:
        print(f"sirloin: {convert(data, ns.trace, os.path.basename(ns.image))}",
              file=sys.stderr)
    except OSError as e:
        raise Failure(f"{ns.trace}: {e.strerror}")
