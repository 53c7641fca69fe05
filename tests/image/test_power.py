"""A FAT disk whose machine is switched off while it is written to."""

import subprocess
import tempfile
import unittest

from guest import KERNEL, files_disk, image, run


@unittest.skipIf(KERNEL == "netbsd", "NetBSD's msdosfs makes no such promise")
class Power(unittest.TestCase):
    def test_switched_off(self):
        """--timeout kills QEMU; the disk must mount again, with its files."""
        for fs in ("fat32", "exfat"):
            with self.subTest(fs=fs), tempfile.TemporaryDirectory() as d:
                disk = files_disk(f"{d}/d.img", {"kept.txt": b"kept" * 5000}, 128, fs)
                for seconds in (2, 3):
                    status, console = run(image("bench"), "--machine", "microvm", "--disk", disk,
                                          "--net", "none", "--timeout", seconds,
                                          "--", *["file"] * 50, timeout=60)
                    self.assertEqual(status, 124, console)
                status, console = run(image("fstest"), "--machine", "microvm", "--mem", 64,
                                      "--disk", disk, timeout=180)
                self.assertEqual(status, 0, console[-3000:])
                if fs == "fat32":
                    got = subprocess.run(["mtype", "-i", disk, "::kept.txt"],
                                         capture_output=True, check=True).stdout
                    self.assertEqual(got, b"kept" * 5000)


if __name__ == "__main__":
    unittest.main()
