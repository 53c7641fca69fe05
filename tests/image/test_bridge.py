"""A bridge between a network card and a virtio device, in one guest; behind it another
guest, which gets its address by DHCP through the bridge and echoes to the host."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import unittest

from guest import KERNEL, Guest, free_port, image
from test_netbsd_pci import drivers

NICS = ("e1000", "e1000e")


def config(path, app, **keys):
    with open(path, "w") as f:
        json.dump({"rc": [{"bin": app, "argv": []}], **keys}, f)
    return path


def qemu(*args):
    return [f"--qemu={a}" for a in args]


def echo(port, data):
    """What comes back."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), 60) as s:
        s.settimeout(60)

        def send():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        t = threading.Thread(target=send, daemon=True)
        t.start()
        while part := s.recv(65536):
            got += part
        t.join(60)
    return got


class Bridge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if KERNEL == "netbsd" and "wm" not in drivers():
            raise unittest.SkipTest("no wm in this tree")

    def pair(self, d, nic, **keys):
        """The bridge and who is behind it; the host's port for the latter."""
        port, wire = free_port(), free_port()
        a = Guest("--nic", nic, "--net", f"user,{port}:7",
                  "--config", config(f"{d}/a", "driverdomain", **keys),
                  *qemu("-netdev", f"socket,id=wire,listen=127.0.0.1:{wire}",
                        "-device", "virtio-net-pci,netdev=wire,mac=52:54:00:aa:00:01"),
                  image("driverdomain"), timeout=300)
        self.addCleanup(a.__exit__)
        a.expect(r"(?m)^ready", 60)
        b = Guest("--net", "none", "--config", config(f"{d}/b", "monitor", net=[
                      {"if": "virt0", "type": "inet", "method": "dhcp"}]),
                  *qemu("-netdev", f"socket,id=wire,connect=127.0.0.1:{wire}",
                        "-device", "virtio-net-pci,netdev=wire,mac=52:54:00:aa:00:02"),
                  image("monitor"), timeout=300, stdin=subprocess.PIPE)
        self.addCleanup(b.__exit__)
        b.expect(r"(?m)^ready", 60)
        return a, b, port

    def test_through(self):
        """Both ways, segments that the devices cut up and merge among them."""
        for nic in NICS:
            with self.subTest(nic=nic), tempfile.TemporaryDirectory() as d:
                a, b, port = self.pair(d, nic, bridge=[
                    {"if": "bridge0", "members": ["wm0", "virt0"]}])
                data = os.urandom(4 << 20)
                self.assertTrue(echo(port, data) == data)
                for g in (a, b):
                    self.assertNotIn("panic", g.console)
                    g.stop()

    def test_own_address(self):
        """The bridge's guest has an address itself, on the card."""
        with tempfile.TemporaryDirectory() as d:
            a, b, port = self.pair(d, "e1000e", bridge=[
                {"if": "bridge0", "members": ["wm0", "virt0"]}], net=[
                {"if": "wm0", "type": "inet", "method": "static", "addr": "10.0.2.77",
                 "mask": "24"}])
            self.assertTrue(echo(port, b"x" * 10000) == b"x" * 10000)
            # nobody listens there: a refusal is an answer, a silence is none
            b.send("send 10.0.2.77 4 word\n")
            b.expect("error 61 ", 30)

    def test_refused(self):
        """A configuration that can't be."""
        for keys, text in (
                ({"bridge": [{"if": "bridge0", "members": ["wm7"]}]}, "bridge bridge0: wm7: "),
                ({"bridge": [{"if": "br0", "members": ["wm0"]}]}, 'config:1: key "if"'),
                ({"bridge": [{"if": "bridge0"}]}, 'config:1: key "members" is missing')):
            with self.subTest(text=text), tempfile.TemporaryDirectory() as d:
                with Guest("--net", "none", "--config",
                           config(f"{d}/c", "driverdomain", **keys),
                           image("driverdomain")) as g:
                    g.expect(text, 30)
                    self.assertEqual(g.wait(30), 125)

    def test_not_linked(self):
        with tempfile.TemporaryDirectory() as d:
            with Guest("--net", "none", "--config", config(f"{d}/c", "hello", bridge=[]),
                       image("hello")) as g:
                g.expect('this image has no "bridge"', 30)
                self.assertEqual(g.wait(30), 125)


if __name__ == "__main__":
    unittest.main()
