"""sirloin run --platform xen and xlcfg: sirloin here, xl in the bed's dom0."""

import json
import os
import subprocess
import time

from guest import ROOT, SIRLOIN, files_disk
from xen import Domain
from xencase import DOM0, GUEST, MEM, Case, image


class Base(Case):
    def setUp(self):
        super().setUp()
        self.bin = f"{self.bed.work}/bin"
        os.makedirs(self.bin, exist_ok=True)
        for name in ("xl", "xenstore-write"):
            if not os.path.lexists(f"{self.bin}/{name}"):
                os.symlink(f"{ROOT}/tests/xen/dom0cmd", f"{self.bin}/{name}")
        self.env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}",
                    "SIRLOIN_BED": self.bed.work, "TMPDIR": self.bed.work}

    def sirloin(self, command, *args, path=None, timeout=240, **keys):
        env = {**self.env, "PATH": path} if path else self.env
        return subprocess.run([SIRLOIN, command, *map(str, args)], env=env, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              **({"stdin": subprocess.DEVNULL} if "input" not in keys else {}),
                              **keys)

    def run_xen(self, *args, **keys):
        return self.sirloin("run", "--platform", "xen", "--mem", MEM, "--timeout", 160,
                            *args, **keys)


class Run(Base):
    def test_run(self):
        for kind in ("pv", "pvh"):
            with self.subTest(type=kind):
                r = self.run_xen(image("hello", kind), "--env", "FRUIT=pear", "--",
                                 "--exit", 7, "it's", 'a "word"')
                self.assertEqual((r.returncode, r.stderr), (7, ""), r.stdout)
                for text in ("argument it's", 'argument a "word"', "FRUIT=pear"):
                    self.assertIn(text, r.stdout)
                self.assertNotIn("sirloin:", r.stdout)

    def test_in_dom0(self):
        """As a person would, in dom0 (make xen-shell)."""
        status, out = self.bed.call(f"sirloin run --platform xen --mem {MEM} "
                                    f"{image('hello', 'pv')} -- --exit 5 there", 90)
        self.assertEqual(status, 5, out)
        self.assertIn("argument there", out)

    def test_trace(self):
        """By the console, from which its lines are taken."""
        for kind in ("pv", "pvh"):
            with self.subTest(type=kind):
                path = f"{self.bed.work}/t-{kind}.json"
                r = self.run_xen("--trace", path, image("rumptest", kind), "--mem", 128, "--",
                                 "--crash", "null")
                self.assertEqual(r.returncode, 134, r.stdout + r.stderr)
                self.assertNotIn("sirloin-trace", r.stdout)
                self.assertIn("crash_null", r.stdout)
                with open(path) as f:
                    doc = json.load(f)
                self.assertTrue(doc["otherData"]["whole"])
                names = {e["name"] for e in doc["traceEvents"]}
                self.assertLessEqual({"program", "page fault", "crasher"}, names)

    def test_input(self):
        r = self.run_xen(image("monitor", "pv"), "--smp", 2, input="echo typed\nexit 3\n")
        self.assertEqual(r.returncode, 3, r.stdout + r.stderr)
        self.assertIn("typed\n", r.stdout)

    def test_devices(self):
        disk = files_disk(f"{self.bed.work}/s.img", {"index.html": b"from a disk"})
        p = subprocess.Popen([SIRLOIN, "run", "--platform", "xen", "--mem", str(MEM), "--timeout",
                              "240", image("httpd", "pv"), "--name", "served", "--disk",
                              f"{disk},ro", "--net", "bridge=xenbr0", "--ip",
                              f"{GUEST}/16,{DOM0}"], env=self.env, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
        try:
            for line in p.stdout:
                if "serving" in line:
                    break
            out = self.bed.run(f"for n in $(seq 10); do wget -q -O - http://{GUEST}/index.html "
                               "&& exit 0; sleep 1; done; exit 1")
            self.assertTrue(out.endswith("from a disk"), out)
            self.bed.xl("shutdown", "served")
            p.stdout.read()
            self.assertEqual(p.wait(80), 0)
        finally:
            p.kill()
            p.communicate()

    def test_panic(self):
        r = self.run_xen(image("monitor", "pv"), input="abort\n")
        self.assertEqual(r.returncode, 134)
        self.assertIn("panic", r.stdout)

    def test_stack(self):
        """Xen ends a PV guest whose stack runs out; where, is in Xen's log."""
        r = self.run_xen(image("rumptest", "pv"), "--", "--crash", "stack")
        self.assertEqual(r.returncode, 134)
        self.assertRegex(r.stderr, r"Xen ended the guest at crash_stack.*: stack overflow")

    def test_reboot(self):
        """The same guest again, as on QEMU."""
        p = subprocess.Popen([SIRLOIN, "run", "--platform", "xen", "--mem", str(MEM), "--timeout",
                              "240", image("monitor", "pv"), "--name", "again"], env=self.env,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            for word in ("reboot", "shutdown"):
                while (line := p.stdout.readline()).strip() != "ready":
                    self.assertTrue(line)
                self.bed.xl(word, "again")
            p.stdout.read()
            self.assertEqual(p.wait(80), 0)
        finally:
            p.kill()
            p.communicate()

    def test_timeout(self):
        began = time.monotonic()
        r = self.sirloin("run", "--platform", "xen", "--timeout", 3, "--mem", MEM,
                         "--name", "late", image("nettest", "pv"), "--", "serve", 7000)
        self.assertEqual(r.returncode, 124, r.stdout + r.stderr)
        self.assertLess(time.monotonic() - began, 60)
        self.assertNotEqual(self.bed.call("xl domid late")[0], 0)

    def test_long_configuration(self):
        """More than a PV command line holds goes by xenstore."""
        words = ["w" * 50 + str(n) for n in range(40)]
        for app, more in (("hello", {}), ("monitor", {"input": "exit 0\n"})):
            r = self.run_xen(image(app, "pv"), "--", *words, **more)
            self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
            for w in words:
                self.assertIn(f"argument {w}\n", r.stdout)

    def test_xlcfg(self):
        for kind in ("pv", "pvh"):
            with self.subTest(type=kind):
                r = self.sirloin("xlcfg", image("hello", kind), "--name", f"kept-{kind}",
                                 "--mem", MEM, "--", "--exit", 0, "kept")
                self.assertEqual(r.returncode, 0, r.stderr)
                with open(f"{self.bed.work}/kept.cfg", "w") as f:
                    f.write(r.stdout + ("cpuid = 'host,avx=0,avx2=0'\n" if kind == "pvh" else ""))
                out = self.bed.run("xl create -F -c /bed/kept.cfg 2>&1 </dev/zero", 30)
                self.assertIn("argument kept", out)
                self.assertIn("sirloin: exit 0", out)

    def test_example(self):
        """docs/rumpdomu.cfg as it is, with its files beside it."""
        files_disk(f"{self.bed.work}/files.img", {"index.html": b"example"})
        self.bed.run(f"""mkdir -p /tmp/ex; cd /tmp/ex; cp {image('httpd', 'pv')} httpd.elf
            cp /bed/files.img .""")
        with open(f"{ROOT}/docs/rumpdomu.cfg") as f, \
                open(f"{self.bed.work}/rumpdomu.cfg", "w") as out:
            text = f.read()
            out.write(text.replace("memory = 64", f"memory = {MEM}"))
        g = Domain(self.bed, "httpd")
        mark = len(g.console)
        self.bed.run("cd /tmp/ex && xl create /bed/rumpdomu.cfg")
        try:
            addr = g.expect(r"^serving .* on http://([\d.]+):80/", 60, mark)[1]
            self.assertEqual(self.bed.run(f"wget -q -O - http://{addr}/index.html"), "example")
            self.bed.xl("shutdown", "-w", "httpd")
        finally:
            self.bed.call("xl destroy httpd")


class Refused(Base):
    def refuse(self, status, text, *args, **keys):
        r = self.sirloin(*args, **keys)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        self.assertRegex(r.stderr, text)
        self.assertEqual(len(r.stderr.splitlines()), 1 if status == 125 else 2)

    def test_refused(self):
        hello, hw = image("hello", "pv"), image("hello", "pvh")
        xen = ("run", "--platform", "xen")
        for status, text, args in (
                (125, "an image for xen.*'pv'", (*xen, "--type", "pvh", hello)),
                (125, "an image for hw.*'pvh'", (*xen, "--type", "pv", hw)),
                (125, "an image for hw", ("xlcfg", "--type", "pv", hw)),
                (125, "an image for Xen", ("run", hello)),
                (125, "no such image", (*xen, "/nonexistent")),
                (125, "not a Sirloin image", (*xen, "/bin/true")),
                (125, "only a PV guest", ("xlcfg", hw, "--pci", "00:04.0")),
                (125, "no such disk", (*xen, hello, "--disk", "/nonexistent")),
                (125, "hold the image", (*xen, "--mem", 1, hello))):
            with self.subTest(args=args):
                self.refuse(status, text, *args)

    def test_usage(self):
        for args in (("--net", "user"), ("--gdb",), ("--rng",), ("--mem", "0")):
            r = self.sirloin("run", "--platform", "xen", image("hello", "pv"), *args)
            self.assertEqual(r.returncode, 2, args)
        r = self.sirloin("run", "--name", "x", image("hello", "pvh"))
        self.assertEqual(r.returncode, 2)

    def test_no_xl(self):
        self.refuse(125, "no xl", "run", "--platform", "xen", image("hello", "pv"),
                    path="/usr/bin:/bin")

    def test_xl_fails(self):
        """What xl says reaches the user, and the status is 125."""
        r = self.run_xen(image("hello", "pv"), "--xl", "vif=['bridge=nonesuch']")
        self.assertEqual(r.returncode, 125, r.stdout + r.stderr)
        self.assertRegex(r.stderr, "(?i)bridge|script|vif")
