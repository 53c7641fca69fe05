"""hello on every machine and boot path: console, environment, exit status."""

import os
import unittest

from guest import KERNEL, image, run

MEM = "64" if KERNEL == "netbsd" else "32"


class Hello(unittest.TestCase):
    def check(self, *opts, mem=MEM, timeout=60):
        status, console = run(image("hello"), "--mem", mem, *opts, "--env", "FRUIT=pear",
                              "--", "--exit", "7", "one", "two", timeout=timeout)
        self.assertIn("one", console)
        self.assertIn("two", console)
        self.assertIn("FRUIT=pear", console)
        self.assertEqual(status, 7, console)

    def test_machines(self):
        for machine in ("microvm", "pc", "q35"):
            for cpus in ("1", "2", "4"):
                with self.subTest(machine=machine, cpus=cpus):
                    self.check("--machine", machine, "--smp", cpus)

    def test_8_gb(self):
        for machine in ("microvm", "q35"):
            with self.subTest(machine=machine):
                self.check("--machine", machine, mem="8192")

    def test_64_cpus(self):
        self.check("--machine", "q35", "--smp", "64", mem="256", timeout=120)

    def test_exit_statuses(self):
        for n in (0, 1, 125, 127, 128, 255):
            with self.subTest(exit=n):
                status, console = run(image("hello"), "--machine", "microvm", "--",
                                      "--exit", n)
                self.assertEqual(status, n, console)

    def test_clocks(self):
        for clock in ("hpet", "pit"):
            with self.subTest(clock=clock):
                self.check("--machine", "pc", "--option", f"clock={clock}")


class Iso(unittest.TestCase):
    def test_iso(self):
        for machine in ("pc", "q35"):
            for firmware, mem in (("bios", "64"), ("uefi", "256")):
                with self.subTest(machine=machine, firmware=firmware):
                    status, console = run(image("hello", "iso"), "--machine", machine,
                                          "--firmware", firmware, "--mem", mem,
                                          timeout=90)
                    self.assertEqual(status, 0, console)
                    self.assertIn("hello", console)


class Least(unittest.TestCase):
    @unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's figures")
    def test_least_memory(self):
        status, console = run(image("hello"), "--machine", "microvm", "--mem", "4")
        self.assertEqual(status, 0, console)

    @unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's figures")
    def test_size(self):
        import subprocess
        import tempfile
        for app, most in (("hello", 128), ("httpd", 512)):
            with self.subTest(app=app), tempfile.NamedTemporaryFile() as f:
                subprocess.run(["strip", "-o", f.name, image(app)], check=True)
                self.assertLess(os.path.getsize(f.name), most * 1024)

    def test_too_little(self):
        status, console = run(image("hello"), "--machine", "microvm", "--mem", "1",
                              timeout=20)
        self.assertNotIn(status, (0, 124), console)
        self.assertRegex(console, r"memory.*\d+")
