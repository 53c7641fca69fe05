"""The network of an image over a tap device of our own: streams with the
device's offloads, fragments, little memory, addresses."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import program
from guest import KERNEL, ROOT, Guest, image
from netns import GUEST, Namespace

PORT = 10000
GUEST6 = "fd00:5::2"


def config(*nets):
    return json.dumps({"rc": [{"bin": "nettest", "argv": ["serve", str(PORT)]}],
                       "net": [{"if": "virt0", **n} for n in nets]})


STATIC = ({"type": "inet", "method": "static", "addr": GUEST, "mask": "24"},
          {"type": "inet6", "method": "static", "addr": GUEST6, "mask": "64"})


SEND_FIRST = """
import os, socket, sys
s, data = socket.socket(), os.urandom(8_000_000)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
s.connect((sys.argv[1], 7))
s.settimeout(120)
s.sendall(data)
s.shutdown(socket.SHUT_WR)
got = b"".join(iter(lambda: s.recv(65536), b""))
print("the same" if got.lstrip(b"x") == data.lstrip(b"x") else f"{len(got)} bytes")
"""


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("a tap device takes root")
        try:
            with Namespace():
                pass
        except (OSError, subprocess.CalledProcessError) as e:
            raise unittest.SkipTest(f"no network namespace or tap device: {e}")

    def serve(self, ns, nets, *opts):
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as f:
            f.write(config(*nets))
        self.addCleanup(os.unlink, f.name)
        g = Guest(image("nettest"), "--net", f"tap={ns.tap}", "--config", f.name, *opts,
                  timeout=150, prefix=ns.prefix)
        self.addCleanup(g.stop)
        g.expect(r"serving on ports")
        return g

    def client(self, ns, host, *what):
        out = ns.run("python3", f"{ROOT}/tests/lib/netclient.py", host, PORT, *what)
        self.assertEqual(out.count("ok "), len(what), out)

    def test_streams(self):
        for cpus in (1, 2):
            with self.subTest(cpus=cpus), Namespace() as ns:
                ns.run("ip", "-6", "addr", "add", "fd00:5::1/64", "dev", ns.tap, "nodad")
                g = self.serve(ns, STATIC, "--smp", cpus, "--mem", 128)
                self.client(ns, GUEST, "up", "down", "udp")
                self.client(ns, GUEST6, "up", "down", "udp")
                g.stop()

    @unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's way with little memory")
    def test_readers_that_do_not_read(self):
        for mem in (24, 64):
            with self.subTest(mem=mem), Namespace() as ns:
                g = self.serve(ns, STATIC[:1], "--mem", mem)
                self.client(ns, GUEST, "flood")
                g.stop()

    def test_address_by_router_advertisement(self):
        with Namespace() as ns:
            ns.run("ip", "-6", "addr", "add", "2001:db8:1::1/64", "dev", ns.tap, "nodad")
            self.serve(ns, [{"type": "inet6", "method": "auto"}], "--mem", 128)
            # of the MAC that sirloin run gives its first network
            self.client(ns, "2001:db8:1::5054:ff:fe12:3450", "ra")

    def echoall(self, ns):
        img = program.bake(program.compile(f"{ROOT}/tests/programs/echoall.c"), name="echoall")
        g = Guest(img, "--net", f"tap={ns.tap}", "--ip", f"{GUEST}/24", "--mem", 128,
                  timeout=200, prefix=ns.prefix)
        self.addCleanup(g.stop)
        g.expect("listening")
        return g

    def test_both_windows_closed(self):
        """A client that sends for long before it reads: its window is closed, and so is
        the guest's for a while; that it opens again must reach the client."""
        with Namespace() as ns, self.echoall(ns) as g:
            self.assertIn("the same", ns.run("python3", "-c", SEND_FIRST, GUEST, timeout=180))
            self.assertEqual(g.wait(), 0, g.console)

    @unittest.skipIf(KERNEL == "netbsd", "NetBSD's own TCP")
    def test_window_taken_back(self):
        """A peer that loses what was in its window, and closes it."""
        with Namespace() as ns, self.echoall(ns) as g:
            out = ns.run("python3", f"{ROOT}/tests/lib/shrink.py", GUEST, ns.tap, timeout=150)
            where, have = re.fullmatch(r"acknowledged at (.*) then (\d+) bytes\n", out).groups()
            self.assertEqual(where, "[0]")
            self.assertGreater(int(have), 80000)
            g.stop()

    @unittest.skipIf(KERNEL == "netbsd", "builtin/net writes /etc/resolv.conf")
    def test_name_servers_by_dhcp(self):
        with Guest(image("nettest"), "--net", "user", "--ip", "dhcp", "--", "serve") as g:
            g.expect(r"nameserver 10\.0\.2\.3")
