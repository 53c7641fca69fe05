"""Network and disks from dom0's backends."""

import hashlib
import json
import os
import re
import tempfile

from guest import LONG, files_disk
from xencase import COMMON, GUEST, LANES, Case, Refused, disk, static

FILES = {"index.html": b"<h1>hello</h1>\n", "big.bin": os.urandom(1 << 20),
         "sub/odd.bin": os.urandom(12345), "empty": b""}


class Httpd(Case):
    def files(self):
        """A FAT disk in dom0, and the same files beside it for the client."""
        with tempfile.TemporaryDirectory() as d:
            image = self.bed.put(files_disk(f"{d}/files.img", FILES))
            for name, data in FILES.items():
                path = f"{d}/{os.path.basename(name)}"
                with open(path, "wb") as f:
                    f.write(data)
                self.bed.put(path)
        return image, " ".join(f"/{n}=/tmp/f/{os.path.basename(n)}" for n in FILES)

    def serve(self, lane, net=None, **keys):
        image, pairs = self.files()
        g = self.guest("httpd", lane=lane, vif=["bridge=xenbr0"], disk=[disk(image)],
                       conf={"net": [net or static()], "blk": [
                           {"source": "etfs", "path": "blk0", "fstype": "msdos",
                            "mountpoint": "/data"}]}, **keys)
        g.expect("serving .* on ", 40)
        return g, pairs

    def load(self, addr, connections, requests, pairs, timeout):
        out = self.bed.run(f"load {addr} 80 {connections} {requests} {pairs}", timeout)
        self.assertEqual(int(out.split()[0]), requests)

    def test_httpd(self):
        """10,000 requests over 100 connections, every byte looked at; fewer on one CPU (but
        with LONG=1), and in a nested guest, which is slow."""
        for lane in LANES:
            with self.on(lane):
                g, pairs = self.serve(lane)
                self.load(GUEST, 4, 40, pairs, 300)
                many = lane == ("pv", 2) or (LONG and lane[0] == "pv")
                self.load(GUEST, 100, 10000 if many else 2000, pairs.split()[0], 400)
                self.shut_down(g)

    def test_dhcp(self):
        for lane in (("pv", 1),):
            with self.on(lane):
                g, pairs = self.serve(lane, {"if": "virt0", "type": "inet", "method": "dhcp"})
                addr = g.expect(r"^serving .* on http://(10\.9\.1\.\d+):80/")[1]
                self.load(addr, 2, 20, pairs, 200)
                self.shut_down(g)


class Disk(Case):
    def test_disk(self):
        """What was written is in dom0's file, and the other way."""
        for lane in LANES[1:]:
            with self.on(lane):
                path = self.blank("/tmp/d.img")
                g = self.monitor(lane, disk=[disk(path)])
                self.ask(g, "write blk0 0 16384 5", 120)
                self.ask(g, "check blk0 0 16384 5", 120)
                with self.assertRaises(Refused):
                    self.ask(g, "check blk0 0 64 6")
                data = self.bed.get(path)
                self.assertEqual(int.from_bytes(data[8:16], "little"),
                                 (8 * 0x9e3779b97f4a7c15 + 5) % (1 << 64))
                self.shut_down(g)
                self.assertEqual(hashlib.sha256(self.bed.get(path)).digest(),
                                 hashlib.sha256(data).digest())

    def test_many(self):
        """Four disks, one of them read-only; each is itself."""
        paths = [self.blank(f"/tmp/d{n}.img", 4 + n) for n in range(4)]
        g = self.monitor(("pv", 2), disk=[
            disk(p, f"xvd{'abcd'[n]}", "ro" if n == 3 else "rw") for n, p in enumerate(paths)])
        for n in range(3):
            self.ask(g, f"write blk{n} 0 1024 {n}")
        for n in range(3):
            self.ask(g, f"check blk{n} 0 1024 {n}")
        with self.assertRaises(Refused):
            self.ask(g, "write blk3 0 64 3")
        for n in range(4):
            self.assertIn(f'"size":{(4 + n) << 20}', self.ask(g, "status"))
        with self.assertRaises(Refused):
            self.ask(g, f"write blk0 {4 << 20} 64 3")
        self.shut_down(g)


class Plug(Case):
    """Devices that come and go while the guest runs."""

    def test_block(self):
        for lane in COMMON:
            with self.on(lane):
                first, late = self.blank("/tmp/b0.img"), self.blank("/tmp/b1.img")
                g = self.monitor(lane, disk=[disk(first)])
                for life in range(2):
                    self.bed.xl("block-attach", g.name, disk(late, "xvdb"))
                    self.until(g, f"write blk1 0 1024 {life}")
                    self.ask(g, f"check blk1 0 1024 {life}")
                    self.ask(g, "forget blk1")
                    self.bed.xl("block-detach", g.name, "xvdb")
                    with self.assertRaises(Refused):
                        self.ask(g, f"check blk1 0 64 {life}")
                    self.ask(g, "write blk0 0 1024 1")
                self.shut_down(g)

    def test_network(self):
        for lane in COMMON:
            with self.on(lane):
                g = self.monitor(lane)
                for life in range(2):
                    self.bed.xl("network-attach", g.name, "bridge=xenbr0",
                                f"mac=00:16:3e:00:01:0{life}")
                    self.wait_for(g, "net0")
                    if life == 0:
                        self.ask(g, "up virt0 10.9.0.2 16")
                    self.echoes()
                    self.bed.xl("network-detach", g.name, "0")
                    self.ask(g, "echo without")
                self.shut_down(g)

    def until(self, g, command):
        """Until the device is there: a disk that was there before is still listed."""
        for _ in range(100):
            try:
                return self.ask(g, command)
            except Refused as e:
                if not re.search(r": error (2|6) ", str(e)):
                    raise
            self.bed.run("sleep 0.2")
        self.fail(f"{command}: not possible")

    def wait_for(self, g, name):
        for _ in range(100):
            text = self.ask(g, "status")
            if f'"name":"{name}"' in text:
                return
            self.bed.run("sleep 0.2")
        self.fail(f"no {name}: {text}")

    def test_forced(self):
        """A disk is torn away while it is written to: an error, no more."""
        late = self.blank("/tmp/b1.img", 64)
        g = self.monitor(("pv", 2), disk=[disk(self.blank("/tmp/b0.img")), disk(late, "xvdb")])
        mark = len(g.console)
        g.send("write blk1 0 65536 3\n" * 10)
        self.bed.call(f"xl block-detach --force {g.name} xvdb", 60)
        g.expect(r"^error \d+", 120, mark)
        mark = len(g.console)
        g.send("echo alive\n")
        g.expect("^alive$", 60, mark)
        self.ask(g, "write blk0 0 1024 1")
        self.shut_down(g)


class Queues(Case):
    """Several rings a device, which Linux's back ends offer when they are told to."""

    def allow(self, n):
        self.bed.run(f"for m in xen_netback xen_blkback; do "
                     f"echo {n} >/sys/module/$m/parameters/max_queues; done")

    def used(self, g, name):
        """How many interrupts each of a device's event channels has had."""
        return [i["count"] for i in json.loads(self.ask(g, "status"))["irqs"]
                if i["name"].startswith(f"{name}/")]

    def test_queues(self):
        self.allow(4)
        try:
            for cpus in (2, 4):
                with self.subTest(vcpus=cpus):
                    g = self.monitor(("pv", cpus), net=True,
                                     disk=[disk(self.blank("/tmp/q.img", 64))])
                    self.assertEqual(g.store("device/vif/0/multi-queue-num-queues"), str(cpus))
                    self.assertEqual(g.store("device/vbd/51712/multi-queue-num-queues"),
                                     str(cpus))
                    self.ask(g, "stir blk0 8192")
                    self.bed.run(f"""for n in 1 2 3 4 5 6 7 8; do
                            timeout 100 client echo {GUEST} 7 1000000 && echo right &
                        done >/tmp/echoed; wait
                        [ $(grep -c right /tmp/echoed) = 8 ]""", 120)
                    self.ask(g, "calm")
                    for name, per in (("vif 0", 2), ("vbd 51712", 1)):
                        counts = self.used(g, name)
                        self.assertEqual(len(counts), cpus * per, counts)
                        if name != "vif 0":
                            self.assertGreater(min(counts), 0, counts)
                        self.assertGreater(len([c for c in counts if c > 3]), 1, counts)
                    self.bed.xl("network-detach", g.name, "0")
                    self.bed.xl("network-attach", g.name, "bridge=xenbr0",
                                "mac=00:16:3e:00:01:01")
                    self.echoes()
                    self.shut_down(g)
        finally:
            self.allow(1)


class Grants(Queues):
    """Many devices with many rings each: more than the first frame of the grant table."""
    test_queues = None

    def frames(self, g):
        """How many it has, by Xen's list."""
        return int(re.search(rf"remote d{g.id} \(v1\)\n\(XEN\) +(\d+) frames",
                             self.grant_tables())[1])

    def begin(self, most):
        g = self.guest("monitor", lane=("pv", 4), vif=["bridge=xenbr0"] * 2,
                       conf={"net": [static()]}, max_grant_frames=most, disk=[
                           disk(self.blank(f"/tmp/d{n}.img"), f"xvd{'abcd'[n]}")
                           for n in range(4)])
        g.expect("^ready$")
        for n in range(4):
            self.ask(g, f"write blk{n} 0 2048 {n}")
        for n in range(4):
            self.ask(g, f"check blk{n} 0 2048 {n}")
        return g

    def test_grants(self):
        """The table grows; where it may not, that is said, and what has grants works."""
        self.allow(4)
        try:
            g = self.begin(64)
            self.echoes()
            self.assertGreater(self.frames(g), 1)
            self.assertNotIn("grants", g.console)
            self.shut_down(g)
            g = self.begin(1)
            self.assertEqual(self.frames(g), 1)
            g.expect("^xen: all [0-9]+ grants are in use", 10)
            self.bed.run(f"ping -c 2 -w 20 {GUEST}")
            self.shut_down(g)
        finally:
            self.allow(1)


class Traffic(Case):
    def test_echo(self):
        for lane in COMMON:
            with self.on(lane):
                g = self.monitor(lane, net=True)
                self.echoes()
                self.echoes(size=2_000_000)
                self.bed.run(f"ping -c 3 -W 2 -s 1400 {GUEST}; ping -c 3 -W 2 -s 9000 {GUEST}")
                self.shut_down(g)

    def test_two_guests(self):
        """Guest to guest over dom0's bridge."""
        a = self.monitor(("pv", 1), net=True)
        b = self.guest("monitor", lane=("pv", 1), vif=["bridge=xenbr0"],
                       conf={"net": [static(addr="10.9.0.3")]})
        b.expect("^ready$")
        self.assertIn("between-us", self.ask(b, f"send {GUEST} 7 between-us"))
        self.shut_down(a)
        self.shut_down(b)

    def test_two_networks(self):
        self.bed.run("ip link add br1 type bridge; ip addr add 10.77.0.1/24 dev br1; "
                     "ip link set br1 up")
        try:
            g = self.guest("monitor", lane=("pv", 2), vif=["bridge=xenbr0", "bridge=br1"], conf={
                "net": [static(), {"if": "virt1", "type": "inet", "method": "static",
                                   "addr": "10.77.0.2", "mask": "24"}]})
            g.expect("^ready$")
            self.echoes()
            self.echoes("10.77.0.2")
            self.shut_down(g)
        finally:
            self.bed.run("ip link del br1")


