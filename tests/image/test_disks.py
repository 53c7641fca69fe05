"""Disks of every driver: what is served from them, what is left after a crash,
errors, timeouts, disks that go away.  DISK_CYCLES=n: longer crash tests."""

import itertools
import json
import os
import random
import re
import signal
import struct
import tempfile
import time
import unittest

import nbd
from guest import KERNEL, Guest, at_once, files_disk, free_port, image, run
from qmp import Qmp
from test_httpd import BIG, FILES, MEM, get
from test_netbsd_pci import drivers

CYCLES = int(os.environ.get("DISK_CYCLES", "2"))
SIZE = 24 << 20
# the disk's name, and what QEMU makes of a block node
KINDS = {
    "virtio": ("blk0", ["virtio-blk-pci,drive={}"]),
    "nvme": ("ld0", ["nvme,drive={},serial=one"]),
    "ahci": ("wd0", ["ahci,id=ahci", "ide-hd,drive={},bus=ahci.0"]),
}
OURS = [k for k in KINDS if k != "virtio"]
if KERNEL == "netbsd":      # the platform's, and NetBSD's own driver
    KINDS = {"virtio": KINDS["virtio"], "ld": ("/dev/rld0d", KINDS["virtio"][1])}
    OURS = list(KINDS)
builtin = unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's drivers")


def has(kind):
    """The image has its driver."""
    return kind != "ld" or "ld" in drivers()


def qemu(*args):
    return [f"--qemu={a}" for a in args]


def device(kind, node, more=""):
    return [f"--qemu={a}" for d in KINDS[kind][1]
            for a in ("-device", d.format(node) + (more if "{" in d else ""))]


class Base(unittest.TestCase):
    def setUp(self):
        d = tempfile.TemporaryDirectory()
        self.addCleanup(d.cleanup)
        self.dir, self.number = d.name, itertools.count()

    def config(self, argv, blk=None, app="disktest"):
        path = f"{self.dir}/config-{next(self.number)}.json"
        with open(path, "w") as f:
            json.dump({"rc": [{"bin": app, "argv": list(map(str, argv))}],
                       **({"blk": blk} if blk else {})}, f)
        return ["--config", path]

    def nbd(self, data=bytes(SIZE), name="nbd"):
        d = nbd.Disk(f"{self.dir}/{name}", data)
        self.addCleanup(d.close)
        return d

    def file(self, name="disk", size=SIZE):
        path = f"{self.dir}/{name}"
        with open(path, "wb") as f:
            f.truncate(size)
        return path

    def disktest(self, kind, disk, *argv, args=(), node="n0", more="", **kw):
        """The guest; the disk is a server, or arguments that make the node."""
        back = nbd.drive(disk, node) if isinstance(disk, nbd.Disk) else disk
        return Guest(image("disktest"), "--mem", MEM, *args, *back,
                     *device(kind, node, more),
                     *self.config(["--disk", KINDS[kind][0], *argv]), **kw)

    def finished(self, g, status=0, timeout=90):
        self.assertEqual(g.wait(timeout), status, said(g))
        m = re.search(r"disktest: (\d+) writes, (\d+) reads, (\d+) syncs, \d+ MB, "
                      r"(\d+) errors, (\d+) bad", g.console)
        self.assertIsNotNone(m, said(g))
        return dict(zip(("writes", "reads", "syncs", "errors", "bad"),
                        map(int, m.groups())))


class QemuCrashed(Exception):
    """QEMU itself ended by SIGSEGV."""


@builtin
class Serve(Base):
    def serve(self, *opts):
        port = free_port()
        with Guest(image("httpd"), "--mem", MEM, "--net", f"user,{port}:80", *opts,
                   timeout=90) as g:
            try:
                g.expect(r"serving .* on ", 60)
                self.assertEqual(get(port, "/big.bin")[1], BIG)
                self.assertEqual(get(port, "/")[1], FILES["index.html"])
                return json.loads(get(port, "/status.json")[1]), g.console
            except (AssertionError, OSError) as e:
                time.sleep(1)
                if g.p.poll() == 128 + signal.SIGSEGV:
                    raise QemuCrashed from e
                raise

    def test_machines(self):
        disk = files_disk(f"{self.dir}/files.img", FILES)
        for kind in OURS:
            for machine in ("pc", "q35"):
                for cpus in ("1", "4"):
                    with self.subTest(kind=kind, machine=machine, cpus=cpus):
                        st, _ = self.serve("--machine", machine, "--smp", cpus,
                                           "--disk", f"{disk},{kind}")
                        blk = {e["name"]: e for e in st["devices"]["blk"]}
                        e = blk[KINDS[kind][0]]
                        self.assertEqual(e["driver"], kind)
                        self.assertEqual(e["size"], 16 << 20)
                        self.assertGreaterEqual(e["rbytes"], len(BIG))
                        self.assertEqual(e["errors"], 0)

    def test_pairs(self):
        """Every NIC with every disk.  QEMU 7.2 itself crashes now and then with
        e1000e and several CPUs."""
        disk = files_disk(f"{self.dir}/files.img", FILES)
        for nic, kind, machine, cpus in itertools.product(
                ("e1000", "e1000e"), KINDS, ("pc", "q35"), ("1", "4")):
            with self.subTest(nic=nic, kind=kind, machine=machine, cpus=cpus):
                for left in (2, 1, 0):
                    try:
                        self.serve("--machine", machine, "--smp", cpus,
                                   "--nic", nic, "--disk", f"{disk},{kind}")
                        break
                    except QemuCrashed:
                        if left == 0 or (nic, cpus) != ("e1000e", "4"):
                            raise

    def test_lines(self):
        """Without message signalled interrupts."""
        disk = files_disk(f"{self.dir}/files.img", FILES)
        for kind in OURS:
            for machine in ("pc", "q35"):
                with self.subTest(kind=kind, machine=machine):
                    self.serve("--machine", machine, "--smp", "2", "--option", "nomsi",
                               "--disk", f"{disk},{kind}")

    def test_q35_ports(self):
        """The chip set's own controller, with a CD drive beside the disk."""
        disk = files_disk(f"{self.dir}/files.img", FILES)
        path = f"{self.dir}/config.json"
        with open(path, "w") as f:
            json.dump({"rc": [{"bin": "httpd", "argv": ["-p", "80", "/data"]}],
                       "net": [{"if": "virt0", "type": "inet", "method": "static",
                                "addr": "10.0.2.15", "mask": "24"}],
                       "blk": [{"source": "dev", "path": "/dev/wd0", "fstype": "msdos",
                                "mountpoint": "/data", "ro": True}]}, f)
        _, console = self.serve(
            "--machine", "q35", "--config", path, *qemu(
                "-drive", f"file={disk},format=raw,if=none,id=d",
                "-device", "ide-hd,drive=d,bus=ide.3",
                "-drive", f"file={self.file('cd')},format=raw,if=none,id=c,media=cdrom",
                "-device", "ide-cd,drive=c,bus=ide.1"))
        self.assertIn("port 1: an ATAPI drive", console)

    def test_two_of_a_kind(self):
        """Two controllers each; the files are on the last disk."""
        disk = files_disk(f"{self.dir}/files.img", FILES)
        other = files_disk(f"{self.dir}/other.img", {"index.html": b"other\n"})
        for kind, name in (("nvme", "ld"), ("ahci", "wd")):
            with self.subTest(kind=kind):
                st, _ = self.serve("--disk", f"{other},{kind},mount=/other",
                                   "--disk", f"{disk},{kind},mount=/data")
                self.assertEqual([e["name"] for e in st["devices"]["blk"]],
                                 [f"{name}0", f"{name}1"])


class Crash(Base):
    """QEMU is killed, and the disk loses what was not flushed."""

    def acked(self, console):
        """{extent: generation} of whole lines."""
        out = {}
        for line in console[:console.rfind("\n") + 1].splitlines():
            if line.startswith("acked "):
                for e, g in re.findall(r"(\d+):(\d+)", line):
                    out[int(e)] = int(g)
        return out

    def found(self, console):
        return {int(e): (int(lo), int(hi)) for e, lo, hi in
                re.findall(r"^found (\d+) (\d+) (\d+)", console, re.M)}

    def cycles(self, disk, boot, after=lambda: None):
        """boot(round): a guest.  What it finds is what was acked before."""
        rng, acked = random.Random(7), {}
        for n in range(1, CYCLES + 2):
            with boot(n) as g:
                g.expect(r"\nverified", 60)
                found = self.found(g.console)
                self.assertNotIn("bad ", said(g))
                for e, gen in acked.items():
                    lo, hi = found.get(e, (0, 0))
                    self.assertGreaterEqual(lo, gen, f"round {n}: extent {e}: {gen} was "
                                            f"acknowledged, {lo} to {hi} is there")
                if n > CYCLES:
                    return acked
                g.expect("acked", 30)
                time.sleep(0.5 + 2 * rng.random())
                g.power_cut()
                self.assertNotIn("bad ", said(g))
                acked.update(self.acked(g.console))
                self.assertTrue(acked)
                if isinstance(disk, nbd.Disk):
                    disk.cut(rng)
                after()

    def test_power_cut(self):
        for kind in filter(has, KINDS):
            with self.subTest(kind=kind):
                disk = self.nbd(name=f"nbd-{kind}")
                self.cycles(disk, lambda n: self.disktest(
                    kind, disk, "--round", n, "--seconds", 100, args=("--smp", "2")))

    def test_killed(self):
        """The host keeps its cache: an image file."""
        for kind in filter(has, OURS):
            with self.subTest(kind=kind):
                back = qemu("-drive", f"file={self.file(kind)},format=raw,if=none,id=n0")
                self.cycles(None, lambda n: self.disktest(
                    kind, back, "--round", n, "--seconds", 100))

    @builtin
    def test_fat(self):
        """Files of a FAT file system: the volume mounts, and fsync has kept them."""
        path = files_disk(f"{self.dir}/fat", {}, size_mb=24)
        with open(path, "rb") as f:
            disk = self.nbd(f.read())
        for kind in OURS:
            with self.subTest(kind=kind):
                conf = self.config([], blk=[{
                    "source": "dev", "path": f"/dev/{KINDS[kind][0]}",
                    "fstype": "msdos", "mountpoint": "/data"}])

                def boot(n):
                    with open(conf[1]) as f:
                        doc = json.load(f)
                    doc["rc"][0]["argv"] = ["--dir", "/data", "--seed",
                                            str(len(kind)), "--round", str(n),
                                            "--seconds", "100"]
                    with open(conf[1], "w") as f:
                        json.dump(doc, f)
                    return Guest(image("disktest"), "--mem", MEM, *nbd.drive(disk, "n0"),
                                 *device(kind, "n0"), *conf)

                self.cycles(disk, boot)


def blkdebug(path, event):
    """One error; the events come from the format's driver above."""
    return qemu("-blockdev", json.dumps({
        "driver": "raw", "node-name": "n0", "file": {
            "driver": "blkdebug", "image": {"driver": "file", "filename": path},
            "inject-error": [{"event": event, "errno": 5, "once": True}]}}))


def said(g):
    """The console, without what disktest and QEMU say all the time."""
    return "\n".join(line for line in g.console.splitlines()
                     if not line.startswith(("acked", "found"))
                     and "aio failed" not in line)[-6000:]


@builtin
class Errors(Base):
    def test_once(self):
        """One error of each kind: tried again, and nobody notices."""
        for kind in OURS:
            for event, what in (("read_aio", "read"), ("write_aio", "write"),
                                ("flush_to_disk", "flush")):
                with self.subTest(kind=kind, event=event):
                    name = KINDS[kind][0]
                    read = what == "read"   # the firmware's would fail
                    back = self.nbd(name=f"{kind}-{what}") if read else \
                        blkdebug(self.file(f"{kind}-{what}"), event)
                    with self.disktest(kind, back, "--seconds", 4 if read else 2) as g:
                        g.expect("acked", 30)
                        if read:
                            back.fail("read")
                        n = self.finished(g)
                        self.assertEqual((n["errors"], n["bad"]), (0, 0))
                        self.assertRegex(said(g), rf"{name}: .*once more")
                        if kind == "nvme" or what == "flush":
                            self.assertRegex(said(g), rf"{name}: {what}.*once more")

    def test_many(self):
        """Errors all over the place, with many commands under way."""
        for kind in OURS:
            with self.subTest(kind=kind):
                disk = self.nbd(name=kind)
                with self.disktest(kind, disk, "--seconds", 4, "--threads", 8,
                                   args=("--smp", "2")) as g:
                    g.expect("acked", 30)
                    for _ in range(8):
                        for what in ("read", "write", "flush"):
                            disk.fail(what)
                        time.sleep(0.2)
                    n = self.finished(g)
                    self.assertEqual((n["errors"], n["bad"]), (0, 0))

    def test_for_ever(self):
        """Writes fail from some time on: EIO, reads go on, and so does the guest."""
        for kind in OURS:
            with self.subTest(kind=kind):
                disk, name = self.nbd(name=kind), KINDS[kind][0]
                with self.disktest(kind, disk, "--seconds", 3) as g:
                    g.expect("acked", 30)
                    disk.fail("write", 1 << 30)
                    n = self.finished(g)
                    self.assertGreater(n["errors"], 0)
                    self.assertEqual(n["bad"], 0)
                    self.assertGreater(n["reads"], 0)
                    self.assertRegex(said(g), r"error \d+ write: .*[Ii]nput/output")
                    self.assertRegex(said(g), rf"{name}: write of \d+ bytes at \d+: \w+")

    def test_timeout(self):
        """Commands that are answered late, after an abort and a reset."""
        def check(case):
            kind, what = case
            # QEMU 7.2 itself crashes now and then (SIGSEGV) when its
            # controller is reset with a command under way; and a guest that has little of
            # the CPU is late with its reset
            for n, wait in enumerate((0.7, 0.7, 2, 5)):
                disk = self.nbd(name=f"{kind}-{what}-{n}")
                if self.late(kind, disk, what, wait):
                    return
            self.fail("QEMU crashed each time, or there was no reset")

        at_once(self, itertools.product(OURS, ("read", "write", "flush")), check, 3)

    def late(self, kind, disk, what, wait):
        """False: QEMU crashed, or there was no reset."""
        with self.disktest(kind, disk, "--seconds", 5,
                           args=("--option", "DISK_TIMEOUT=1")) as g:
            g.expect("acked", 30)
            disk.hold(what, 2)
            self.assertTrue(disk.until_held())
            g.expect("no answer", 20)
            time.sleep(wait)    # into the reset, which waits for it
            disk.release()
            status = g.wait(90)
            if status == 128 + signal.SIGSEGV:
                return False
            n = self.finished(g)
            self.assertEqual((n["errors"], n["bad"]), (0, 0))
            return "reset" in said(g)

    def test_unplugged(self):
        """The controller goes away while it works (QEMU's AHCI can't: its disk
        loses the medium)."""
        for kind in OURS:
            with self.subTest(kind=kind):
                # QEMU 7.2's NVMe now and then dies itself when it is unplugged at work
                self.assertTrue(any(self.unplug(kind) for _ in range(5)))

    def unplug(self, kind):
        """False: QEMU died of it, and not by its guest."""
        path = f"{self.dir}/qmp-{kind}"
        back = qemu("-drive", f"file={self.file(kind)},format=raw,if=none,id=n0")
        with self.disktest(
                kind, back, "--seconds", 4, more=",addr=7,id=dev" * (kind == "nvme"),
                args=("--machine", "pc", "--option", "DISK_TIMEOUT=2",
                      *Qmp.args(path))) as g:
            g.expect("acked", 30)
            q = Qmp(path)
            self.addCleanup(q.close)
            try:
                if kind == "nvme":
                    q("device_del", id="dev")
                    # what the guest's ACPI would do: eject slot 7
                    q.hmp("o /4 0xae10 0")
                    q.hmp("o /4 0xae08 0x80")
                else:
                    q.hmp("drive_del n0")
            except OSError:
                pass
            if g.wait(90) == 128 + signal.SIGSEGV:
                return False
            n = self.finished(g)
            self.assertGreater(n["errors"], 0)
            self.assertEqual(n["bad"], 0)
            if kind == "nvme":
                self.assertIn("nvme0: the device is gone: ", said(g))
        return True


def mbr(parts, size):
    """An MBR with partitions (first sector, sectors)."""
    b = bytearray(size)
    for i, (first, n) in enumerate(parts):
        b[446 + 16 * i:462 + 16 * i] = struct.pack("<8xII", first, n)
        b[446 + 16 * i + 4] = 0x0c
    b[510:512] = b"\x55\xaa"
    return b


@builtin
class Kinds(Base):
    def test_namespaces(self):
        """Three of them: 512 bytes, 4096 bytes, and one beyond."""
        argv = qemu("-device", "nvme,id=ctl,serial=many")
        for i, more in ((1, ""), (2, ",logical_block_size=4096,physical_block_size=4096"),
                        (5, "")):
            argv += qemu("-drive", f"file={self.file(f'd{i}')},format=raw,if=none,id=d{i}",
                         "-device", f"nvme-ns,bus=ctl,drive=d{i},nsid={i}{more}")
        for n in range(3):
            with self.subTest(disk=n), Guest(
                    image("disktest"), "--mem", MEM, *argv,
                    *self.config(["--disk", f"/dev/rld{n}", "--seconds", 2])) as g:
                self.assertEqual(self.finished(g)["bad"], 0)
                self.assertIn("ld1: nvme, QEMU NVMe Ctrl, 24 MB, blocks of 4096", said(g))

    def test_partitions(self):
        """FAT in a partition; the program works in the other one."""
        fat = files_disk(f"{self.dir}/fat", {"x": b"y"}, size_mb=8)
        b = mbr([(2048, 16384), (20480, 20480)], SIZE)
        with open(fat, "rb") as f:
            b[2048 * 512:2048 * 512 + (8 << 20)] = f.read()
        for kind in OURS:
            with self.subTest(kind=kind):
                name = KINDS[kind][0]
                disk = self.nbd(b, name=kind)
                with Guest(image("disktest"), "--mem", MEM, *nbd.drive(disk, "n0"),
                           *device(kind, "n0"), *self.config(
                               ["--disk", f"/dev/r{name}s2", "--seconds", 2],
                               blk=[{"source": "dev", "path": f"/dev/{name}s1",
                                     "fstype": "msdos", "mountpoint": "/data"}])) as g:
                    self.assertEqual(self.finished(g)["bad"], 0)
                self.assertEqual(disk.now[:2048 * 512], b[:2048 * 512])
                self.assertNotEqual(disk.now[20480 * 512:], b[20480 * 512:])

    def test_read_only(self):
        """Files from it.  QEMU's controller does not say that it is, and fails."""
        fat = files_disk(f"{self.dir}/fat", FILES)
        port = free_port()
        with Guest(image("httpd"), "--mem", MEM, "--net", f"user,{port}:80",
                   "--disk", f"{fat},nvme,ro") as g:
            g.expect(r"serving .* on ", 60)
            self.assertEqual(get(port, "/big.bin")[1], BIG)
        status, console = run(
            image("disktest"), "--mem", MEM, "--disk", f"{fat},nvme,ro,raw", "--",
            "--disk", "/dev/rld0", "--verify")
        self.assertEqual(status, 0)
        self.assertIn("0 errors", console)

    def test_discard(self):
        """The host gets its blocks back, and those alone that were discarded."""
        size = 12 << 20 | 4096
        for kind in OURS:
            with self.subTest(kind=kind):
                path = self.file(kind)
                back = qemu("-drive", f"file={path},format=raw,if=none,id=n0,discard=unmap")
                with self.disktest(kind, back, "--seconds", 1) as g:
                    self.assertGreater(self.finished(g)["writes"], 0)
                os.posix_fallocate(fd := os.open(path, os.O_RDWR), 0, SIZE)
                os.close(fd)
                with open(path, "rb") as f:
                    before, blocks = f.read(), os.fstat(f.fileno()).st_blocks
                with self.disktest(kind, back, "--seconds", 0, "--discard", size) as g:
                    self.finished(g)
                    self.assertIn("\ndiscarded\n", g.console)
                with open(path, "rb") as f:
                    self.assertEqual(f.read(), bytes(size) + before[size:])
                    self.assertNotEqual(before[:size], bytes(size))
                    self.assertLess(os.fstat(f.fileno()).st_blocks, blocks - size // 600)

    def test_shutdown(self):
        """At the end the cache goes out, without a sync of the program's."""
        for kind in OURS:
            with self.subTest(kind=kind):
                disk = self.nbd(name=kind)
                with self.disktest(kind, disk, "--seconds", 1, "--nosync") as g:
                    self.assertGreater(self.finished(g)["writes"], 0)
                self.assertGreater(disk.count["write"], 0)
                self.assertEqual(disk.cut(), 0)
