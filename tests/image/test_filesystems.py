"""File systems on disks, by the configuration's fstype, as a program for Linux sees them."""

import json
import random
import subprocess
import tempfile
import unittest

import nbd
import program
from guest import KERNEL, LONG, ROOT, Guest, files_disk, run
from test_sqlite import BUSES, SIZE, TYPES, combinations


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


class AllLost:
    """For nbd.Disk.cut(): of what is in the cache, nothing gets to the disk."""
    choice = staticmethod(lambda versions: versions[0])


class Names(unittest.TestCase):
    """A name whose folder was fsync()ed is there after a power cut."""

    @classmethod
    def setUpClass(cls):
        cls.image = program.bake(program.compile(f"{ROOT}/tests/programs/files.c"),
                                 name="filesfs")

    def boot(self, bus, fs, disk, d):
        devices, (source, path) = BUSES[bus]
        with open(f"{d}/conf", "w") as f:
            json.dump({"rc": [{"bin": "filesfs"}], "blk": [
                {"source": source, "path": path, "fstype": TYPES[fs],
                 "mountpoint": "/data"}]}, f)
        g = Guest(self.image, "--mem", 128, "--config", f"{d}/conf", *nbd.drive(disk, "n0"),
                  *(f"--qemu={a}" for v in devices for a in ("-device", v)),
                  timeout=90, stdin=subprocess.PIPE)
        g.expect("ready", 60)
        return g

    def cut(self, g, disk, fs, rng, d):
        """The power fails; the disk as the next boot gets it."""
        g.power_cut()
        disk.cut(rng)
        with open(f"{d}/disk", "wb") as f:
            f.write(disk.stable)
        disk.close()
        if fs == "ext2":            # NetBSD's wants it, as everybody's does
            r = subprocess.run(["e2fsck", "-fy", f"{d}/disk"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
            self.assertIn(r.returncode, (0, 1))
        with open(f"{d}/disk", "rb") as f:
            return nbd.Disk(disk.path, f.read())

    def cycles(self, bus, fs, rngs):
        """After each cut: the contents that were to replace others, and a name."""
        with tempfile.TemporaryDirectory() as d:
            with open(files_disk(f"{d}/disk", {"a-long-name-0": b"x"}, SIZE[fs == "fat32"], fs),
                      "rb") as f:
                disk = nbd.Disk(f"{d}/nbd", f.read())
            for n, rng in enumerate((*rngs, None)):
                with self.boot(bus, fs, disk, d) as g:
                    names = g.ask("ls /data").split()
                    self.assertIn(f"a-long-name-{n}", names)
                    self.assertFalse({f"a-long-name-{n - 1}", "new"} & set(names), names)
                    if n > 0:
                        g.ask("hold /data/value")
                        self.assertIn(f"is{n}", g.ask("get").split())
                        g.ask("drop")
                    if rng is None:
                        break
                    for command in ("hold /data/new", f"put is{n + 1}", "sync", "drop",
                                    "mv /data/new /data/value", "syncdir /data",
                                    f"mv /data/a-long-name-{n} /data/a-long-name-{n + 1}",
                                    "syncdir /data"):
                        g.ask(command)
                    disk = self.cut(g, disk, fs, rng, d)
            disk.close()

    def test_power_cut(self):
        """LONG=1: every disk and file system of this kernel, and more cuts."""
        every = combinations()
        if KERNEL == "netbsd":      # whose USB panics under writes
            every = [(b, f) for b, t in every if t == "ffs" and b != "usb"
                     for f in ("ffs", "ext2", "fat")]
        for bus, fs in every if LONG or KERNEL == "netbsd" else every[:1]:
            with self.subTest(bus=bus, fs=fs):
                self.cycles(bus, fs, [AllLost] + LONG * [
                    AllLost, *(random.Random(f"{bus} {fs} {n}") for n in range(4))])


if __name__ == "__main__":
    unittest.main()
