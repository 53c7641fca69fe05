"""NetBSD's own drivers for PCI hardware, unmodified: httpd with every pair of
network card and disk; several disks; partitions; viornd; memory above 4 GB."""

import functools
import hashlib
import itertools
import json
import struct
import subprocess
import tempfile
import unittest

from guest import KERNEL, OUT, RUMP, Guest, files_disk, free_port, image
from test_httpd import BIG, FILES, get

NICS = ("virtio", "vioif", "e1000", "e1000e", "pcnet")
DISKS = ("virtio", "ld", "scsi", "usb")
# the words of netbsd/components.mk that these need
NEEDS = {"vioif": "vioif", "e1000": "wm", "e1000e": "wm", "pcnet": "pcn", "ld": "ld",
         "scsi": "vioscsi", "usb": "usb"}


@functools.cache
def drivers():
    """Those that the image has."""
    out = subprocess.run(["make", "-s", "-f", "-", f"O={OUT}", f"RUMP={RUMP}"],
                         input="include Makefile\n.PHONY: drivers-of-the-tree\n"
                         "drivers-of-the-tree:\n\t@echo $(netbsd_HARDWARE)\n"
                         ".DEFAULT_GOAL := drivers-of-the-tree\n",
                         text=True, stdout=subprocess.PIPE, check=True).stdout
    return out.split()


class NetbsdPci(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if KERNEL != "netbsd":
            raise unittest.SkipTest("NetBSD's drivers: make RUMP=DIR test")
        cls.drivers = drivers()
        if not cls.drivers:
            raise unittest.SkipTest(f"{RUMP} has no PCI components")
        cls.dir = tempfile.TemporaryDirectory()
        cls.disk = files_disk(f"{cls.dir.name}/files.img", FILES)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def have(self, *kinds):
        return all(NEEDS.get(k) in (None, *self.drivers) for k in kinds)

    def serves(self, *opts, mem=128, path="/big.bin", want=BIG):
        """Boot httpd; a file of 3 MB, and what the console said."""
        port = free_port()
        with Guest(image("httpd"), "--mem", mem, "--net", f"user,{port}:80", *opts,
                   timeout=120) as g:
            g.expect(r"serving .* on ", 90)
            r, body = get(port, path, timeout=60)
            self.assertEqual(r.status, 200)
            self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(want).digest())
            return g.console

    def test_pairs(self):
        for nic, disk in itertools.product(NICS, DISKS):
            if nic == disk == "virtio" or not self.have(nic, disk):
                continue
            for machine, cpus in itertools.product(("pc", "q35"), (1, 4)):
                with self.subTest(nic=nic, disk=disk, machine=machine, cpus=cpus):
                    self.serves("--machine", machine, "--smp", cpus, "--nic", nic,
                                "--disk", f"{self.disk},{disk}")

    def test_usb_controllers(self):
        """UHCI everywhere; xHCI is in the tree from 2017 on."""
        if "usb" not in self.drivers:
            self.skipTest("the tree's USB has no DMA (NUSB_DMA)")
        names = subprocess.run(["nm", image("httpd")], stdout=subprocess.PIPE,
                               text=True, check=True).stdout
        for hc in ("piix3-usb-uhci", "qemu-xhci"):
            if "xhci" in hc and "xhci_init" not in names:
                continue
            with self.subTest(hc=hc):
                self.dev("/dev/sd0d", "-device", f"{hc},id=u", "-drive",
                         f"file={self.disk},format=raw,if=none,id=d", "-device",
                         "usb-storage,drive=d,bus=u.0", path="/index.html",
                         want=FILES["index.html"])

    def dev(self, source, *qemu, nic="virtio", mem=128, args=(), **how):
        """httpd with source mounted at /data and these devices."""
        ifname = {"virtio": "virt0", "pcnet": "pcn0"}[nic]
        conf = {"rc": [{"bin": "httpd", "argv": ["/data"]}],
                "net": [{"if": ifname, "type": "inet", "method": "static",
                         "addr": "10.0.2.15", "mask": "24"}],
                "blk": [{"source": "dev", "path": source, "fstype": "msdos",
                         "mountpoint": "/data"}]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(conf, f)
            f.flush()
            return self.serves("--config", f.name, "--nic", nic, *args,
                               *(f"--qemu={a}" for a in qemu),
                               mem=mem, **how)

    def test_many(self):
        """Three disks of two kinds; the second SCSI disk has partitions."""
        if not self.have("ld", "scsi"):
            self.skipTest("no ld and vioscsi in this tree")
        first = 2048
        with open(self.disk, "rb") as f:
            fat = f.read()
        entry = struct.pack("<B3sB3sII", 0, b"", 6, b"", first, len(fat) // 512)
        with open(f"{self.dir.name}/parts.img", "wb") as f:
            f.write((bytes(446) + entry).ljust(510, b"\0") + b"\x55\xaa")
            f.seek(first * 512)
            f.write(fat)
        other = files_disk(f"{self.dir.name}/other.img", {"other.txt": b"x"})
        args = ["-device", "virtio-scsi-pci,id=s"]
        for n, (disk, dev) in enumerate(((other, "scsi-hd,bus=s.0"),
                                         (f"{self.dir.name}/parts.img", "scsi-hd,bus=s.0"),
                                         (other, "virtio-blk-pci"))):
            args += ["-drive", f"file={disk},format=raw,if=none,id=d{n},readonly=off,"
                     "file.locking=off", "-device", f"{dev},drive=d{n}"]
        self.dev("/dev/sd1e", *args)
        self.dev("/dev/ld0d", *args, path="/other.txt", want=b"x")

    def test_behind_bridges(self):
        """NetBSD's component looks at bus 0 only."""
        if not self.have("ld"):
            self.skipTest("no ld in this tree")
        for machine, bridges in (
                ("pc", ["pci-bridge,id=b1,chassis_nr=1",
                        "pci-bridge,id=b2,chassis_nr=2,bus=b1,addr=5"]),
                ("q35", ["pcie-root-port,id=b1,chassis=1,slot=1",
                         "pcie-root-port,id=b2,chassis=2,slot=2"])):
            with self.subTest(machine=machine):
                self.dev("/dev/ld0d", *(x for b in bridges for x in ("-device", b)),
                         "-drive", f"file={self.disk},format=raw,if=none,id=d", "-device",
                         "virtio-blk-pci,drive=d,bus=b2,disable-legacy=off",
                         args=("--machine", machine))

    def test_above_4_gb(self):
        """A card with addresses of 32 bits in a machine with more memory."""
        if not self.have("pcnet", "ld"):
            self.skipTest("no pcn and ld in this tree")
        self.dev("/dev/ld0d", "-drive", f"file={self.disk},format=raw,if=none,id=d",
                 "-device", "virtio-blk-pci,drive=d", nic="pcnet", mem=6144)

    def test_viornd(self):
        """virtio-rng is NetBSD's when the platform leaves it."""
        if "viornd" not in self.drivers:
            self.skipTest("no viornd in this tree")
        for words in ((), ("norng",)):
            with self.subTest(words=words):
                console = self.serves("--rng", "--disk", self.disk, "--env",
                                      "RUMP_VERBOSE=1", *(x for w in words
                                                          for x in ("--option", w)))
                self.assertEqual("viornd0 at virtio" in console, bool(words), console)


if __name__ == "__main__":
    unittest.main()
