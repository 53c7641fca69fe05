"""Disks that a driver domain of ours serves to other guests (xen/blkback)."""

import json
import re

from xencase import Case, Refused, disk

LANES = (("pv", 1), ("pvh", 1), ("pv", 2))


def vbd(name, domain, vdev="xvda", access="rw"):
    return (f"format=raw,vdev={vdev},access={access},backend={domain},backendtype=phy,"
            f"target={name}")


class Export(Case):
    def driver(self, exports, lane=("pv", 1), disks=(), **conf):
        """A driver domain; disks: files of dom0's."""
        g = self.guest("driverdomain", lane=lane, driver_domain=1,
                       disk=[disk(p, f"xvd{'abcd'[n]}") for n, p in enumerate(disks)],
                       conf={"export": exports, **conf})
        g.expect("^ready$", 60)
        return g

    def pattern(self, path, off, seed):
        """What the monitor writes is in dom0's file."""
        data = self.bed.get(path)
        self.assertEqual(int.from_bytes(data[off + 8:off + 16], "little"),
                         ((off + 8) * 0x9e3779b97f4a7c15 + seed) % (1 << 64))

    def test_disk(self):
        """Through blkfront, driver domain and dom0's blkback to a file, and back."""
        for lane in LANES:
            with self.on(lane):
                path = self.blank("/tmp/e.img")
                d = self.driver([{"name": "data", "path": "blk0"}], lane, [path])
                g = self.monitor(("pv", lane[1]), disk=[vbd("data", d.name)])
                self.ask(g, "write blk0 0 16384 5", 120)
                self.pattern(path, 0, 5)
                self.pattern(path, 12345344, 5)
                self.ask(g, "check blk0 0 16384 5", 120)
                with self.assertRaises(Refused):
                    self.ask(g, "check blk0 0 64 6")
                self.assertIn('"size":16777216', self.ask(g, "status"))
                self.shut_down(g)
                d.destroy()
