"""QEMU's monitor beside a run: a core file when the guest has panicked, and an end in
order, so that a trace is written."""

import os
import struct
import threading

from qmp import Qmp

PAGE = 4096


def canonical(head):
    """QEMU's walk through the page tables takes every address for one of the upper
    half: in the core file's program headers, too."""
    phoff, = struct.unpack_from("<Q", head, 32)
    size, num = struct.unpack_from("<2H", head, 54)
    for n in range(num if num != 0xffff else 0):
        at = phoff + size * n + 16
        va, = struct.unpack_from("<Q", head, at)
        if va >> 47 == 0x1fffe:
            struct.pack_into("<Q", head, at, va & (1 << 47) - 1)


def sparse_copy(source, target):
    """Pages of zeros are holes."""
    with open(source, "r+b") as f, open(target, "wb") as out:
        head = bytearray(f.read(1 << 20))
        canonical(head)
        f.seek(0)
        f.write(head)
        f.seek(0)
        while data := f.read(1 << 20):
            for at in range(0, len(data), PAGE):
                page = data[at:at + PAGE]
                if page.count(0) != len(page):
                    out.write(page)
                else:
                    out.seek(len(page), os.SEEK_CUR)
        out.truncate()


class Monitor:
    """For a QEMU that stops, and does not end, when the guest is over (ARGS)."""

    ARGS = ["-no-shutdown"]

    def __init__(self, path, p, core, panicked):
        self.p, self.core, self.panicked, self.said = p, core, panicked, None
        self.path = path
        self.qmp = self.thread = None

    def start(self):
        """Once QEMU listens; it may end before that."""
        self.qmp = Qmp(self.path, alive=lambda: self.p.poll() is None)
        self.thread = threading.Thread(target=self.wait, daemon=True)
        self.thread.start()

    def dump(self):
        temp = self.core + ".tmp"
        try:
            self.qmp("dump-guest-memory", paging=True, protocol=f"file:{temp}")
            sparse_copy(temp, self.core)
            self.said = f"{self.core}: a core file"
        except (OSError, RuntimeError, ValueError) as e:
            self.said = f"{self.core}: no core file: {e}"
        finally:
            if os.path.exists(temp):
                os.unlink(temp)

    def wait(self):
        try:
            # a short guest may have ended before anybody listened
            if self.qmp("query-status").get("status") != "shutdown":
                self.qmp.event("SHUTDOWN")
            if self.core and self.panicked():
                self.dump()
            self.qmp("quit")
        except (OSError, ValueError):
            pass                # QEMU is gone

    def press(self):
        """The power button."""
        try:
            self.qmp.send("system_powerdown")
        except (OSError, AttributeError):
            pass
