"""How programs are run: several in an image, detached, stopped; the launcher's options."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import program
from guest import KERNEL, ROOT, SIRLOIN, files_disk, image, programs_said, run

sys.path.insert(0, f"{ROOT}/scripts/lib")
import common  # noqa: E402  (the launcher's)


class Several(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.proc = program.compile(f"{ROOT}/tests/programs/proc.c")
        cls.image = program.bake(cls.proc, name="proc", files={"etc/motd": b"baked"})

    def run_config(self, rc, status, mem=128, timeout=60):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump({"rc": [{"bin": "proc", **p} for p in rc],
                       "env": ["X=all"]}, f)
            f.flush()
            got, console = run(self.image, "--smp", 2, "--mem", mem, "--config", f.name,
                               timeout=timeout)
        self.assertEqual(got, status, console)
        return programs_said(console)

    def test_sequence(self):
        """Data, environment, working directory and descriptors of its own; memory comes
        back, also from under threads that sleep."""
        console = self.run_config([
            {"argv": ["who", "a"], "workdir": "/etc", "env": ["X=own"]},
            {"argv": ["who", "b"]},
            {"argv": ["threads"]},
            {"argv": ["memory", "70"]},
            {"argv": ["memory", "70"]},
            {"argv": ["special"], "runmode": "&"},
            {"argv": ["special"]},
            {"argv": ["leave", "3"], "runmode": ";"}], 3)
        first, second = console.splitlines()[:2]
        self.assertRegex(first, r"^data 6 cwd \S*/etc X own fd 3 arg a$")
        self.assertEqual(second, "data 6 cwd / X all fd 3 arg b")

    def test_pipes(self):
        console = self.run_config([
            {"argv": ["seq", "30000"], "runmode": "|"}, {"argv": ["count"]},
            # a reader that ends early is the writer's SIGPIPE
            {"argv": ["seq", "1000000"], "runmode": "|"}, {"argv": ["leave", "0"]},
            # in the background there is no input
            {"argv": ["count"], "runmode": "&"},
            {"argv": ["map", "/tmp/m"]}, {"argv": ["show", "/tmp/m"]}], 0)
        self.assertIn("30000 lines\n", console)
        self.assertIn("0 lines\n", console)
        self.assertIn("mapped\n", console)

    def test_failure_ends_the_rest(self):
        console = self.run_config([
            {"argv": ["serve"], "runmode": "&"},
            {"argv": ["leave", "1"], "runmode": ";"},
            {"argv": ["leave", "5"]},
            {"argv": ["who"]}], 5)
        self.assertIn("proc: SIGTERM", console)
        self.assertNotIn("data", console)

    def test_command_line(self):
        """A shell's words between programs; a program that is not there."""
        status, console = run(self.image, "--mem", 64, "--workdir", "/tmp", "--",
                              "proc", "seq", "3", "|", "proc", "count", ";", "nothing", ";",
                              "proc", "who", "\\;", "&&", "proc", "leave", "4")
        self.assertEqual(status, 4, console)
        self.assertIn("3 lines", console)
        self.assertIn("/bin/nothing: no such file", console)
        self.assertIn("cwd /tmp X none fd 3 arg ;", console)

    def test_root_disk(self):
        """A root file system on a disk, and one in memory."""
        with tempfile.TemporaryDirectory() as d:
            with open(self.proc, "rb") as f:
                proc = f.read()
            disk = files_disk(f"{d}/root.iso", {"bin/proc": proc, "etc/motd": b"disk"},
                              fstype="iso")
            # what is on the disk comes before what is in the image
            for img in (self.image, image("linux")):
                status, console = run(img, "--mem", 64, "--disk", f"{disk},root", "--tmpfs",
                                      "/scratch", "--bin", "proc", "--", "show", "/etc/motd")
                self.assertEqual((status, programs_said(console).strip()), (0, "disk"), console)

    def wait_for(self, log, text):
        for _ in range(1200):
            with open(log) as f:
                said = f.read()
            if text in said:
                return
            time.sleep(0.1)
        self.fail(said)

    def test_stop(self):
        with tempfile.TemporaryDirectory() as d:
            env = {**os.environ, "XDG_RUNTIME_DIR": d}

            def sirloin(*args):
                r = subprocess.run([SIRLOIN, *args], env=env, text=True, timeout=300,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                return r.returncode, r.stdout.strip()
            cases = (("q35", ["serve"], 9), ("pc", ["serve", "poll"], 143))
            for machine, args, status in cases:
                with self.subTest(machine=machine):
                    name = "g-" + machine
                    self.assertEqual(sirloin(
                        "run", "--detach", "--accel", "tcg", "--machine", machine, "--name",
                        name, "--timeout", "240", self.image, "--", *args), (0, name))
                    log = f"{d}/sirloin/{name}/log"
                    self.wait_for(log, "serving")
                    self.assertIn(f"{name}\trunning", sirloin("list")[1])
                    self.assertEqual(sirloin("run", "--detach", "--name", name,
                                             self.image)[0], 125)
                    self.assertEqual(sirloin("stop", name),
                                     (0, f"{name}: exit status {status}"))
                    self.assertEqual(sirloin("list"), (0, ""))
            self.assertEqual(sirloin("stop", "nobody")[0], 2)
            # one that can't begin says so at once
            self.assertEqual(sirloin("run", "--detach", f"{d}/no.elf")[0], 125)


class Options(unittest.TestCase):
    """What the options become; the launcher's functions themselves."""

    def config(self, args=(), nets=(), **opts):
        ns = argparse.Namespace(**{"image": "x/prog.elf", "args": list(args), "ip": [],
                                   "env": [], "hostname": None, "workdir": None, "bin": None,
                                   "config": None, "tmpfs": [], **opts})
        conf = []
        for n, default in enumerate(nets):
            conf += common.net_entries(ns, n, default)
        return json.loads(common.make_config(ns, conf, common.tmpfs_entries(ns)))

    def test_networks(self):
        net = self.config(nets=("dhcp", "10.0.2.15/24"), ip=[
            "10.1.2.3/8,10.0.0.1", "fd00::5/64,fd00::1", "auto", "1=none"])["net"]
        self.assertEqual(net, [
            {"if": "virt0", "type": "inet", "method": "static", "addr": "10.1.2.3",
             "mask": "8", "gw": "10.0.0.1"},
            {"if": "virt0", "type": "inet6", "method": "static", "addr": "fd00::5",
             "mask": "64", "gw": "fd00::1"},
            {"if": "virt0", "type": "inet6", "method": "auto"}])
        net = self.config(nets=("dhcp", "dhcp"), ip=["1=10.0.0.2/24"])["net"]
        self.assertEqual([n["method"] for n in net], ["dhcp", "static"])
        with self.assertRaises(common.Failure):
            self.config(nets=("dhcp",), ip=["10.0.0.1"])

    def test_programs(self):
        def rc(*args, **opts):
            return [(p["bin"], p["argv"], p.get("runmode")) for p in
                    self.config(args, **opts)["rc"]]
        self.assertEqual(rc("-x", "a b"), [("prog", ["-x", "a b"], None)])
        self.assertEqual(rc("x", bin="other"), [("other", ["x"], None)])
        self.assertEqual(rc("a", "1", "&", "b", "|", "c"), [
            ("a", ["1"], "&"), ("b", [], "|"), ("c", [], "&&")])
        self.assertEqual(rc("a", "&"), [("a", [], "&")])
        for bad in ("| a", "a |", "a & | b", "; a", "a ; ; b", "&", "a" + " ; a" * 8):
            with self.subTest(bad=bad), self.assertRaises(common.Failure):
                rc(*bad.split())

    @unittest.skipIf(KERNEL == "netbsd", "an image with one program is the same there")
    def test_one_program(self):
        status, console = run(image("hello"), "--mem", 32, "--", "a", "&", "b")
        self.assertEqual(status, 125, console)
        self.assertIn("this image has one", console)


if __name__ == "__main__":
    unittest.main()
