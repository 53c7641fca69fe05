"""Bad input: one clear line and a failure status, within seconds."""

import os
import socket
import subprocess
import tempfile
import time
import unittest

from guest import SIRLOIN, files_disk, image, run


class Host(unittest.TestCase):
    """What sirloin itself refuses."""

    def refuse(self, status, text, *args):
        r = subprocess.run([SIRLOIN, "run", "--accel", "tcg", "--timeout", "20", *args],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=40)
        self.assertEqual(r.returncode, status, r.stdout)
        self.assertRegex(r.stdout, text)

    def test_usage(self):
        self.refuse(2, "usage")
        self.refuse(2, "usage", "--no-such-option", image("hello"))
        self.refuse(2, "HOST:GUEST", image("hello"), "--net", "user,80")

    def test_missing(self):
        self.refuse(125, "no such image", "/nonexistent/x.elf")
        self.refuse(125, "no such disk", image("hello"), "--disk", "/nonexistent/d")

    def test_foreign_image(self):
        self.refuse(125, "not .*image", "/bin/true")
        self.refuse(125, "not an x86-64 ELF", __file__)

    def test_port_in_use(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            port = s.getsockname()[1]
            self.refuse(125, "[Cc]ould not set up host forwarding", image("hello"),
                        "--net", f"user,{port}:80")

    def test_truncated_disk(self):
        with tempfile.NamedTemporaryFile(suffix=".img") as f:
            f.write(b"\0" * 700)
            f.flush()
            self.refuse(125, "no file system", image("hello"), "--disk", f.name)

    def test_config_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            f.write('{"rc":\n[}')
            f.flush()
            self.refuse(125, r":2: not JSON", image("hello"), "--config", f.name)

    def test_timeout(self):
        t = time.monotonic()
        r = subprocess.run([SIRLOIN, "run", "--accel", "tcg", "--timeout", "2",
                            "--machine", "microvm", image("httpd"), "--", "/"],
                           stdin=subprocess.DEVNULL, timeout=30,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertIn(r.returncode, (124,), r.stdout)
        self.assertLess(time.monotonic() - t, 25)


class Config(unittest.TestCase):
    """What the guest refuses, from its configuration."""

    def refuse(self, config, pattern, *args):
        status, console = run(image("hello"), "--machine", "microvm", "--qemu=-append",
                              f"--qemu={config}", *args, timeout=20)
        self.assertNotIn(status, (0, 124, 134), console)
        self.assertRegex(console, pattern)

    def test_not_json(self):
        self.refuse('{"rc":[}', r":1:")

    def test_unknown_key(self):
        self.refuse('{"hostnam":"x",\n"cmdline":"hello"}', r"hostnam")

    def test_line(self):
        self.refuse('{"hostname":"x",\n\n"nett":[]}', r":3:.*nett")

    def test_missing_disk(self):
        self.refuse('{"cmdline":"hello","blk":[{"source":"etfs","path":"blk7",'
                    '"fstype":"msdos","mountpoint":"/data"}]}', r"blk7")

    def test_missing_net(self):
        self.refuse('{"cmdline":"hello","net":[{"if":"virt3","type":"inet",'
                    '"method":"dhcp"}]}', r"virt3|net")


class Disk(unittest.TestCase):
    def refuse(self, path, config):
        status, console = run(image("httpd"), "--machine", "microvm", "--disk",
                              f"{path},raw", "--qemu=-append", f"--qemu={config}",
                              timeout=20)
        self.assertNotIn(status, (0, 124, 134), console)
        self.assertRegex(console, r"blk0|/data")

    def test_foreign(self):
        for fs in ("msdos", "cd9660"):
            with self.subTest(fs=fs), tempfile.NamedTemporaryFile(suffix=".img") as f:
                f.write(os.urandom(1 << 20))
                f.flush()
                self.refuse(f.name, '{"cmdline":"httpd","blk":[{"source":"etfs","path":'
                            f'"blk0","fstype":"{fs}","mountpoint":"/data"}}]}}')

    def test_truncated_fat(self):
        with tempfile.TemporaryDirectory() as d:
            img = files_disk(f"{d}/fat.img", {"a.txt": b"x" * 100000}, 16)
            os.truncate(img, 8192)
            self.refuse(img, '{"cmdline":"httpd","blk":[{"source":"etfs","path":"blk0",'
                        '"fstype":"msdos","mountpoint":"/data"}]}')


class Crash(unittest.TestCase):
    """A fault is a panic report with thread and function, never a hang."""

    CASES = {"null": r"null pointer|page fault", "wild": r"page fault|protection",
             "stack": r"stack overflow", "div0": r"divi", "jump0": r"null|page fault",
             "abort": r"abort|panic"}

    def test_crash(self):
        for kind, text in self.CASES.items():
            with self.subTest(kind=kind):
                status, console = run(image("rumptest"), "--machine", "q35", "--smp", "2",
                                      "--", "--crash", kind, timeout=30)
                self.assertEqual(status, 134, console)
                self.assertRegex(console, text)
                self.assertRegex(console, r"thread")
                self.assertRegex(console, r"crash_\w+|main\+|main\b")
