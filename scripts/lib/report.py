"""sirloin report: a trace (run --trace) as one HTML page that needs nothing else."""

import html
import json
import os

from common import Failure

PAGE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "report.html")


class Timeline:
    """What is drawn: lanes of slices, and what the tables sum up.  Times in us."""

    def __init__(self, doc):
        self.names, self.index = [], {}
        self.lanes, self.marks = {}, {}         # (pid, tid): ...
        self.label, self.process = {}, {}
        self.calls, self.interrupts, self.threads = {}, {}, {}
        self.wait = {}                          # thread: when it was woken
        for e in doc["traceEvents"]:
            self.event(e)
        for slices in self.lanes.values():
            slices.sort(key=lambda s: (s[0], -s[1]))
        ends = [s[0] + s[1] for v in self.lanes.values() for s in v]
        starts = [s[0] for v in self.lanes.values() for s in v]
        self.start, self.end = min(starts, default=0), max(ends, default=1)

    def name(self, text):
        if text not in self.index:
            self.index[text] = len(self.names)
            self.names.append(text)
        return self.index[text]

    def event(self, e):
        key = e.get("pid", 0), e.get("tid", 0)
        if e["ph"] == "M":
            if e["name"] == "thread_name":
                self.label[key] = str(e["args"]["name"])
            elif e["name"] == "process_name":
                self.process[key[0]] = str(e["args"]["name"])
        elif e["ph"] == "X":
            cat, args = e.get("cat", ""), e.get("args", {})
            kind = {"phase": 0, "running": 1, "idle": 2, "interrupt": 3}.get(cat, 4)
            self.lanes.setdefault(key, []).append(
                [float(e["ts"]), float(e.get("dur", 0)), self.name(str(e["name"])), kind,
                 self.name(str(args.get("end", "not finished" if "unfinished" in args else "")))])
            self.total(e, cat, args)
        elif e["ph"] == "i":
            self.marks.setdefault(key, []).append(float(e["ts"]))

    def total(self, e, cat, args):
        if cat in ("call", "interrupt"):
            table = self.calls if cat == "call" else self.interrupts
            t = table.setdefault(e["name"], [0, 0.0, 0.0])
        elif cat == "running":
            t = self.threads.setdefault((args.get("thread"), e["name"]), [0, 0.0, 0.0])
        else:
            return
        t[0] += 1
        t[1] += e["dur"]
        t[2] = max(t[2], e["dur"])

    def latencies(self):
        """{thread: [times woken and run, sum, longest]}: from ready to running."""
        runs = {}
        for (pid, cpu), slices in self.lanes.items():
            for s in slices:
                if s[3] == 1:
                    runs.setdefault(self.names[s[2]], []).append(s[0])
        out = {}
        for key, marks in self.marks.items():
            name = self.label.get(key)
            starts = sorted(runs.get(name, []))
            n = 0
            for m in sorted(marks):
                while n < len(starts) and starts[n] < m:
                    n += 1
                if n == len(starts):
                    break
                t = out.setdefault(key[1], [0, 0.0, 0.0])
                wait = starts[n] - m
                t[0], t[1], t[2] = t[0] + 1, t[1] + wait, max(t[2], wait)
        return out

    def data(self):
        """For the page's script."""
        lanes = []
        for key in sorted(self.lanes, key=lambda k: (k[0], k[1])):
            slices, ends = [], []
            for ts, dur, name, kind, info in self.lanes[key]:
                while ends and ends[-1] <= ts + .0015:      # floating point
                    ends.pop()
                slices.append([round(ts - self.start, 3), round(dur, 3), name, kind,
                               len(ends), info])
                ends.append(ts + dur)
            lanes.append({"group": self.process.get(key[0], f"process {key[0]}"),
                          "name": self.label.get(key, str(key[1])), "id": key[1],
                          "depth": max((s[4] for s in slices), default=0) + 1,
                          "slices": slices})
        return {"names": self.names, "lanes": lanes, "origin": self.start,
                "length": self.end - self.start}


def us(t):
    if t >= 1e6:
        return f"{t / 1e6:.3f} s"
    return f"{t / 1e3:.3f} ms" if t >= 1e3 else f"{t:.2f} µs"


def table(title, heads, rows, note=""):
    """Cells are (text, number to sort by) or text."""
    def cell(c, first):
        text, key = c if isinstance(c, tuple) else (c, c)
        kind = "th scope=row" if first else "td"
        return (f'<{kind} data-key="{html.escape(str(key), True)}">'
                f"{html.escape(str(text))}</{kind.split()[0]}>")
    body = "".join("<tr>" + "".join(cell(c, n == 0) for n, c in enumerate(r)) + "</tr>"
                   for r in rows)
    head = "".join(f"<th scope=col><button type=button>{html.escape(h)}</button></th>"
                   for h in heads)
    if not rows:
        return f"<section><h2>{html.escape(title)}</h2><p>None in this trace.</p></section>"
    return (f"<section><h2>{html.escape(title)}</h2>{note and f'<p>{html.escape(note)}</p>'}"
            f'<div class=scroll tabindex=0 role=region aria-label="{html.escape(title)}">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>")


def times(t):
    n, total, longest = t
    return [(n, n), (us(total), total), (us(total / n), total / n), (us(longest), longest)]


def tables(t):
    phases, cpus, out = [], [], []
    for (pid, tid), slices in sorted(t.lanes.items()):
        busy = {1: 0.0, 2: 0.0, 3: 0.0}
        count = {1: 0, 2: 0, 3: 0}
        for ts, dur, name, kind, _ in slices:
            if kind == 0:
                phases.append([t.names[name], (us(ts), ts), (us(dur), dur)])
            elif kind in busy:
                busy[kind] += dur
                count[kind] += 1
        known = busy[1] + busy[2]
        if known:
            share = 100 * busy[1] / known
            cpus.append([t.label.get((pid, tid), str(tid)), (f"{share:.1f} %", share),
                         (us(busy[1]), busy[1]), (us(busy[2]), busy[2]),
                         (count[1] + count[2],) * 2, (count[3],) * 2, (us(busy[3]), busy[3])])
    ran = sum(v[1] for v in t.threads.values()) or 1
    late = t.latencies()
    threads = []
    for (tid, name), v in sorted(t.threads.items(), key=lambda i: -i[1][1]):
        w = late.get(tid)
        threads.append([name, (tid, tid), (us(v[1]), v[1]),
                        (f"{100 * v[1] / ran:.1f} %", v[1]), (v[0], v[0]), (us(v[2]), v[2]),
                        (us(w[1] / w[0]), w[1] / w[0]) if w else ("–", -1),
                        (us(w[2]), w[2]) if w else ("–", -1)])
    out.append(table("Phases", ["Phase", "From", "Time"], phases,
                     "What the image did, from the platform's first instruction."))
    out.append(table("CPUs", ["CPU", "Busy", "Running", "Idle", "Switches", "Interrupts",
                              "In interrupts"], cpus))
    out.append(table("Threads", ["Thread", "Number", "CPU time", "Share", "Runs",
                                 "Longest run", "Ready to running, mean", "longest"], threads))
    for title, part, first in (("System calls and hypercalls", t.calls, "Call"),
                               ("Interrupts and faults", t.interrupts, "Interrupt")):
        rows = [[name, *times(v)] for name, v in sorted(part.items(), key=lambda i: -i[1][1])]
        out.append(table(title, [first, "Times", "Total", "Mean", "Longest"], rows,
                         "Time in a call counts its waits." if first == "Call" else ""))
    return "\n".join(out)


def summary(doc, t):
    info = doc.get("otherData", {})
    words = [f"{us(t.end - t.start)} of time",
             f"{sum(len(v) for v in t.lanes.values()):,} slices"]
    if "cpus" in info:
        words.insert(1, f"{info['cpus']} CPU" + ("s" if info["cpus"] != 1 else ""))
    if info.get("lost"):
        words.append(f"{info['lost']:,} older events were lost "
                     "(run with --option trace=MB to keep more)")
    if info.get("whole") is False:
        words.append("the trace's end is missing")
    return "; ".join(words) + "."


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            doc = json.load(f)
    except (OSError, UnicodeDecodeError) as e:
        raise Failure(f"{path}: {getattr(e, 'strerror', None) or 'not a text file'}")
    except ValueError as e:
        raise Failure(f"{path}: not a trace: {e}")
    if not isinstance(doc, dict) or not isinstance(doc.get("traceEvents"), list):
        raise Failure(f"{path}: not a trace (no traceEvents)")
    return doc


def page(doc):
    try:
        t = Timeline(doc)
        image = str(doc.get("otherData", {}).get("image", "a guest"))
        with open(PAGE, encoding="utf-8") as f:
            text = f.read()
        # in a script element, and nothing may end that
        data = json.dumps(t.data(), separators=(",", ":")).replace("<", "\\u003c")
        parts = {"TITLE": html.escape(image), "SUMMARY": html.escape(summary(doc, t)),
                 "TABLES": tables(t), "DATA": data}
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise Failure(f"not a trace of ours: {type(e).__name__} {e}")
    head, *rest = text.split("@@")
    return head + "".join(parts[p] if n % 2 == 0 else p for n, p in enumerate(rest))


def make(ns):
    out = ns.output or os.path.splitext(ns.trace)[0] + ".html"
    text = page(load(ns.trace))
    try:
        with open(out, "w", encoding="utf-8") as f:
            f.write(text)
    except OSError as e:
        raise Failure(f"{out}: {e.strerror}")
    print(out)
    return 0
