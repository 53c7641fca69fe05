"""SQLite: what was committed is there after a power cut, on whatever disk and file
system; its own fuzzcheck.  LONG=1: every combination that there is, some cuts each."""

import json
import os
import random
import re
import subprocess
import tempfile
import unittest

import nbd
import program
from guest import KERNEL, LONG, Guest, files_disk, run

CYCLES = int(os.environ.get("DISK_CYCLES", "3"))
SIZE = 32, 64           # MB; FAT32 wants more
# What QEMU makes of the block node, and the guest's name of the disk.
BUSES = {"virtio": (["virtio-blk-pci,drive=n0"], ("etfs", "blk0")),
         "nvme": (["nvme,drive=n0,serial=one"], ("dev", "/dev/ld0d")),
         "ahci": (["ahci,id=ahci", "ide-hd,drive=n0,bus=ahci.0"], ("dev", "/dev/wd0d")),
         "ld": (["virtio-blk-pci,drive=n0"], ("dev", "/dev/ld0d")),
         "scsi": (["virtio-scsi-pci,id=s", "scsi-hd,drive=n0,bus=s.0"], ("dev", "/dev/sd0d")),
         "usb": (["usb-ehci,id=u", "usb-storage,drive=n0,bus=u.0"], ("dev", "/dev/sd0d"))}
TYPES = {"fat": "msdos", "fat32": "msdos", "exfat": "msdos", "ext2": "ext2fs", "ffs": "ffs"}


def combinations():
    """Those of this kernel, the everyday one first."""
    if KERNEL == "builtin":
        return [(b, f) for f in ("fat", "fat32", "exfat") for b in ("virtio", "nvme", "ahci")]
    from test_netbsd_pci import NEEDS, drivers
    have = drivers()
    return [(b, f) for f in ("ffs", "ext2") for b in ("virtio", "ld", "scsi", "usb")
            if NEEDS.get(b) in (None, *have)]


def script(mode):
    """SQL: what is there, then a transaction a line for as long as it is left alone.
    (synchronous=full, which is SQLite's default, does not promise that the last commit
    in the mode `delete' is kept: the folder is not synced.)"""
    return (f"pragma synchronous=extra;\npragma journal_mode={mode};\n"
            "create table if not exists t(n integer primary key, v);\n"
            "pragma integrity_check;\n"
            "select 'found ' || coalesce(max(n), 0) || ' ' || count(*) from t;\n" +
            "insert into t select coalesce(max(n), 0) + 1, randomblob(3000) from t;"
            "select 'committed ' || max(n) from t;\n" * 1500).encode()


@unittest.skipUnless(program.have("tclsh"), "tclsh makes SQLite's amalgamation")
class PowerCut(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = program.bake(program.build("sqlite"), name="sqlite", files={
            f"{mode}.sql": script(mode) for mode in ("delete", "truncate", "wal")})

    def boot(self, bus, fs, mode, back, conf, argv):
        """argv: of the program; the guest."""
        devices, (source, path) = BUSES[bus]
        with open(conf, "w") as f:
            json.dump({"rc": [{"bin": "sqlite", "argv": argv}], "blk": [
                {"source": source, "path": path, "fstype": TYPES[fs],
                 "mountpoint": "/data"}]}, f)
        return Guest(self.image, "--mem", 128, "--config", conf, *back,
                     *(f"--qemu={a}" for d in devices for a in ("-device", d)), timeout=200)

    def found(self, g, committed):
        """What a boot says of the database that it finds."""
        m = g.expect(r"\n?(ok)\r?\nfound (\d+) (\d+)\r?\n", 150)
        self.assertGreaterEqual(int(m[2]), committed, g.console[-2000:])
        self.assertEqual(m[2], m[3], "transactions in the middle are gone")
        return int(m[2])

    def cycles(self, bus, fs, mode, how, n=CYCLES, seed=1):
        rng = random.Random(f"{bus} {fs} {mode} {how} {seed}")
        with tempfile.TemporaryDirectory() as d:
            disk, committed = files_disk(f"{d}/disk", {}, SIZE[fs == "fat32"], fs), 0
            for cycle in range(n + 1):
                server, back = None, ["--qemu=-drive",
                                      f"--qemu=file={disk},format=raw,if=none,id=n0"]
                if how == "cut":
                    with open(disk, "rb") as f:
                        server = nbd.Disk(f"{d}/nbd", f.read())
                    back = nbd.drive(server, "n0")
                with self.boot(bus, fs, mode, back, f"{d}/conf", [
                        "-bail", "-init", f"/{mode}.sql", "/data/db", ".quit"]) as g:
                    had = self.found(g, committed)
                    more = had + rng.randrange(5, 45)
                    g.expect(rf"committed {more}\r?\n", 150)
                    g.power_cut()
                    committed = max(map(int, re.findall(r"committed (\d+)\r?\n", g.console)))
                if server:
                    server.cut(rng)
                    with open(disk, "wb") as f:
                        f.write(server.stable)
                    server.close()
                if fs == "ext2":        # NetBSD's wants it, as everybody's does
                    r = subprocess.run(["e2fsck", "-fy", disk], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
                    self.assertIn(r.returncode, (0, 1))
        return committed

    def test_power_cut(self):
        """QEMU is killed in the middle, and what the host had been given is kept."""
        bus, fs = combinations()[0]
        self.assertGreater(self.cycles(bus, fs, "delete", "kill", 1), 10)

    @unittest.skipUnless(LONG, "LONG=1: every disk, file system and journal: minutes")
    def test_combinations(self):
        """cut: what was not flushed is lost in part."""
        for bus, fs in combinations():
            for mode in ("delete", "wal", "truncate"):
                for how in ("kill", "cut"):
                    with self.subTest(bus=bus, fs=fs, mode=mode, how=how):
                        self.cycles(bus, fs, mode, how)


@unittest.skipUnless(program.have("tclsh"), "tclsh makes SQLite's amalgamation")
class Fuzzcheck(unittest.TestCase):
    def test_fuzzcheck(self):
        """SQLite's own check of its fuzzers' findings."""
        check = program.build("sqlite", "fuzzcheck")
        img = program.bake(check, name="fuzzcheck", files={
            "f.db": open(f"{program.DIR}/fuzzdata4.db", "rb").read()})
        status, console = run(img, "--mem", 512, "--", "/f.db", timeout=300)
        self.assertEqual(status, 0, console[-2000:])
        self.assertIn("100%", console)


if __name__ == "__main__":
    unittest.main()
