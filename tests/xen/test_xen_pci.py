"""PCI devices passed to PV guests, which drive them: an emulated machine with an
IOMMU, its devices bound to dom0's xen-pciback."""

import atexit
import json
import os
import re
import tempfile
import unittest
import urllib.request

import xen
from guest import KERNEL, OUT, files_disk, free_port, tap_lines
from xencase import Case, config

LANES = (("pv", 1), ("pv", 2))
FILES = {"index.html": b"<h1>hello</h1>\n", "big.bin": os.urandom(1 << 20),
         "odd.bin": os.urandom(12345)}
MASK = "dma_mask=0xffffffffffffffff"
# name: (place, what QEMU is told, kind of interrupt, name in the guest)
DEVICES = {
    "e1000": ("00:10.0", "e1000,netdev=n-e1000,romfile=,addr=0x10", "intx", "wm0"),
    "e1000e": ("00:11.0", "e1000e,netdev=n-e1000e,romfile=,addr=0x11", "msix", "wm0"),
    "nvme": ("00:12.0", "nvme,drive=d-nvme,serial=one,addr=0x12", "msix", "ld0"),
    "ahci": ("00:13.0", "ahci,id=ahci,addr=0x13", "msi", "wd0"),
    "edu": ("00:14.0", f"edu,addr=0x14,{MASK}", "msi", ""),
    # a device with two functions
    "edu2": ("00:15.0", f"edu,addr=0x15.0,multifunction=on,{MASK}", "msi", ""),
    "edu3": ("00:15.1", f"edu,addr=0x15.1,{MASK}", "msi", ""),
}
_shared = None


class Bed(xen.Bed):
    """One with the devices; what is behind them is on the host."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(dir=f"{OUT}/xenbed")
        self.ports = {n: free_port() for n in ("e1000", "e1000e")}
        qemu = []
        for n, port in self.ports.items():
            qemu += ["-netdev", f"user,id=n-{n},hostfwd=tcp:127.0.0.1:{port}-:80"]
        for n in ("nvme", "ahci"):
            path = files_disk(f"{self.dir.name}/{n}", FILES)
            qemu += ["-drive", f"file={path},format=raw,if=none,id=d-{n}"]
        qemu += ["-device", "ide-hd,drive=d-ahci,bus=ahci.0"]
        super().__init__(timeout=3600, qemu=qemu, pci=[d[1] for d in DEVICES.values()])

    def close(self):
        super().close()
        self.dir.cleanup()


def shared():
    global _shared
    if _shared is None or not _shared.alive():
        if _shared is None:
            atexit.register(lambda: _shared.close())
        bed = Bed()
        try:
            bed.ready()
        except BaseException:
            bed.close()
            raise
        _shared = bed
    return _shared


class Pci(Case):
    def setUp(self):
        try:
            self.bed = shared()
        except xen.Unavailable as e:
            self.skipTest(str(e))
        self.guests = []

    def with_devices(self, app, *names, argv=(), **keys):
        return self.guest(app, *argv, pci=[DEVICES[n][0] for n in names], **keys)

    def tearDown(self):
        super().tearDown()
        self.free()

    def free(self):
        """Until xl has done with the guests that had them: it waits 10 s for each
        device but the first that a dead guest has."""
        self.bed.run("""for i in $(seq 300); do
            [ $(xl pci-assignable-list | wc -l) = %d ] && exit; sleep 0.2; done; exit 1"""
                     % len(DEVICES), 90)

    # ---- a web server on a passed NIC, with its files on a passed disk ----

    def serve(self, lane, nic, disk, **keys):
        name = DEVICES[disk][3]
        g = self.with_devices("httpd", nic, disk, lane=lane, conf={
            "net": [{"if": DEVICES[nic][3], "type": "inet", "method": "dhcp"}],
            "blk": [{"source": "dev", "path": f"/dev/{name}", "fstype": "msdos",
                     "mountpoint": "/data"}]}, **keys)
        g.expect("serving .* on ", 40)
        return g

    def get(self, nic, path, timeout=30):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.bed.ports[nic]}{path}",
                                    timeout=timeout) as r:
            return r.read()

    def check_files(self, nic):
        for name, data in FILES.items():
            self.assertEqual(self.get(nic, f"/{name}"), data)

    def bus(self, nic):
        """{vendor:device: what /status says of it}"""
        return {f"{f['vendor']}:{f['device']}": f
                for f in json.loads(self.get(nic, "/status.json"))["pci"]}

    def test_httpd(self):
        """Each NIC, each disk, each kind of interrupt."""
        for lane in LANES:
            for nic, disk in (("e1000", "nvme"), ("e1000e", "ahci")):
                with self.on(lane), self.subTest(nic=nic, disk=disk):
                    g = self.serve(lane, nic, disk)
                    self.check_files(nic)
                    kinds = sorted(f["irq"] for f in self.bus(nic).values())
                    self.assertEqual(kinds, sorted(DEVICES[d][2] for d in (nic, disk)))
                    self.shut_down(g)
                    self.free()


if __name__ == "__main__":
    unittest.main()
