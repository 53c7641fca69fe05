"""File systems on damaged disks and on disks that lose power (fuzz_fs.c)."""

import os
import shutil
import subprocess
import tempfile
import unittest

OUT = os.environ.get("SIRLOIN_O", "build")
FUZZ = f"{OUT}/host/fuzz_fs.bin"
FAT = {"fat12": (1440, ["mkfs.fat"]), "fat32": (34 << 10, ["mkfs.fat", "-F32", "-s1"]),
       "exfat": (8 << 10, ["mkfs.exfat"])}


def sh(*argv):
    return subprocess.run([*map(str, argv)], check=True, text=True, capture_output=True,
                          timeout=600).stdout


class Fs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sh("make", "-s", f"O={OUT}", FUZZ)
        cls.dir = tempfile.mkdtemp()
        cls.tree = f"{cls.dir}/tree"
        cls.images = {}
        deep = "/".join("abcdefghijk")
        os.makedirs(f"{cls.tree}/{deep}")
        files = {f"{deep}/deep.txt": b"deep", "big.bin": os.urandom(300000),
                 "Long Name with \u00fcml\u00e4ut.txt": b"utf-8", "empty": b""}
        files.update({f"a/file-number-{i}.text": b"%d" % i for i in range(100)})
        for name, data in files.items():
            with open(f"{cls.tree}/{name}", "wb") as f:
                f.write(data)
        os.symlink("big.bin", f"{cls.tree}/link")
        os.symlink("/absolute/../path", f"{cls.tree}/absolute")
        cls.images["iso"] = f"{cls.dir}/iso"
        sh("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", cls.images["iso"], cls.tree)
        for name, (kb, mkfs) in FAT.items():
            cls.images[name] = f"{cls.dir}/{name}"
            with open(cls.images[name], "wb") as f:
                f.truncate(kb << 10)
            sh(*mkfs, cls.images[name])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def test_iso_tree(self):
        want = []
        for where, dirs, names in os.walk(self.tree):
            at = where[len(self.tree):]
            want += [f"{at}/{d}/" for d in dirs]
            for n in names:
                path, short = f"{where}/{n}", f"{at}/{n}"
                if os.path.islink(path):
                    want.append(f"{short} -> {os.readlink(path)}")
                    continue
                total = 0
                with open(path, "rb") as f:
                    for b in f.read():
                        total = (total * 31 + b) & 0xffffffff
                want.append(f"{short} {os.path.getsize(path)} {total:08x}")
        rockridge = sh(FUZZ, "--tree", self.images["iso"]).splitlines()
        self.assertEqual(sorted(rockridge), sorted(want))
        joliet = sh(FUZZ, "--tree", self.images["iso"], 1).splitlines()
        links = [w for w in want if " -> " in w]
        files = [w for w in want if w not in links]
        self.assertEqual([f for f in files if f not in joliet], [])

    def test_power(self):
        for name in FAT:
            with self.subTest(fs=name):
                self.assertIn("power lost", sh(FUZZ, "--power", self.images[name]))

    def test_damaged(self):
        for name, path in self.images.items():
            with self.subTest(fs=name):
                self.assertIn("damaged disks", sh(FUZZ, 2000 if name != "iso" else 500, 1, path))


if __name__ == "__main__":
    unittest.main()
