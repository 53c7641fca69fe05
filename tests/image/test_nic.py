"""The built-in kernel's driver wm on QEMU's e1000 (82540EM) and e1000e (82574L);
every kernel's NICs while a disk is busy.

SIRLOIN_NIC_MB: megabytes each way of the long transfers (48; the real thing
is 1024)."""

import json
import os
import tempfile
import time
import unittest

from guest import KERNEL, ROOT, Guest, free_port, image, run, tap_lines
from netns import GUEST, Namespace
from qmp import Qmp
from test_httpd import BIG, Base, get
from test_netbsd_pci import NEEDS, drivers

NICS = ("e1000", "e1000e")
MB = int(os.environ.get("SIRLOIN_NIC_MB", "48"))
PORT = 10000
# each with a disk, and the names that the guest has for them
PAIRS = [("e1000", "wm0", "nvme", "/dev/rld0d"), ("e1000e", "wm0", "ahci", "/dev/rwd0d"),
         ("virtio", "virt0", "virtio", "blk0")]
if KERNEL == "netbsd":
    PAIRS[:2] = [("e1000", "wm0", "ld", "/dev/rld0d"), ("e1000e", "wm0", "scsi", "/dev/rsd0d"),
                 ("vioif", "vioif0", "ld", "/dev/rld0d"), ("pcnet", "pcn0", "ld", "/dev/rld0d")]
STRANGERS = """import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for i in range(1000):
    s.send(bytes.fromhex("333311223344020000000001") + b"x" * 60)
"""


def device(port, n=0):
    """What the guest says of its interface."""
    return json.loads(get(port, "/status.json")[1])["devices"]["net"][n]


@unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's driver")
class Nic(Base):
    def check(self, *opts):
        g, port = self.boot(*opts)
        with g:
            self.check_files(port)
            self.assertNotIn("rror", g.console)

    def test_machines(self):
        for nic in NICS:
            for machine, cpus in (("pc", 1), ("pc", 4), ("q35", 1), ("q35", 4),
                                  ("microvm", 2)):
                with self.subTest(nic=nic, machine=machine, cpus=cpus):
                    self.check("--nic", nic, "--machine", machine, "--smp", cpus)

    def test_lines(self):
        for nic in NICS:
            with self.subTest(nic=nic):
                self.check("--nic", nic, "--option", "nomsi", "--smp", "2")

    def test_dhcp(self):
        for nic in NICS:
            with self.subTest(nic=nic):
                self.check("--nic", nic, "--ip", "dhcp")

    def test_status(self):
        g, port = self.boot("--nic", "e1000e")
        with g:
            self.check_files(port)
            d = device(port)
            self.assertEqual((d["name"], d["driver"], d["model"]), ("wm0", "wm", "82574L"))
            self.assertEqual((d["link"], d["mbps"], d["mac"]),
                             (True, 1000, "52:54:00:12:34:50"))
            self.assertGreater(d["obytes"], len(BIG))
            self.assertEqual((d["ierrors"], d["oerrors"], d["odrops"], d["resets"]),
                             (0, 0, 0, 0))

    def test_link(self):
        for nic in NICS:
            with self.subTest(nic=nic), tempfile.TemporaryDirectory() as d:
                g, port = self.boot("--nic", nic, *Qmp.args(f"{d}/qmp"))
                with g:
                    qmp = Qmp(f"{d}/qmp")
                    self.addCleanup(qmp.close)
                    self.check_files(port)
                    for _ in range(2):
                        qmp("set_link", name="net0", up=False)
                        g.expect("wm0: link down")
                        qmp("set_link", name="net0", up=True)
                        g.expect("wm0: link up, 1000 Mb/s")
                        g.console = ""
                        self.check_files(port)

    def test_unplugged(self):
        """One of two goes away while it is in use; the other one serves on."""
        for nic in NICS:
            with self.subTest(nic=nic), tempfile.TemporaryDirectory() as d:
                second = free_port()
                g, port = self.boot("--machine", "pc", "--nic", nic,
                                    *Qmp.args(f"{d}/qmp"), "--net", f"user,{second}:80")
                with g:
                    qmp = Qmp(f"{d}/qmp")
                    self.addCleanup(qmp.close)
                    self.check_files(second)
                    unplug(qmp, {"e1000": 0x100e, "e1000e": 0x10d3}[nic])
                    g.expect("wm0: the device is gone", 10)
                    self.assertFalse(device(second)["link"])
                    self.check_files(second)


def unplug(qmp, ident):
    """The first one, from its slot, as firmware's _EJ0 method would."""
    slot = min(d["slot"] for d in qmp("query-pci")[0]["devices"]
               if d["id"]["device"] == ident)
    qmp("device_del", id="/machine/peripheral-anon/device[0]")
    end = time.time() + 60
    while any(d["slot"] == slot for d in qmp("query-pci")[0]["devices"]):
        qmp.hmp("o /w 0xae10 0")
        qmp.hmp(f"o /w 0xae08 {1 << slot}")
        if time.time() > end:
            raise AssertionError("it does not go")


@unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's driver")
class Suite(unittest.TestCase):
    def test_nettest(self):
        status, console = run(image("nettest"), "--nic", "e1000e", "--net", "user",
                              "--smp", 2, "--mem", 128, timeout=180)
        ok, bad, plan = tap_lines(console)
        self.assertEqual((status, bad), (0, []), console[-3000:])
        self.assertEqual(ok, plan)


class Served(unittest.TestCase):
    """nettest over a tap device."""

    def serve(self, ns, nic, *nets, opts=(), ifname="wm0", disk=()):
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as f:
            f.write(json.dumps({"rc": [{"bin": "nettest", "argv": ["serve", str(PORT),
                                                                    *disk]}],
                                "net": [{"if": ifname, **n} for n in nets]}))
        self.addCleanup(os.unlink, f.name)
        g = Guest(image("nettest"), "--nic", nic, "--net", f"tap={ns.tap}", "--config",
                  f.name, *opts, timeout=1800, prefix=ns.prefix)
        try:
            g.expect(r"serving on ports")
        except AssertionError:
            g.__exit__()
            raise
        return g

    def client(self, ns, *what, host=GUEST):
        out = ns.run("python3", f"{ROOT}/tests/lib/netclient.py", host, PORT, *what,
                     timeout=900)
        self.assertEqual(out.count("ok "), len(what), out)
        return out

    def static(self, ns, nic, *opts, **names):
        return self.serve(
            ns, nic, {"type": "inet", "method": "static", "addr": GUEST, "mask": "24"},
            {"type": "inet6", "method": "static", "addr": "fd00:5::2", "mask": "64"},
            opts=("--mem", 128, *opts), **names)

    def ask(self, ns, what, host=GUEST):
        text = self.client(ns, what, host=host)
        return json.loads(text[:text.rindex("}") + 1])

    def counted(self, ns, nic):
        guest = self.ask(ns, "status" if nic == "virtio" else "counters")["net"][0]
        host = {}
        for word in ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes"):
            host[word] = int(ns.run("cat", f"/sys/class/net/{ns.tap}/statistics/{word}"))
        return guest, host

    def compare(self, nic, guest, host):
        words = ["ierrors", "idrops", "oerrors", "odrops"]
        bad = {k: guest[k] for k in words + ["resets"] * (nic != "virtio")}
        self.assertEqual(set(bad.values()), {0}, bad)
        # some of the question for the counters itself is under way
        self.assertAlmostEqual(guest["ipackets"], host["tx_packets"], delta=20)
        # QEMU pads frames to 60 bytes
        extra = guest["ibytes"] - host["tx_bytes"]
        self.assertTrue(-9000 < extra <= 6 * guest["ipackets"], extra)
        # its e1000e hands packets to the host as they are, and the host counts
        # those as one of which the guest counts all that would be cut from them;
        # e1000 sends a segment without data after some that it cut up
        more = guest["opackets"] - host["rx_packets"]
        if nic == "e1000":
            self.assertTrue(-guest["opackets"] / 20 < more < 20, more)
        self.assertAlmostEqual(guest["obytes"] - host["rx_bytes"], more * 54, delta=9000)


@unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's driver")
@unittest.skipIf(os.geteuid() != 0, "a tap device takes root")
class Tap(Served):
    def test_streams(self):
        for nic in NICS:
            for cpus in (1, 4):
                with self.subTest(nic=nic, cpus=cpus), Namespace() as ns:
                    ns.run("ip", "-6", "addr", "add", "fd00:5::1/64", "dev", ns.tap, "nodad")
                    with self.static(ns, nic, "--smp", cpus):
                        self.client(ns, "udp", "sizes", "odd", "check=32", "down=32")
                        self.client(ns, "udp", "check", "down", host="fd00:5::2")

    def test_counters(self):
        """Long transfers; what the guest counts is what the host counts."""
        for nic in NICS:
            with self.subTest(nic=nic), Namespace() as ns:
                # what the guest's filter would not let in
                ns.run("sysctl", "-q", "-w", f"net.ipv6.conf.{ns.tap}.disable_ipv6=1")
                with self.static(ns, nic, "--smp", 2):
                    self.client(ns, f"check={MB}", f"down={MB}")
                    self.compare(nic, *self.counted(ns, nic))

    def test_filter(self):
        """IPv6 by multicast alone: advertisements, neighbours; others stay out."""
        for nic in NICS:
            with self.subTest(nic=nic), Namespace() as ns:
                ns.run("ip", "-6", "addr", "add", "2001:db8:1::1/64", "dev", ns.tap, "nodad")
                host = "2001:db8:1::5054:ff:fe12:3450"
                with self.serve(ns, nic, {"type": "inet6", "method": "auto"}):
                    self.client(ns, "ra", host=host)
                    before = self.client(ns, "counters", host=host)
                    ns.run("python3", "-c", STRANGERS, ns.tap)
                    after = self.client(ns, "counters", host=host)
                a, b = (json.loads(t[:t.rindex("}") + 1])["net"][0]["ipackets"]
                        for t in (before, after))
                self.assertLess(b - a, 200)


@unittest.skipIf(os.geteuid() != 0, "a tap device takes root")
class Busy(Served):
    def pairs(self):
        if KERNEL == "builtin":
            return PAIRS
        have = drivers()
        return [p for p in PAIRS if all(NEEDS.get(k) in (None, *have) for k in (p[0], p[2]))]

    def test_busy_disk(self):
        """Long transfers while a disk is written, flushed, read and compared all
        the time; afterwards another boot finds on it what belongs there."""
        for nic, ifname, kind, name in self.pairs():
            with self.subTest(nic=nic, disk=kind), Namespace() as ns, \
                    tempfile.NamedTemporaryFile() as f:
                f.truncate(16 << 20)
                disk = ("--disk", f"{f.name},{kind},raw")
                ns.run("sysctl", "-q", "-w", f"net.ipv6.conf.{ns.tap}.disable_ipv6=1")
                with self.static(ns, nic, "--smp", 2, *disk, ifname=ifname,
                                 disk=(name,)) as g:
                    for what in ("check", "down"):
                        self.transfer(ns, what, nic, kind)
                    if KERNEL == "builtin" or nic == "virtio":
                        self.compare(nic, *self.counted(ns, nic))
                    end = self.ask(ns, "diskend")
                    self.assertEqual((end["running"], end["errors"], end["bad"]),
                                     (False, 0, 0), g.console[-3000:])
                status, console = run(image("disktest"), "--mem", 64, *disk, "--",
                                      "--disk", name, "--threads", 2, "--verify")
                self.assertEqual(status, 0, console[-3000:])
                self.assertRegex(console, r", 0 errors, 0 bad")
                # all that was written, and nothing else
                self.assertEqual(console.count("found "), end["extents"])

    def transfer(self, ns, what, nic, kind):
        """As often as it takes for the disk to have done something meanwhile."""
        t, before = time.time(), self.ask(ns, "disk")
        for n in range(1, 6):
            self.client(ns, f"{what}={MB}")
            now, seconds = self.ask(ns, "disk"), time.time() - t
            self.assertEqual((now["running"], now["errors"], now["bad"]), (True, 0, 0))
            did = {k: now[k] - before[k] for k in ("writes", "reads", "syncs", "bytes")}
            if min(did.values()) > 0:
                break
        else:
            self.fail(f"the disk stands still: {before}, {now}")
        if MB >= 1024:
            print(f"# {nic}, {what}: {n * MB / seconds:.0f} MB/s; {kind}: {did['writes']} "
                  f"writes, {did['reads']} reads, {did['syncs']} syncs, "
                  f"{did['bytes'] / seconds / 1e6:.1f} MB/s", flush=True)
