"""A cpio archive ("newc", as Linux takes for its first file system), written
without the programs of a distribution."""

import os
import stat


class Archive:
    """Paths without a leading slash; folders on the way are made.  The first of
    two entries with one name stays."""

    def __init__(self):
        self.entries = {}

    def put(self, path, mode, data):
        path = path.strip("/")
        if os.path.dirname(path):
            self.dir(os.path.dirname(path))
        self.entries.setdefault(path, (mode, data))

    def dir(self, path):
        self.put(path, stat.S_IFDIR | 0o755, b"")

    def data(self, path, data, mode=0o644):
        self.put(path, stat.S_IFREG | mode, data)

    def file(self, path, source, mode=0o644):
        with open(source, "rb") as f:
            self.data(path, f.read(), mode)

    def link(self, path, target):
        self.put(path, stat.S_IFLNK | 0o777, target.encode())

    def tree(self, path, source):
        for d, _, names in os.walk(source):
            for n in names:
                rel = os.path.relpath(f"{d}/{n}", source)
                if os.path.islink(f"{d}/{n}"):
                    self.link(f"{path}/{rel}", os.readlink(f"{d}/{n}"))
                else:
                    self.file(f"{path}/{rel}", f"{d}/{n}", os.stat(f"{d}/{n}").st_mode & 0o777)

    def write(self, out):
        with open(out, "wb") as f:
            self.entries["TRAILER!!!"] = (0, b"")
            for ino, (path, (mode, data)) in enumerate(self.entries.items()):
                name = path.encode() + b"\0"
                head = b"070701" + b"".join(b"%08X" % v for v in (
                    ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0))
                f.write(head + name + bytes(-(len(head) + len(name)) % 4))
                f.write(data + bytes(-len(data) % 4))
