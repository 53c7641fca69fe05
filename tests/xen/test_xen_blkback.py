"""Disks that a driver domain of ours serves to other guests (xen/blkback)."""

import json
import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from guest import KERNEL, LONG, files_disk
from xencase import COMMON, Case, Refused, disk

FILES = {"index.html": b"<h1>hello</h1>\n", "big.bin": os.urandom(1 << 20)}

# What a front end can do wrong (tests/xen/hostile/blkfront.c): where each request is
# answered with an error, or with "not supported", where the driver domain has to say
# so, and where it may just go on.
BAD = """beyond across wraps wraps-bytes backwards past-page far-past-page no-segments
    many-segments most-segments gref read-only gref+kept backwards+kept beyond+indirect
    wraps+indirect backwards+indirect far-past-page+indirect no-segments+indirect
    many-segments+indirect most-segments+indirect gref+indirect list-gref+indirect
    flush+indirect beyond+discard wraps+discard long+discard no-segments+discard""".split()
UNSUPPORTED = "operation packet operation+indirect secure+discard".split()
NAMED = """jump jump-far back ring-ref ring-word ring-order ring-missing port protocol
    protocol-long queues queues-none queues-missing""".split()
QUIET = """wavers wavers+indirect wavers+kept rubbish rubbish+indirect flood flood+kept
    feature-word flip vanish state-word state-late dies dies+kept dies+indirect""".split()
RIGHT = "none none+indirect none+kept none+discard".split()
FEW = """none beyond wraps backwards past-page no-segments most-segments gref read-only
    gref+kept list-gref+indirect beyond+discard operation operation+indirect jump back ring-word
    port queues wavers rubbish vanish flood dies""".split()
if KERNEL == "netbsd":      # discards no such disk: it isn't offered
    BAD, UNSUPPORTED, RIGHT, FEW = ([lie for lie in lies if "+discard" not in lie]
                                    for lies in (BAD, UNSUPPORTED, RIGHT, FEW))
LEAK = (64 if KERNEL == "builtin" else 256) << 10
REQUESTS = 80           # of each that lies in requests
BUSY = "flood flood+kept dies dies+kept".split()    # most at work at once
SERVED = set(BAD + UNSUPPORTED + RIGHT)


def vbd(name, domain, vdev="xvda", access="rw"):
    return (f"format=raw,vdev={vdev},access={access},backend={domain},backendtype=phy,"
            f"target={name}")


class Served(Case):
    def driver(self, exports, lane=("pv", 1), disks=(), **conf):
        """A driver domain; disks: files of dom0's."""
        g = self.guest("driverdomain", lane=lane, driver_domain=1,
                       disk=[disk(p, f"xvd{'abcd'[n]}") for n, p in enumerate(disks)],
                       conf={"export": exports, **conf})
        g.expect("^ready$", 60)
        return g

    def status(self, d):
        text = self.ask(d, "status")
        return json.loads(text[text.index("{"):])

    def users(self, d):
        return [u for e in self.status(d)["exports"] for u in e["users"]]

    def wait_for(self, d, what, seconds=160):
        """Until what(status) holds."""
        end = time.monotonic() + seconds
        while not what(st := self.status(d)):
            self.assertLess(time.monotonic(), end, json.dumps(st["exports"], indent=1))
            time.sleep(0.3)
        return st

    def pattern(self, path, off, seed):
        """What the monitor writes is in dom0's file."""
        data = self.bed.get(path)
        self.assertEqual(int.from_bytes(data[off + 8:off + 16], "little"),
                         ((off + 8) * 0x9e3779b97f4a7c15 + seed) % (1 << 64))


class Export(Served):
    def test_disk(self):
        """Through blkfront, driver domain and dom0's blkback to a file, and back."""
        for lane in COMMON:
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
                u = self.users(d)[0]
                self.assertGreaterEqual(u["wbytes"], 16 << 20)
                self.assertGreaterEqual(u["rbytes"], 16 << 20)
                self.assertGreaterEqual(u["flushes"], 1)
                self.assertEqual((u["errors"], u["refused"], u["depth"], u["memory"]),
                                 (0, 0, 0, 0))
                self.shut_down(g)
                d.destroy()

    def test_kinds(self):
        """Read-only in two ways, a partition, an image file; to a guest each.  (blk0s2
        is the built-in kernel's name; NetBSD's has a third disk.)"""
        path, begin, mb0 = ("blk0s2", 5, 10) if KERNEL == "builtin" else ("blk2", 0, 16)
        with tempfile.TemporaryDirectory() as t:
            with open(f"{t}/p.img", "wb") as f:     # two partitions, 4 and 10 MB
                f.truncate(16 << 20)
                f.seek(446)
                for first, n in ((2048, 8192), (10240, 20480)):
                    f.write(bytes([0, 0, 0, 0, 12, 0, 0, 0]) + first.to_bytes(4, "little")
                            + n.to_bytes(4, "little"))
                f.seek(510)
                f.write(b"\x55\xaa")
            whole = self.bed.put(f"{t}/p.img")
            fat = self.bed.put(files_disk(f"{t}/fat.img", {"a.img": bytes(4 << 20)}))
        third = self.blank("/tmp/k.img")
        d = self.driver(
            [{"name": "part", "path": path}, {"name": "ro", "path": "blk0", "ro": True},
             {"path": "/images/a.img"}], disks=[whole, fat, third],
            blk=[{"source": "etfs", "path": "blk1", "fstype": "msdos", "mountpoint": "/images"}])
        g = self.monitor(("pv", 1), disk=[
            vbd("part", d.name), vbd("ro", d.name, "xvdb"),
            vbd("/images/a.img", d.name, "xvdc"), vbd("part", d.name, "xvdd", "ro")])
        for n, mb in ((0, mb0), (1, 16), (2, 4), (3, mb0)):
            self.assertRegex(self.ask(g, "status"), rf'"name":"blk{n}".*"size":{mb << 20}')
        self.ask(g, f"write blk0 0 {mb0 << 10} 1")
        self.ask(g, "write blk2 0 4096 2")
        for n in (1, 3):
            with self.assertRaises(Refused):
                self.ask(g, f"write blk{n} 0 64 3")
        self.ask(g, f"check blk0 0 {mb0 << 10} 1")
        self.ask(g, "check blk2 0 4096 2")
        with self.assertRaises(Refused):    # beyond its end
            self.ask(g, f"write blk0 {mb0 << 20} 64 3")
        self.shut_down(g)
        data = self.bed.get(whole if KERNEL == "builtin" else third)
        for off in (0, 8 << 20):
            at = (begin << 20) + off + 8
            self.assertEqual(int.from_bytes(data[at:at + 8], "little"),
                             ((off + 8) * 0x9e3779b97f4a7c15 + 1) % (1 << 64))
        self.bed.xl("shutdown", d.name)
        d.wait(30)
        with tempfile.TemporaryDirectory() as t:
            with open(f"{t}/fat.img", "wb") as f:
                f.write(self.bed.get(fat))
            subprocess.run(["mcopy", "-i", f"{t}/fat.img", "::a.img", f"{t}/a.img"], check=True)
            with open(f"{t}/a.img", "rb") as f:
                image = f.read()
        self.assertEqual(len(image), 4 << 20)
        self.assertEqual(int.from_bytes(image[65544:65552], "little"),
                         (65544 * 0x9e3779b97f4a7c15 + 2) % (1 << 64))

    def test_linux(self):
        """Debian's kernel: a file system on it, unmounted, mounted and checked again;
        and one of ours at the same disk's other half at the same time."""
        path = self.blank("/tmp/l.img", 48)
        d = self.driver([{"name": "data", "path": "blk0"}], disks=[path])
        g = self.linux(disk=[vbd("data", d.name)])
        sent = self.ask(g, """/sbin/mke2fs -q -t ext4 /dev/xvda 32M && mount /dev/xvda /mnt &&
            head -c 9000000 /dev/urandom >/mnt/f && md5sum </mnt/f && umount /mnt""".replace(
                "\n", " "), 120).split()[0]
        m = self.monitor(("pv", 1), disk=[vbd("data", d.name)])
        self.ask(m, f"write blk0 {40 << 20} 4096 7")
        self.ask(g, "echo 3 >/proc/sys/vm/drop_caches")
        self.assertEqual(self.ask(g, "mount /dev/xvda /mnt; md5sum </mnt/f; umount /mnt"
                                  ).split()[0], sent)
        self.ask(g, "e2fsck -fn /dev/xvda")
        self.ask(m, f"check blk0 {40 << 20} 4096 7")
        self.assertNotEqual(self.bed.get(path)[40 << 20:44 << 20].count(0), 4 << 20)
        discard = f"blkdiscard -o {40 << 20} -l {4 << 20} /dev/xvda"
        users = self.users(d)
        if KERNEL == "builtin":
            self.ask(g, discard)
            self.assertEqual(self.bed.get(path)[40 << 20:44 << 20].count(0), 4 << 20)
            users = self.users(d)
            self.assertGreaterEqual(sum(u["discards"] for u in users), 1)
        else:           # its kernel discards no such disk, and it isn't offered
            with self.assertRaisesRegex(Refused, "not supported"):
                self.ask(g, discard)
        for u in users:
            self.assertEqual((u["errors"], u["refused"]), (0, 0), u)
        with self.assertRaises(Refused):    # not written through, but there
            self.bed.run(f"dd if=/dev/urandom of={path} bs=64k seek=1 count=8 conv=notrunc")
            self.ask(g, "echo 3 >/proc/sys/vm/drop_caches; e2fsck -fn /dev/xvda")

    def test_unknown(self):
        """What is not exported is not served, until it is; a bad configuration ends
        the domain with a line that says why."""
        d = self.driver([{"name": "data", "path": "blk0"}], disks=[self.blank("/tmp/u.img")])
        g = self.monitor(("pv", 1))
        self.bed.call(f"xl block-attach {g.name} '{vbd('/dev/blk0', d.name)}'", 60)
        d.expect(r'waits for an export "/dev/blk0"', 20)
        for conf, line in (
                ([{"name": "x", "path": "blk7"}], r"config:1: export x: blk7: "),
                ([{"name": "x"}], r'config:1: key "path"'),
                ([{"name": "x", "path": "blk0", "rw": True}], r'unknown key "rw"'),
                ([{"path": "blk0"}, {"path": "blk0"}], r"export blk0: ")):
            g = self.guest("driverdomain", disk=[disk(self.blank("/tmp/v.img"))],
                           conf={"export": conf})
            self.assertEqual(g.wait(40)[1], 125, g.console)
            self.assertRegex(g.console, line)


class Death(Served):
    def test_destroyed(self):
        """A front end is destroyed in mid-request, again and again: nothing stays mapped
        (Xen would keep the dead domain), no memory is lost, the other guest goes on."""
        d = self.driver([{"name": "a", "path": "blk0"}, {"name": "b", "path": "blk1"}],
                        disks=[self.blank("/tmp/a.img", 64), self.blank("/tmp/b.img", 16)])
        other = self.monitor(("pv", 1), disk=[vbd("b", d.name)])
        was = None
        for life in range(20 if LONG else 2):
            g = self.monitor(("pv", 1), disk=[vbd("a", d.name)], memory=32)
            g.send(f"write blk0 0 65536 {life}\n" * 10)
            self.wait_for(d, lambda st: any(u["wbytes"] > 1 << 20 for e in st["exports"]
                                            for u in e["users"] if e["name"] == "a"))
            g.destroy()
            self.ask(other, f"write blk0 0 2048 {life}")
            self.ask(other, f"check blk0 0 2048 {life}")
            st = self.wait_for(d, lambda st: all(not e["users"] for e in st["exports"]
                                                 if e["name"] == "a"))
            self.assertNotIn("(null)", self.bed.run("xl list"))
            mem = st["memory"]
            if life == 0:
                was = mem
        self.assertLess(abs(was["free"] - mem["free"]), 256 << 10)
        self.assertLess(mem["heap_used"] - was["heap_used"], 16 << 10)
        self.shut_down(other)
        self.assertNotIn("panic", d.console)


class Hostile(Served):
    """Front ends that lie, all at once, and an honest one."""

    def answers(self, lies, out):
        """Each liar's: (good, bad, unsupported, lost)."""
        for lie in lies:
            m = re.search(rf"(?m)^{re.escape(lie)}: (\d+) good, (\d+) bad, (\d+) unsupported, "
                          r"(\d+) lost$", out)
            with self.subTest(lie=lie):
                if lie in SERVED:
                    self.assertEqual([int(n) for n in m.groups()], [
                        REQUESTS * (lie in kind) for kind in (RIGHT, BAD, UNSUPPORTED, ())])
                    self.assertIn(f"{lie}: served\n", out)

    def round(self, d, neighbour, lies):
        """They lie while the neighbour works; how much memory there is after it."""
        mark = len(d.console)
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(self.lie, "vbd", d, lies)
            n = 0
            while not work.done() or n < 2:
                n += 1
                self.ask(neighbour, f"write blk0 0 512 {n}", 120)
                self.ask(neighbour, f"check blk0 0 512 {n}", 120)
                time.sleep(0.2)         # one CPU for all
            out = work.result()
        self.answers(lies, out)
        for n, lie in enumerate(lies):
            if lie in NAMED:
                self.assertIn(f"vbd 0.{7 + n}: ", d.console[mark:], lie)
        self.assertEqual(d.reasons(), [], d.console[-2000:])
        self.nothing_stays(d)
        return self.wait_for(d, lambda st: len([u for e in st["exports"] for u in e["users"]])
                             == 1)["memory"]

    def hostile(self, lane, lies):
        """Rounds of lies until one takes no memory: the heap grows with what is at work
        at once, a leak goes on."""
        d = self.driver([{"name": "data", "path": "blk0"}, {"name": "lies", "path": "blk1"}],
                        lane, [self.blank("/tmp/h.img"), self.blank("/tmp/i.img")])
        neighbour = self.monitor(("pv", 1), disk=[vbd("data", d.name)])
        memory = [self.round(d, neighbour, RIGHT + BUSY)]
        while len(memory) < 6:
            memory.append(self.round(d, neighbour, lies))
            used = memory[-2]["free"] - memory[-1]["free"]
            if used < LEAK:
                break
        self.assertLess(used, LEAK, memory)
        self.assertLess(memory[-1]["heap_used"] - memory[0]["heap_used"], 16 << 10, memory)
        self.shut_down(neighbour)
        self.shut_down(d)

    def test_lies(self):
        lies = RIGHT + BAD + UNSUPPORTED + NAMED + QUIET if LONG else FEW
        for lane in COMMON:
            with self.on(lane):
                self.hostile(lane, lies)
