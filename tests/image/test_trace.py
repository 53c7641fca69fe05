"""sirloin run --trace and sirloin report."""

import html.parser
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
import unittest.mock
import urllib.request

import program
import timeline
import xl
from guest import ROOT, SIRLOIN, Guest, files_disk, free_port, image, run

BOOT, CPUS, THREADS = 1, 2, 3


def load(path):
    with open(path) as f:
        return json.load(f)


def slices(doc, pid, **want):
    return [e for e in doc["traceEvents"] if e["ph"] == "X" and e["pid"] == pid and
            all(e.get(k) == v for k, v in want.items())]


def nested(events):
    """On one lane: each within the other, or apart."""
    open_ = []
    for e in sorted(events, key=lambda e: (e["ts"], -e["dur"])):
        while open_ and open_[-1] <= e["ts"] + .0015:
            open_.pop()
        if open_ and e["ts"] + e["dur"] > open_[-1] + .0015:
            return e
        open_.append(e["ts"] + e["dur"])
    return None


class Trace(unittest.TestCase):
    def trace(self, d, app, *opts, args=(), status=0):
        got, console = run("--trace", f"{d}/t.json", *opts, app,
                           *(["--", *args] if args else []), timeout=90)
        bad = [line for line in console.splitlines() if line.startswith("not ok")]
        self.assertEqual(got, status, f"{bad}\n{console[-2000:]}")
        self.assertIn("t.json: ", console)
        return load(f"{d}/t.json"), console

    def test_timeline(self):
        for machine, cpus in (("microvm", 1), ("q35", 2), ("pc", 4)):
            with self.subTest(machine=machine, cpus=cpus), \
                    tempfile.TemporaryDirectory() as d:
                doc, _ = self.trace(d, image("libctest"), "--machine", machine, "--smp", cpus,
                                    "--mem", 96)
                self.check(doc, cpus)

    def check(self, doc, cpus):
        info = doc["otherData"]
        self.assertEqual(info["cpus"], cpus)
        self.assertTrue(info["whole"])
        self.assertEqual(info["lost"], 0)
        phases = [e["name"] for e in slices(doc, BOOT)]
        self.assertEqual(phases[:4], ["platform", "kernel", "devices", "configuration"])
        self.assertEqual(phases[-2:], ["program", "end"])
        self.assertIn("rump kernel", phases)
        for n in range(cpus):
            lane = slices(doc, CPUS, tid=n)
            self.assertTrue(any(e["cat"] == "interrupt" for e in lane), n)
            self.assertIsNone(nested(lane))
            # one thread after the other, without gaps
            runs = [e for e in lane if e["cat"] in ("running", "idle")]
            for a, b in zip(runs, runs[1:]):
                self.assertAlmostEqual(a["ts"] + a["dur"], b["ts"], delta=.01)
        calls = slices(doc, THREADS, cat="call")
        for tid in {e["tid"] for e in calls}:
            self.assertIsNone(nested([e for e in calls if e["tid"] == tid]))
        names = {e["name"] for e in calls}
        self.assertLessEqual({"write", "open", "rumpuser_iovwrite"}, names)
        main = [e for e in doc["traceEvents"] if e["ph"] == "M" and
                e["args"].get("name") == "main" and e["pid"] == THREADS]
        self.assertEqual(len(main), 1)
        # what main does by calls, it does while it runs or waits, and after the boot
        first = min(e["ts"] for e in calls if e["tid"] == main[0]["tid"])
        self.assertGreater(first, slices(doc, BOOT, name="devices")[0]["ts"])
        waits = [e for e in slices(doc, CPUS) if e.get("args", {}).get("end", "")
                 .startswith("waits: ")]
        self.assertTrue(waits)

    def test_overflow_is_said(self):
        """Memory for 64 KB of events only: the newest are kept."""
        with tempfile.TemporaryDirectory() as d:
            doc, console = self.trace(d, image("rumptest"), "--mem", 32)
            info = doc["otherData"]
            self.assertGreater(info["lost"], 0)
            self.assertRegex(console, r"t.json: \d+ events, \d+ older ones lost")
            self.assertGreater(max(e["ts"] for e in slices(doc, CPUS)),
                               info["end_us"] - 200000)
            self.assertIn("kernel", [e["name"] for e in slices(doc, BOOT)])

    @staticmethod
    def small():
        """A trace of 2 events of one CPU, 3 more lost."""
        def text(s):
            return bytes([len(s)]) + s.encode()
        return (text("sirloin-trace") + bytes([1, 1, 0, 9]) + b"T" + bytes([1]) + text("main") +
                b"C" + bytes([0, 3, 2]) + bytes([1, 5, 1, 0]) + bytes([4, 1, 1, 0]) + b"E")

    def test_damaged(self):
        good = self.small()
        with tempfile.TemporaryDirectory() as d:
            for n in range(1, len(good)):       # its end is missing
                try:
                    timeline.convert(good[:n], f"{d}/t.json", "x")
                except timeline.Failure:
                    continue
            for n in range(len(good)):
                bad = bytearray(good)
                bad[n] ^= 0x55
                try:
                    timeline.convert(bytes(bad), f"{d}/t.json", "x")
                except timeline.Failure:
                    pass

    def test_by_the_console(self):
        """As on Xen: no port, so lines on the console, which are taken out of it."""
        r, w = os.pipe()
        with tempfile.TemporaryDirectory() as d:
            status, console = run(image("libctest"), "--mem", 96, "--option", "trace")
            self.assertEqual(status, 0)
            console = console.replace("\r", "").encode()
            self.assertIn(b"\nsirloin-trace:", console)
            shown = []
            with unittest.mock.patch.object(xl.Console, "show", lambda _, t: shown.append(t)):
                c = xl.Tracing(r)
                for n in range(0, len(console), 999):
                    os.write(w, console[n:n + 999])
                os.close(w)
                c.thread.join(10)
            os.close(r)
            self.assertNotIn(b"sirloin-trace", b"".join(shown))
            self.assertIn(b"\n1..143", b"".join(shown))
            timeline.convert(timeline.from_console(c.trace), f"{d}/t.json", "x")
            self.check(load(f"{d}/t.json"), 1)

    def test_panic(self):
        with tempfile.TemporaryDirectory() as d:
            doc, _ = self.trace(d, image("rumptest"), "--mem", 128, args=("--crash", "null"),
                                status=134)
            self.assertIn("page fault", {e["name"] for e in slices(doc, CPUS)})

    def test_server(self):
        """Ended by the power button: SIGTERM to sirloin."""
        port = free_port()
        with tempfile.TemporaryDirectory() as d, \
                Guest("--trace", f"{d}/t.json", image("httpd"), "--mem", 96, "--net",
                      f"user,{port}:80", "--disk",
                      files_disk(f"{d}/d.img", {"index.html": b"x"})) as g:
            g.expect(r"serving .* on ", 60)
            for _ in range(5):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60).read()
            g.p.send_signal(signal.SIGTERM)
            g.wait(60)
            doc = load(f"{d}/t.json")
            names = {e["name"] for e in slices(doc, THREADS)}
            self.assertIn("rumpcomp_vif_send", names)
            self.assertTrue(any(n.startswith("accept") for n in names), names)

    def test_program(self):
        prog = program.compile(f"{ROOT}/tests/programs/lxtest")
        elf = program.bake(prog, name="lxtest")
        with tempfile.TemporaryDirectory() as d:
            doc, _ = self.trace(d, elf, "--mem", 256, "--smp", 2, "--option", "trace=4")
            names = {e["name"] for e in slices(doc, THREADS)}
            self.assertLessEqual({"epoll_pwait", "futex", "mmap"}, names)
            self.assertIn("page fault", {e["name"] for e in slices(doc, CPUS)})

    def test_off_costs_nothing(self):
        """What a trace needs comes last in text, and nothing before leads into it but the
        start, and what marks a phase of the boot."""
        names = {}                          # send_port() is the first of it
        for line in subprocess.check_output(["nm", image("httpd")], text=True).splitlines():
            f = line.split()
            names[f[-1]] = int(f[0], 16)
        start, end = names["send_port"], names["__text_end"]
        self.assertLess(end - start, 8192)
        code = subprocess.check_output(["objdump", "-d", "--no-show-raw-insn", "--stop-address",
                                        str(start), image("httpd")], text=True)
        self.assertIn("<kern_timer_intr>:", code)
        into = {name for at, name in re.findall(r"\b([0-9a-f]{6,}) <([^+>]*)", code)
                if start <= int(at, 16) < end}
        self.assertLessEqual(into, {"kern_trace_start", "rumpcomp_trace_phase"})

    def test_image_without_trace(self):
        with tempfile.TemporaryDirectory() as d:
            status, console = run("--trace", f"{d}/t.json", image("hello"))
            self.assertEqual(status, 125)
            self.assertIn("has sent no trace", console)


class Text(html.parser.HTMLParser):
    """What stands in tables, and what the page would load."""

    def __init__(self, page):
        super().__init__()
        self.cells, self.urls, self.inside, self.headings = [], [], None, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.urls += [v for k, v in attrs if k in ("src", "href") and not v.startswith("#")]

    def handle_data(self, data):
        if self.inside in ("td", "th"):
            self.cells.append(data)
        elif self.inside == "h2":
            self.headings.append(data)


class Report(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.d = self.dir.name

    def report(self, path, status=0):
        r = subprocess.run([SIRLOIN, "report", path], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=240)
        self.assertEqual(r.returncode, status, r.stderr)
        return r

    def page(self):
        run("--trace", f"{self.d}/t.json", image("libctest"), "--smp", 2, "--mem", 96)
        self.report(f"{self.d}/t.json")
        with open(f"{self.d}/t.html") as f:
            return f.read()

    def test_page(self):
        page = self.page()
        t = Text(page)
        self.assertEqual(t.urls, [])
        self.assertNotIn("@import", page)
        self.assertNotIn("url(", page)
        self.assertEqual(t.headings, ["Phases", "CPUs", "Threads", "System calls and hypercalls",
                                      "Interrupts and faults"])
        for cell in ("program", "CPU 1", "main", "write", "timer"):
            self.assertIn(cell, t.cells)
        self.assertNotIn("@@", page)

    @unittest.skipUnless(program.have("chromium"), "no chromium")
    def test_drawn(self):
        """A browser runs its script without an error, and colours come of it."""
        page = self.page().replace("<script>", """<script>
            addEventListener("error", (e) => document.title = "error: " + e.message);
            addEventListener("load", () => setTimeout(() => {
                const c = document.getElementById("time"), g = c.getContext("2d");
                const d = g.getImageData(0, 0, c.width, c.height).data, seen = new Set();
                for (let i = 0; i < d.length; i += 4)
                    seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
                document.querySelector("[data-do=in]").click();
                document.querySelector("thead button").click();
                if (!document.title.startsWith("error"))
                    document.title = "colours: " + seen.size;
            }, 200));</script><script>""", 1)
        with open(f"{self.d}/t.html", "w") as f:
            f.write(page)
        r = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu",
                            f"--user-data-dir={self.d}/profile", "--virtual-time-budget=5000",
                            "--dump-dom", f"file://{self.d}/t.html"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                           timeout=480)
        title = r.stdout.split("<title>")[1].split("</title>")[0]
        self.assertTrue(title.startswith("colours: "), title)
        self.assertGreater(int(title.split()[1]), 8)

    def test_hostile_names(self):
        """Texts of a guest stay texts."""
        evil = "</script><script>alert(1)</script>"
        doc = {"otherData": {"image": evil}, "traceEvents": [
            {"ph": "X", "pid": 2, "tid": 0, "name": evil, "cat": "running", "ts": 1, "dur": 2,
             "args": {"thread": 1, "end": evil}},
            {"ph": "M", "pid": 2, "tid": 0, "name": "thread_name", "args": {"name": evil}}]}
        with open(f"{self.d}/e.json", "w") as f:
            json.dump(doc, f)
        self.report(f"{self.d}/e.json")
        with open(f"{self.d}/e.html") as f:
            self.assertNotIn("<script>alert", f.read())

    def test_bad_input(self):
        for n, text in enumerate(("", "{", "[]", '{"traceEvents":3}', '{"traceEvents":[{}]}',
                                  '{"traceEvents":[{"ph":"X","name":"x","ts":"a"}]}')):
            path = f"{self.d}/{n}.json"
            with open(path, "w") as f:
                f.write(text)
            r = self.report(path, 125)
            self.assertIn("not a trace", r.stderr)
        self.assertIn("No such file", self.report(f"{self.d}/none.json", 125).stderr)

    def test_empty(self):
        with open(f"{self.d}/t.json", "w") as f:
            f.write('{"traceEvents":[]}')
        self.report(f"{self.d}/t.json")
