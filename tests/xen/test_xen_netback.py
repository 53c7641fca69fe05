"""Networks that a driver domain of ours serves to other guests (xen/netback, the switch),
and the bridge to the outside: a vif of dom0's, or a card that is passed to it."""

import re
import socketserver
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from guest import LONG
from test_xen_pci import DEVICES
from test_xen_pci import shared as shared_pci
from xencase import COMMON, DOM0, Case, Refused, static

MACS = "00:16:3e:00:00:%02x"
UP = "10.9.0.9"
# What a front end can do wrong (tests/xen/hostile/netfront.c), where the driver domain has
# to say so, and where it may just go on.
NAMED = """tx-jump tx-endless tx-beyond tx-extra rx-jump ring-ref ring-word port
    no-rx-copy queues""".split()
QUIET = """none tx-back tx-gref tx-offset tx-short tx-long tx-blank rx-gref spoof silence feature-word
    rubbish flip vanish state-word state-late flood dies""".split()


def inet(n, addr):
    return {"if": f"virt{n}", "type": "inet", "method": "static", "addr": addr, "mask": "24"}


class Netback(Case):
    def driver(self, lane=("pv", 1), uplink=False, words="", **conf):
        """A driver domain: 10.8.0.1 at its switch, or a bridge to dom0's network."""
        keys = {}
        if uplink:
            keys["vif"] = ["bridge=xenbr0"]
            conf.setdefault("bridge", [{"if": "bridge0", "members": ["virt0", "virt1"]}])
            conf.setdefault("net", [{**static(0, UP)}])
        g = self.guest("driverdomain", lane=lane, driver_domain=1, words=words,
                       conf={"net": [inet(0, "10.8.0.1")], **conf}, **keys)
        g.expect("^ready$", 60)
        return g

    def client(self, d, n, lane=("pv", 1), addr=None, more="", net=None):
        """Guest n of the driver domain, 10.8.0.n."""
        g = self.guest("monitor", lane=lane, vif=[f"backend={d.name},mac={MACS % n}{more}"],
                       conf={"net": [net or inet(0, addr or f"10.8.0.{n}")]})
        g.expect("^ready$", 60)
        return g

    def backends(self, d):
        return self.bed.call(f"xenstore-ls -f /local/domain/{d.id}/backend/vif")[1]

    def no_backends(self, d, timeout=60):
        end = time.monotonic() + timeout
        while (left := re.findall(r"vif/\d+/\d+ ", self.backends(d))) and time.monotonic() < end:
            time.sleep(0.2)
        self.assertEqual(left, [])

    def bulk(self, g, addr, mb=8):
        self.assertIn("bulk", self.ask(g, f"bulk {addr} 7 {mb}", 120))

    # ---- between guests ----

    def test_guests(self):
        """Two guests and the domain itself, data compared both ways at once."""
        for lane in COMMON:
            with self.on(lane):
                d = self.driver(lane)
                a, b = self.client(d, 2, lane), self.client(d, 3, ("pv", 1))
                self.bulk(a, "10.8.0.3", 200 if LONG else 8)
                self.bulk(b, "10.8.0.2")
                with self.assertRaisesRegex(Refused, "error 61 "):    # an answer
                    self.ask(a, "send 10.8.0.1 4 word")
                self.shut_down(a)
                self.shut_down(b)
                self.no_backends(d)
                self.assertNotIn("error", d.console)
                self.shut_down(d)

    def test_plug(self):
        """A vif comes and goes while the guest runs."""
        d = self.driver()
        a, b = self.client(d, 2), self.client(d, 3)
        for _ in range(3):
            self.bed.xl("network-detach", b.name, "0")
            self.no_backends_of(d, b.id)
            self.bed.xl("network-attach", b.name, f"backend={d.name}", f"mac={MACS % 3}")
            self.bulk(a, "10.8.0.3", 2)

    def test_destroyed(self):
        """A guest vanishes in mid-transfer; the others notice nothing, no grant stays
        mapped: the domain is gone from Xen's list."""
        d = self.driver()
        a, b = self.client(d, 2), self.client(d, 3)
        for n in range(4, 6):
            c = self.client(d, n)
            c.send("bulk 10.8.0.3 7 4000\n")
            time.sleep(1)
            self.bed.xl("destroy", c.name)
            self.bulk(a, "10.8.0.3", 2)
            self.assertNotRegex(self.bed.xl("list"), rf"(?m)^(\(null\)|{c.name}) ")
        self.assertEqual(len(set(re.findall(r"vif/(\d+)/", self.backends(d)))), 2)
        self.shut_down(a)
        self.shut_down(b)
        self.no_backends(d)

    def test_rate(self):
        """rate= of xl's vif syntax holds a guest back, not its neighbours."""
        d = self.driver()
        a = self.client(d, 2, more=",rate=1MB/s")
        _, c = self.client(d, 3), self.client(d, 4)
        start = time.monotonic()
        a.send("bulk 10.8.0.3 7 4\n")
        self.bulk(c, "10.8.0.3", 4)
        a.expect("^(bulk .*|error.*)$", 60)
        self.assertIn("bulk", a.console)
        self.assertGreater(time.monotonic() - start, 2.5)

    # ---- front ends that lie ----

    def no_backends_of(self, d, domid, timeout=60):
        end = time.monotonic() + timeout
        while f"vif/{domid}/" in self.backends(d) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertNotIn(f"vif/{domid}/", self.backends(d))

    def hostile(self, lane, lies):
        d = self.driver(lane)
        a, b = self.client(d, 2), self.client(d, 3)
        mark = len(d.console)
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(self.lie, "vif", d, lies)
            while not work.done():      # something for the liars to receive
                self.assertIn("20 of 20", self.ask(b, "udp 10.8.0.255 20", 120))
            work.result()
        for n, lie in enumerate(lies):
            if lie in NAMED:
                with self.subTest(lie=lie, type=lane[0]):
                    self.assertIn(f"vif 0.{7 + n}: ", d.console[mark:])
        self.bulk(a, "10.8.0.3", 1)
        self.assertEqual(d.reasons(), [], d.console[-2000:])
        self.nothing_stays(d)
        self.shut_down(a)
        self.shut_down(b)
        self.shut_down(d)

    def test_hostile(self):
        self.hostile(("pv", 1), NAMED + QUIET)

    @unittest.skipUnless(LONG, "LONG=1: the same code as PV's")
    def test_hostile_pvh(self):
        self.hostile(("pvh", 1), ["none", "tx-jump", "rubbish", "dies"])

    # ---- to the outside ----

    def test_bridge(self):
        """DHCP from dom0 through the bridge; dom0 and the guest, both ways; the driver
        domain's own address on the bridge."""
        d = self.driver(uplink=True)
        g = self.client(d, 2, addr="10.9.0.2", net={
            "if": "virt0", "type": "inet", "method": "static", "addr": "10.9.0.2",
            "mask": "16"})
        self.client(d, 3, net={"if": "virt0", "type": "inet", "method": "dhcp"})
        self.echoes(size=300000)
        self.bed.run(f"ping -c 2 -w 60 {UP} && wget -q -O /dev/null http://{UP}/status.json")
        with self.assertRaisesRegex(Refused, "error 61 "):
            self.ask(g, f"send {DOM0} 4 word")
        self.assertNotIn("panic", d.console)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Card(Netback):
    """A network card that is passed to the driver domain."""
    test_guests = test_plug = test_destroyed = test_rate = test_bridge = None
    test_hostile = test_hostile_pvh = None

    the_bed = staticmethod(shared_pci)

    def card(self, nic):
        """Bulk to the host and back, compared.  The network's first lease is for the
        tests that the card belongs to: the host's way in leads there."""
        place, _, _, name = DEVICES[nic]
        d = self.guest("driverdomain", driver_domain=1, pci=[place], conf={
            "bridge": [{"if": "bridge0", "members": [name, "virt0"]}]})
        d.expect("^ready$", 60)
        g = self.client(d, 2, net={**static(addr="10.0.2.40"), "gw": "10.0.2.2"})
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as s:
            s.daemon_threads = True
            threading.Thread(target=s.serve_forever, daemon=True).start()
            self.ask(g, f"bulk 10.0.2.2 {s.server_address[1]} {1000 if LONG else 8}",
                     600 if LONG else 120)
            s.shutdown()
        self.assertNotIn("panic", d.console)

    @unittest.skipUnless(LONG, "LONG=1: test_xen_driverdomain has such a card")
    def test_e1000(self):
        self.card("e1000")

    def test_e1000e(self):
        self.card("e1000e")
