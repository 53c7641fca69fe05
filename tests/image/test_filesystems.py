"""File systems on disks, by the configuration's fstype, as a program for Linux sees them."""

import subprocess
import tempfile
import unittest

import program
from guest import KERNEL, ROOT, files_disk, run


def udf_disk(path):
    with open(path, "wb") as f:
        f.truncate(16 << 20)
    # NetBSD wants blocks of the size of the disk's
    subprocess.run(["mkudffs", "--media-type=hd", "--blocksize=512", path], check=True,
                   stdout=subprocess.DEVNULL)
    return path


class Types(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        proc = program.compile(f"{ROOT}/tests/programs/proc.c")
        cls.image = program.bake(proc, name="procfs")

    def proc(self, disk, *args):
        return run(self.image, "--mem", 64, "--disk", disk, "--", *args, timeout=90)

    def test_written_and_read(self):
        """A file that one boot writes and the next one reads."""
        made = {"msdos": lambda p: files_disk(p, {}, 16, "fat")}
        if KERNEL == "netbsd":
            made["ext2fs"] = lambda p: files_disk(p, {}, 16, "ext2")
            made["ffs"] = lambda p: files_disk(p, {}, 16, "ffs")
            made["udf"] = udf_disk
        for fstype, make in made.items():
            with self.subTest(fstype=fstype), tempfile.TemporaryDirectory() as d:
                disk = make(f"{d}/disk.img")
                for spec in (disk, f"{disk},fstype={fstype}"):
                    status, console = self.proc(spec, "proc", "map", "/data/kept", ";",
                                                "proc", "show", "/data/kept")
                    self.assertEqual((status, console.split()[-1]), (0, "mapped"), console)
                status, console = self.proc(f"{disk},ro", "show", "/data/kept")
                self.assertEqual((status, console.split()[-1]), (0, "mapped"), console)

    @unittest.skipIf(KERNEL == "netbsd", "NetBSD's kernel has it")
    def test_not_in_this_kernel(self):
        with tempfile.TemporaryDirectory() as d:
            for disk, fstype in ((udf_disk(f"{d}/u"), "udf"),
                                 (files_disk(f"{d}/e", {}, 16, "ext2"), "ext2fs")):
                status, console = self.proc(disk, "show", "/data/x")
                self.assertEqual(status, 125, console)
                self.assertIn(f"this image has no {fstype} file system", console)


if __name__ == "__main__":
    unittest.main()
