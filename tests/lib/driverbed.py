"""A bed with a NIC and disk controllers for a driver domain."""

import os
import tempfile

import xen
import xencase
from guest import OUT

# place, QEMU's device, name in the driver domain
NIC = ("00:10.0", "e1000,netdev=lan0,romfile=,addr=0x10", "wm0")
DISKS = {"nvme": ("00:12.0", "nvme,drive=d0,serial=one,addr=0x12", "ld0"),
         "ahci": ("00:13.0", "ahci,id=ahci,addr=0x13", "wd0")}


class Bed(xen.Bed):
    """The NIC and dom0's eth1 are at one hub; eth1 is in dom0's bridge, where its DHCP
    server is."""

    def __init__(self, disk_mb=256, **keys):
        os.makedirs(f"{OUT}/xenbed", exist_ok=True)
        self.dir = tempfile.TemporaryDirectory(dir=f"{OUT}/xenbed")
        qemu = ["-netdev", "hubport,id=lan0,hubid=1", "-netdev", "hubport,id=lan1,hubid=1",
                "-device", "virtio-net-pci,netdev=lan1,romfile="]
        for n, name in enumerate(DISKS):
            path = f"{self.dir.name}/{name}"
            with open(path, "w") as f:
                f.truncate(disk_mb << 20)
            qemu += ["-drive", f"file={path},format=raw,if=none,id=d{n},cache=writeback,"
                     "discard=unmap"]
        qemu += ["-device", "ide-hd,drive=d1,bus=ahci.0"]
        super().__init__(qemu=qemu, pci=[NIC[1], *(d[1] for d in DISKS.values())],
                         **keys)

    def ready(self, timeout=240):
        super().ready(timeout)
        self.run("ip link set eth1 master xenbr0 up")
        xencase.install(self)
        xencase.install_sirloin(self)

    def close(self):
        super().close()
        self.dir.cleanup()
