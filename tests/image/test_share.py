"""Folders of the host in the guest, by 9P."""

import os
import tempfile
import unittest

import program
from guest import KERNEL, ROOT, image, run, tap_lines


@unittest.skipIf(KERNEL == "netbsd", "NetBSD's rump kernel has no 9P (docs/filesystems.md)")
class Share(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        proc = program.compile(f"{ROOT}/tests/programs/proc.c")
        cls.image = program.bake(proc, name="proc9p")

    def test_fstest(self):
        """What holds for every file system."""
        with tempfile.TemporaryDirectory() as d:
            status, console = run(image("fstest"), "--smp", 2, "--share", d, "--", "/share",
                                  timeout=120)
            ok, bad, plan = tap_lines(console)
            self.assertEqual((status, bad, ok), (0, [], plan), console[-3000:])
            self.assertEqual(os.listdir(d), [])

    def test_both_sides(self):
        lines = "".join(f"line {n}\n" for n in range(100000))
        with tempfile.TemporaryDirectory() as d, tempfile.TemporaryDirectory() as ro:
            with open(f"{d}/big", "w") as f:
                f.write(lines)
            os.mkdir(f"{d}/\u00e4 b")
            with open(f"{d}/\u00e4 b/in", "w") as f:
                f.write("from the host")
            os.symlink("\u00e4 b/in", f"{d}/link")
            with open(f"{ro}/kept", "w") as f:
                f.write("kept")
            status, console = run(
                self.image, "--machine", "microvm", "--share", f"{d}:/w", "--share", f"{ro}:/r:ro", "--",
                "proc9p", "show", "/w/link", ";", "proc9p", "show", "/w/big", "|", "proc9p",
                "count", ";", "proc9p", "map", "/w/new", ";", "proc9p", "map", "/r/new", ";",
                "proc9p", "map", "/r/kept", ";", "proc9p", "show", "/r/kept", timeout=90)
            self.assertEqual(status, 0, console)
            self.assertIn("from the host", console)
            self.assertIn("100001 lines", console)      # show() adds one
            self.assertTrue(console.rstrip().endswith("kept"), console)
            with open(f"{d}/new") as f:
                self.assertEqual(f.read(), "mapped")
            self.assertEqual(os.listdir(ro), ["kept"])

    def test_no_such(self):
        status, console = run(self.image, "--mem", 64, "--share", "/nonexistent")
        self.assertEqual(status, 125, console)
        self.assertIn("no such folder", console)


class NoShare(unittest.TestCase):
    @unittest.skipUnless(KERNEL == "netbsd", "the built-in kernel has it")
    def test_said_by_name(self):
        with tempfile.TemporaryDirectory() as d:
            status, console = run(image("linux"), "--share", d)
        self.assertEqual(status, 125, console)
        self.assertIn("no 9p file system", console)


if __name__ == "__main__":
    unittest.main()
