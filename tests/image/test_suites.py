"""Suites that run inside the guest and speak TAP on the console."""

import tempfile
import unittest

from guest import KERNEL, OUT, files_disk, image, run, tap_lines

# What rumptest has to show of each machine's bus.
BUS = {"microvm": (),
       "q35": ('00:00.0 8086:29c0 class 060000 owner "" interrupt none vectors 0$',
               '00:1f.2 8086:2922 class 010601 owner "" ',
               r'00:[0-9a-f]{2}\.0 1af4:10(42|01) class 010000 owner "'),
       "pc": ('00:00.0 8086:1237 class 060000 ', '00:01.1 8086:7010 class 0101')}


class Suite(unittest.TestCase):
    def tap(self, app, *opts, args=(), timeout=120, least=10):
        status, console = run(app, *opts, *(["--", *args] if args else []), timeout=timeout)
        ok, bad, plan = tap_lines(console)
        self.assertEqual(bad, [], console[-3000:])
        self.assertEqual(status, 0, console[-3000:])
        self.assertGreaterEqual(ok, least, console[-2000:])
        self.assertEqual(ok, plan, "the plan and the tests differ")
        return console

    def test_rumptest(self):
        for machine, cpus in (("microvm", 1), ("q35", 2), ("pc", 4)):
            with self.subTest(machine=machine, cpus=cpus), \
                    tempfile.TemporaryDirectory() as d:
                disk = files_disk(f"{d}/d.img", {})
                console = self.tap(image("rumptest"), "--machine", machine, "--smp", cpus,
                                   "--mem", 128, "--disk", f"{disk},raw", timeout=180)
                for line in BUS[machine]:
                    self.assertRegex(console, "(?m)^#   pci " + line)

    @unittest.skipIf(KERNEL == "netbsd", "below the line: the same for both kernels")
    def test_kerntest(self):
        for machine, cpus in (("microvm", 1), ("q35", 2), ("pc", 4)):
            with self.subTest(machine=machine, cpus=cpus):
                self.tap(f"{OUT}/builtin/hw/kerntest.elf", "--machine", machine,
                         "--smp", cpus, "--mem", 128, timeout=240)

    def test_fstest(self):
        for fs in ("fat", "fat32", "exfat"):
            if KERNEL == "netbsd" and fs == "exfat":
                continue
            with self.subTest(fs=fs), tempfile.TemporaryDirectory() as d:
                disk = files_disk(f"{d}/d.img", {}, 64, fs)
                self.tap(image("fstest"), "--machine", "q35", "--smp", 2, "--mem", 128,
                         "--disk", disk, timeout=180)

    def test_libctest(self):
        for machine, cpus in (("microvm", 1), ("q35", 2), ("pc", 4)):
            with self.subTest(machine=machine, cpus=cpus):
                self.tap(image("libctest"), "--machine", machine, "--smp", cpus,
                         "--mem", 96, least=100)

    def test_nettest(self):
        for cpus in (1, 2):
            with self.subTest(cpus=cpus):
                self.tap(image("nettest"), "--machine", "q35", "--smp", cpus, "--mem", 128,
                         timeout=180)
