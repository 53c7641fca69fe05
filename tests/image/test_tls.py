"""nginx with OpenSSL, which is built from Debian's source: TLS 1.2 and 1.3."""

import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import program
import tls
from guest import LONG, Guest, free_port

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
CONNECTIONS = 100


def page(port, ca, version):
    """One connection of its own, its certificate verified: the answer's body."""
    ctx = ssl.create_default_context(cafile=ca)
    ctx.minimum_version = ctx.maximum_version = VERSIONS[version]
    with socket.create_connection(("127.0.0.1", port), 60) as s, \
            ctx.wrap_socket(s, server_hostname=tls.NAME) as t:
        assert t.version() == f"TLSv{version}", t.version()
        t.sendall(b"GET / HTTP/1.0\r\n\r\n")
        data = b""
        while part := t.recv(65536):
            data += part
    return data.split(b"\r\n\r\n", 1)[1]


@unittest.skipUnless(LONG, "LONG=1: OpenSSL takes a minute to build")
@unittest.skipUnless(program.have("openssl"), "openssl makes the certificates")
class Tls(unittest.TestCase):
    def curl(self, port, ca, version, path, out):
        return subprocess.run(
            ["curl", "-sS", "--cacert", ca, "--resolve", f"{tls.NAME}:{port}:127.0.0.1",
             f"--tlsv{version}", "--tls-max", version, "-o", out, "-w", "%{ssl_verify_result}",
             f"https://{tls.NAME}:{port}/{path}"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120)

    def up(self, port, d):
        end = time.monotonic() + 60
        while (r := self.curl(port, f"{d}/ca.pem", "1.3", "", f"{d}/out")).returncode:
            self.assertLess(time.monotonic(), end, r.stdout)
            time.sleep(0.5)

    def test_nginx(self):
        with tempfile.TemporaryDirectory() as d:
            img, big = tls.bake(d)
            port = free_port()
            with Guest(img, "--mem", 128, "--smp", 2, "--net", f"user,{port}:443", "--",
                       "-e", "/tmp/err", timeout=300):
                self.up(port, d)
                for version in VERSIONS:
                    r = self.curl(port, f"{d}/ca.pem", version, "big.bin", f"{d}/out")
                    self.assertEqual((r.returncode, r.stdout), (0, "0"))
                    with open(f"{d}/out", "rb") as f:
                        self.assertEqual(f.read(), big, version)
                # who signed nothing is not believed: the certificate is looked at
                r = self.curl(port, f"{d}/other.pem", "1.3", "", f"{d}/out")
                self.assertEqual(r.returncode, 60, r.stdout)
                # few at a time: QEMU's own network listens with a backlog of 1
                with ThreadPoolExecutor(4) as pool:
                    for got in pool.map(lambda n: page(port, f"{d}/ca.pem",
                                                       ("1.2", "1.3")[n % 2]),
                                        range(CONNECTIONS)):
                        self.assertEqual(got, b"x" * 612)
