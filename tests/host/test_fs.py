"""File systems on damaged disks and on disks that lose power (fuzz_fs.c)."""

import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

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

    def test_partitions(self):
        """The ISO as partition 2 of an MBR, as a logical one, and of a GPT."""
        with open(self.images["iso"], "rb") as f:
            iso = f.read()
        want, n = sh(FUZZ, "--tree", self.images["iso"]), len(iso) // 512
        first = 2048
        disk = bytearray(first * 512) + iso + bytes(34 * 512)

        def entry(kind, at, count):
            return struct.pack("<B3sB3sII", 0, b"", kind, b"", at, count)

        def mbr(*entries):
            return bytes(446) + b"".join(entries).ljust(64, b"\0") + b"\x55\xaa"

        def tree(name, part, data):
            path = f"{self.dir}/{name}"
            with open(path, "wb") as f:
                f.write(data)
            return subprocess.run([FUZZ, "--tree", path, "0", f"disks{part}"], text=True,
                                  capture_output=True, timeout=60)

        disk[:512] = mbr(entry(0x83, 1, 10), entry(0x96, first, n))
        self.assertEqual(tree("mbr", 2, disk).stdout, want)
        self.assertEqual(tree("mbr", 3, disk).returncode, 1)
        disk[:512] = mbr(entry(0x05, 100, n + first))
        disk[51200:51712] = mbr(entry(0x83, 20, 10), entry(0x05, 50, 100))
        disk[76800:77312] = mbr(entry(0x96, first - 150, n))
        self.assertEqual(tree("logical", 6, disk).stdout, want)
        self.assertEqual(tree("logical", 7, disk).returncode, 1)

        disk[:512] = mbr(entry(0xee, 1, first + n))
        parts = bytes(128) + struct.pack("<16s16sQQQ", b"type", b"guid", first, first + n - 1, 0)
        parts = parts.ljust(128 * 128, b"\0")
        head = bytearray(struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, 0,
                                     34, 0, b"disk", 2, 128, 128, zlib.crc32(parts)))
        head[16:20] = struct.pack("<I", zlib.crc32(head))
        disk[512:1024] = head.ljust(512, b"\0")
        disk[1024:1024 + len(parts)] = parts
        self.assertEqual(tree("gpt", 2, disk).stdout, want)
        self.assertEqual(tree("gpt", 1, disk).returncode, 1)
        disk[520] ^= 1
        self.assertEqual(tree("gptbad", 2, disk).returncode, 1)

    def test_power(self):
        for name in FAT:
            with self.subTest(fs=name):
                self.assertIn("power lost", sh(FUZZ, "--power", self.images[name]))

    def test_damaged(self):
        for name, path in self.images.items():
            with self.subTest(fs=name):
                self.assertIn("damaged disks", sh(FUZZ, 2000 if name != "iso" else 500, 1, path))


class Share(unittest.TestCase):
    def test_hostile_server(self):
        """The 9P client and servers that lie (fuzz_p9.c)."""
        sh("make", "-s", f"O={OUT}", f"{OUT}/host/fuzz_p9.bin")
        for seed in (1, 2):
            self.assertIn("of them mounted", sh(f"{OUT}/host/fuzz_p9.bin", 2000, seed))


if __name__ == "__main__":
    unittest.main()
