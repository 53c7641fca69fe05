"""httpd on a raw socket: what clients get wrong, or send in odd pieces."""

import socket
import time

from test_httpd import BIG, Base, FILES

HOST = b"Host: a\r\n"


class Edges(Base):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.g, cls.port = cls.boot(cls, "--machine", "q35", "--smp", "2", timeout=240)

    @classmethod
    def tearDownClass(cls):
        cls.g.stop()
        super().tearDownClass()

    def talk(self, data, close=False):
        """Send, and all that comes until the end (or a pause, kept alive)."""
        with socket.create_connection(("127.0.0.1", self.port), 20) as s:
            pieces = data if isinstance(data, list) else [data]
            for piece in pieces:
                s.sendall(piece)
                time.sleep(0.05)
            if close:
                s.shutdown(socket.SHUT_WR)
            got = b""
            s.settimeout(60 if b"Connection: close" in b"".join(pieces) else 3)
            try:
                while chunk := s.recv(65536):
                    got += chunk
            except TimeoutError:
                pass
            return got

    def status(self, data):
        got = self.talk(data)
        self.assertTrue(got.startswith(b"HTTP/1.1 "), got[:100])
        return int(got[9:12])

    def test_refusals(self):
        close = b"Connection: close\r\n"
        for want, data in (
                (400, b"\x16\x03\x01\x02\x00\x01\r\n\r\n"),
                (400, b"GET / HTTP/1.1\r\n" + close + b"\r\n"),
                (400, b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n"),
                (400, b"GET /../../x HTTP/1.1\r\n" + HOST + b"\r\n"),
                (400, b"GET /%2e%2e/%2e%2e/x HTTP/1.1\r\n" + HOST + b"\r\n"),
                (400, b"GET /..%5c..%5cx HTTP/1.1\r\n" + HOST + b"\r\n"),
                (405, b"DELETE / HTTP/1.1\r\n" + HOST + close + b"\r\n"),
                (413, b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n"),
                (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n"),
                (414, b"GET /" + b"a" * 600 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
                (431, b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 9000),
                (501, b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"),
                (505, b"GET / HTTP/3.0\r\n\r\n")):
            with self.subTest(want=want, data=data[:40]):
                self.assertEqual(self.status(data), want)

    def test_pieces(self):
        request = b"GET /sub/a%20b.txt HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        got = self.talk([bytes([b]) for b in request])
        self.assertTrue(got.endswith(b"\r\n\r\ntext\n"), got)

    def test_pipeline(self):
        """100 requests at once, a body among them: all answers, in order."""
        one = b"GET /index.html HTTP/1.1\r\n" + HOST + b"\r\n"
        post = b"POST /x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\n12345"
        last = b"GET /empty HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        got = self.talk(one * 50 + post + one * 49 + last)
        self.assertEqual(got.count(b"HTTP/1.1 200 OK"), 100)
        self.assertEqual(got.count(b"HTTP/1.1 405 "), 1)
        self.assertEqual(got.count(FILES["index.html"]), 99)

    def test_http_1_0(self):
        self.assertTrue(self.talk(b"GET /empty HTTP/1.0\r\n\r\n", True)
                        .startswith(b"HTTP/1.1 200 OK"))
        keep = b"GET /empty HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        self.assertEqual(self.talk(keep + keep).count(b"200 OK"), 2)

    def test_ranges(self):
        got = self.talk(b"GET /big.bin HTTP/1.1\r\n" + HOST + b"Connection: close\r\n"
                        b"Range: bytes=0-9,100000-200000,-7\r\n\r\n")
        head, _, body = got.partition(b"\r\n\r\n")
        self.assertIn(b"206", head)
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        self.assertEqual(len(body), length)
        mark = head.partition(b"boundary=")[2].split()[0]
        parts = body.split(b"--" + mark)
        self.assertEqual(parts[-1], b"--\r\n")
        self.assertEqual([p.partition(b"\r\n\r\n")[2][:-2] for p in parts[1:-1]],
                         [BIG[:10], BIG[100000:200001], BIG[-7:]])

    def test_not_modified(self):
        got = self.talk(b"HEAD /empty HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        when = got.partition(b"Last-Modified: ")[2].split(b"\r\n")[0]
        for date, want in ((when, 304), (b"Mon, 01 Jan 1990 00:00:00 GMT", 200),
                           (b"yesterday", 200)):
            self.assertEqual(self.status(
                b"GET /empty HTTP/1.1\r\n" + HOST + b"Connection: close\r\n"
                b"If-Modified-Since: " + date + b"\r\n\r\n"), want)

    def test_slow_reader(self):
        """Who does not read holds up nobody, and gets it all when he does."""
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.settimeout(20)
            s.connect(("127.0.0.1", self.port))
            s.sendall(b"GET /big.bin HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
            time.sleep(0.5)
            late = 0        # QEMU's user network may lose one on a busy host
            for _ in range(20):
                t = time.monotonic()
                self.assertEqual(self.status(b"GET /empty HTTP/1.1\r\n" + HOST +
                                             b"Connection: close\r\n\r\n"), 200)
                late += time.monotonic() - t > 5
            self.assertLess(late, 3)
            got = b""
            while chunk := s.recv(65536):
                got += chunk
        self.assertEqual(got.partition(b"\r\n\r\n")[2], BIG)

    def test_slow_writer(self):
        """Half a request: 408 when its time is over."""
        with socket.create_connection(("127.0.0.1", self.port), 90) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost:")
            t = time.monotonic()
            got = s.recv(1000)
            self.assertIn(b" 408 ", got)
            self.assertLess(time.monotonic() - t, 60)

    def test_gone(self):
        """Clients that leave in mid-answer leave nothing behind."""
        for _ in range(30):
            s = socket.create_connection(("127.0.0.1", self.port), 20)
            s.sendall(b"GET /big.bin HTTP/1.1\r\n" + HOST + b"\r\n")
            s.recv(1)
            s.close()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            got = self.talk(b"GET /status.json HTTP/1.1\r\n" + HOST +
                            b"Connection: close\r\n\r\n")
            if b'"connections":1,' in got and b'"pending_bytes":0,' in got:
                break
            time.sleep(1)
        self.assertIn(b'"connections":1,', got)
