"""A disk with a volatile cache that a test can cut the power of, make fail, and
hold back: a server for QEMU's nbd driver (the NBD protocol, fixed newstyle)."""

import os
import random
import socket
import struct
import threading

MAGIC, OPTS, REPLY = b"NBDMAGIC", b"IHAVEOPT", 0x0003e889045565a9
OPT_EXPORT_NAME, OPT_ABORT, OPT_INFO, OPT_GO = 1, 2, 6, 7
REP_ACK, REP_INFO, REP_UNSUP = 1, 3, 0x80000001
FLAGS = 1 | 4 | 8           # has flags, FLUSH, FUA
READ, WRITE, DISC, FLUSH = 0, 1, 2, 3
NAMES = {READ: "read", WRITE: "write", FLUSH: "flush"}
SECTOR = 512
EIO = 5


class Disk:
    """data: bytes that it begins with.  What was written and not flushed is in
    the cache: sector by sector, all versions of it."""

    def __init__(self, path, data):
        self.path = path
        self.now = bytearray(data)      # what a reader sees
        self.stable = bytearray(data)
        self.cache = {}                 # sector: [bytes, ...]
        self.lock = threading.Condition()
        self.errors = {}                # "read": how many will fail
        self.held = {}                  # "write": how many will wait for release()
        self.count = {"read": 0, "write": 0, "flush": 0}
        self.waiting = 0
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        self.sock.listen(4)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.release()
        self.sock.close()
        os.unlink(self.path)

    # ---- what a test does ----

    def cut(self, rng=random):
        """The power fails: of each sector in the cache the disk has the stable
        content or any version since."""
        with self.lock:
            for sector, versions in self.cache.items():
                kept = rng.choice([None, *versions])
                if kept is not None:
                    self.stable[sector * SECTOR:(sector + 1) * SECTOR] = kept
            lost = len(self.cache)
            self.cache = {}
            self.now = bytearray(self.stable)
            return lost

    def fail(self, kind, n=1):
        with self.lock:
            self.errors[kind] = n

    def hold(self, kind, n=1):
        with self.lock:
            self.held[kind] = n

    def release(self):
        with self.lock:
            self.held = {}
            self.lock.notify_all()

    def until_held(self, timeout=30):
        with self.lock:
            return self.lock.wait_for(lambda: self.waiting > 0, timeout)

    # ---- the protocol ----

    def _accept(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        f = conn.makefile("rb")
        try:
            if self._handshake(conn, f):
                send = threading.Lock()
                while self._request(conn, f, send):
                    pass
        except (OSError, struct.error):
            pass
        conn.close()

    def _handshake(self, conn, f):
        conn.sendall(MAGIC + OPTS + struct.pack(">H", 3))
        f.read(4)
        while True:
            magic, opt, n = struct.unpack(">8sII", f.read(16))
            f.read(n)
            size = struct.pack(">QH", len(self.now), FLAGS)
            if opt == OPT_EXPORT_NAME:
                conn.sendall(size)
                return True

            def reply(kind, data=b""):
                conn.sendall(struct.pack(">QIII", REPLY, opt, kind, len(data)) + data)

            if opt in (OPT_GO, OPT_INFO):
                reply(REP_INFO, b"\0\0" + size)
                reply(REP_ACK)
                if opt == OPT_GO:
                    return True
            elif opt == OPT_ABORT:
                reply(REP_ACK)
                return False
            else:
                reply(REP_UNSUP)

    def _request(self, conn, f, send):
        magic, flags, kind, handle, off, n = struct.unpack(">IHHQQI", f.read(28))
        data = f.read(n) if kind == WRITE else b""
        if kind == DISC or (kind == WRITE and len(data) < n):
            return False                # QEMU has ended, perhaps in the middle

        def answer():
            error, out = self._do(kind, flags, off, n, data)
            with send:
                conn.sendall(struct.pack(">IIQ", 0x67446698, error, handle) + out)

        name = NAMES.get(kind)
        with self.lock:
            hold = self.held.get(name, 0) > 0
            if hold:
                self.held[name] -= 1
        if hold:
            threading.Thread(target=self._late, args=(answer,), daemon=True).start()
        else:
            answer()
        return True

    def _late(self, answer):
        with self.lock:
            self.waiting += 1
            self.lock.notify_all()
            self.lock.wait_for(lambda: not self.held)
            self.waiting -= 1
        try:
            answer()
        except OSError:
            pass

    def _do(self, kind, flags, off, n, data):
        with self.lock:
            name = NAMES.get(kind)
            if name is None or off + n > len(self.now):
                return 22, b""
            self.count[name] += 1
            if self.errors.get(name, 0) > 0:
                self.errors[name] -= 1
                return EIO, b""
            if kind == READ:
                return 0, bytes(self.now[off:off + n])
            if kind == WRITE:
                self.now[off:off + n] = data
                for i in range(0, n, SECTOR):
                    self.cache.setdefault((off + i) // SECTOR, []).append(
                        data[i:i + SECTOR])
                if flags & 1:
                    self._flush(range(off // SECTOR, (off + n) // SECTOR))
            else:
                self._flush(list(self.cache))
            return 0, b""

    def _flush(self, sectors):
        for s in sectors:
            versions = self.cache.pop(s, None)
            if versions:
                self.stable[s * SECTOR:(s + 1) * SECTOR] = versions[-1]


def drive(disk, node, **opts):
    """QEMU's arguments for the disk as block node `node'."""
    more = "".join(f",{k}={v}" for k, v in opts.items())
    return [f"--qemu={a}" for a in (
        "-blockdev", f"driver=nbd,node-name={node},server.type=unix,"
        f"server.path={disk.path}{more}")]
