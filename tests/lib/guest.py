"""A guest under test: sirloin run as a child, its console, its status."""

import fcntl
import os
import random
import re
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
OUT = os.environ.get("SIRLOIN_O", f"{ROOT}/build")
RUMP = os.environ.get("SIRLOIN_RUMP", "")
KERNEL = "netbsd" if RUMP else "builtin"
SIRLOIN = f"{ROOT}/scripts/sirloin"
LONG = bool(os.environ.get("LONG"))     # tests that take minutes, and more of the others
PATIENCE = 4        # by which limits are multiplied: they are for a quiet host


def image(app, kind="elf"):
    path = f"{OUT}/{KERNEL}/hw/{app}.{kind}"
    if kind == "iso":
        subprocess.run(["make", "-s", "-C", ROOT, f"O={OUT}", f"RUMP={RUMP}", path],
                       check=True, timeout=1800)
    return path


def free_port():
    """One that nobody has, and that is given to nobody else for long: tests run side by
    side.  Not one that the kernel takes for the other end of a connection."""
    path = f"{OUT}/.port"
    os.makedirs(OUT, exist_ok=True)
    with open(path, "a+") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.seek(0)
        last = int(f.read() or random.randrange(10000, 30000))
        for n in range(1, 20000):
            port = 10000 + (last - 10000 + n) % 20000
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("127.0.0.1", port))
                except OSError:
                    continue
            f.truncate(0)
            f.write(f"{port}")
            return port
    raise OSError("no port is free")


class Guest:
    """sirloin run ARGS in the background; use as a context manager."""

    def __init__(self, *args, timeout=60, stdin=subprocess.DEVNULL, prefix=()):
        self.console = ""
        self.lock = threading.Condition()
        self.p = subprocess.Popen(
            [*prefix, SIRLOIN, "run", "--accel", "tcg", "--timeout", str(timeout * PATIENCE),
             *map(str, args)],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.t = threading.Thread(target=self._read, daemon=True)
        self.t.start()

    def _read(self):
        """What QEMU says itself never comes into the middle of a line of the guest's."""
        beside = ""
        both = selectors.DefaultSelector()
        for f in (self.p.stdout, self.p.stderr):
            both.register(f, selectors.EVENT_READ)
        while both.get_map():
            for key, _ in both.select():
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    both.unregister(key.fileobj)
                with self.lock:
                    if key.fileobj is self.p.stdout:
                        self.console += chunk.decode(errors="replace")
                    else:
                        beside += chunk.decode(errors="replace")
                    if self.console[-1:] in ("", "\n") or not both.get_map():
                        self.console += beside
                        beside = ""
                    self.lock.notify_all()

    def expect(self, pattern, timeout=30):
        """Wait for a regular expression on the console; the match."""
        end = time.monotonic() + timeout * PATIENCE
        with self.lock:
            while not (m := re.search(pattern, self.console)):
                left = end - time.monotonic()
                if left <= 0 or not self.t.is_alive():
                    raise AssertionError(f"no {pattern!r} on the console:\n" + self.said())
                self.lock.wait(min(left, 1))
            return m

    def said(self):
        """The end of the console, and how a panic began."""
        at = self.console.find("panic: ", 0, -3000)
        return (self.console[at:at + 2000] + "...\n" if at >= 0 else "") + self.console[-3000:]

    def send(self, text):
        self.p.stdin.write(text.encode())
        self.p.stdin.flush()

    def ask(self, command, good=True):
        """A command for tests/programs/files.c: what it said, and that it went well."""
        mark = len(self.console)
        self.send(command + "\n")
        with self.lock:
            done = self.lock.wait_for(lambda: re.search(
                r"^(ok|error .*)\r?\n", self.console[mark:], re.M), 60 * PATIENCE)
        said = self.console[mark:]
        if not done or ("error " in said) == good:
            raise AssertionError(f"{command}: {self.console}")
        return said

    def wait(self, timeout=120):
        status = self.p.wait(timeout * PATIENCE)
        self.t.join(5)
        return status

    def stop(self):
        if self.p.poll() is None:
            self.p.terminate()
            try:
                self.p.wait(10)
            except subprocess.TimeoutExpired:
                self.p.kill()
                self.p.wait()
        self.t.join(5)

    def power_cut(self):
        """QEMU is killed; what it said before is on the console."""
        with open(f"/proc/{self.p.pid}/task/{self.p.pid}/children") as f:
            for pid in f.read().split():
                os.kill(int(pid), signal.SIGKILL)
        self.p.wait(20)
        self.t.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self.p.stdin:
            self.p.stdin.close()
        self.p.stdout.close()
        self.p.stderr.close()


def run(*args, timeout=60, stdin=subprocess.DEVNULL):
    """Run to the end: (status, console)."""
    with Guest(*args, timeout=timeout, stdin=stdin) as g:
        return g.wait(timeout + 20), g.console


def at_once(test, cases, check, jobs=4):
    """check(case) of each, some at a time, for what mostly waits; each a subtest."""
    with ThreadPoolExecutor(jobs) as pool:
        results = [(case, pool.submit(check, case)) for case in cases]
    for case, r in results:
        with test.subTest(case=case):
            r.result()


def files_disk(path, files, size_mb=16, fstype="fat"):
    """A disk image with files {name: bytes}."""
    with tempfile.TemporaryDirectory() as d:
        for name, data in files.items():
            full = f"{d}/{name}"
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as f:
                f.write(data)
        if fstype == "iso":
            subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J",
                            "-o", path, d], check=True, stderr=subprocess.DEVNULL)
            return path
        if fstype == "ffs":
            subprocess.run(["makefs", "-t", "ffs", "-s", f"{size_mb}m", path, d],
                           check=True, stdout=subprocess.DEVNULL)
            return path
        with open(path, "wb") as f:
            f.truncate(size_mb << 20)
        if fstype == "ext2":
            subprocess.run(["mke2fs", "-q", "-t", "ext2", "-O", "^dir_index,^resize_inode",
                            "-I", "128", "-d", d, path], check=True)
            return path
        mkfs = {"fat": ["mkfs.fat"], "fat32": ["mkfs.fat", "-F32"],
                "exfat": ["mkfs.exfat"]}[fstype]
        subprocess.run([*mkfs, path], check=True, stdout=subprocess.DEVNULL)
        if files and fstype != "exfat":
            subprocess.run(["mcopy", "-s", "-i", path,
                            *[f"{d}/{n}" for n in os.listdir(d)], "::"], check=True)
    return path


def have(tool):
    return shutil.which(tool) is not None


def programs_said(console):
    """Without what NetBSD's kernel says in between: lines that begin with the time."""
    return re.sub(r"(?m)^\[ *\d+\.\d+\] .*\n", "", console.replace("\r", ""))


def tap_lines(text):
    """(number of ok, list of not-ok lines, plan or None) of TAP output."""
    ok = re.findall(r"^ok \d+.*$", text, re.M)
    bad = re.findall(r"^not ok \d+.*$", text, re.M)
    plan = re.search(r"^1\.\.(\d+)", text, re.M)
    return len(ok), bad, int(plan.group(1)) if plan else None
