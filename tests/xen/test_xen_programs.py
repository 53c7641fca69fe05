"""The programs that prove room linux/ (test_programs.py), as guests of Xen: some as a PV
one, and with LONG=1 all, as a PVH one, too, and the programs' own suites."""

import os
import tempfile
import unittest

import nginx
import program
from guest import LONG, files_disk, tap_lines
from test_programs import FS, LUA, lua_files, lua_on_linux
from test_sqlite import TYPES, script
from xencase import Case, disk, static

KINDS = ("pv", "pvh") if LONG else ("pv",)
DATA = [{"source": "etfs", "path": "blk0", "fstype": TYPES[FS], "mountpoint": "/data"}]
ADDR = "10.9.0.7"
OTHERS = "LONG=1: test_programs has it, and here a disk and a network are SQLite's and Redis's"


class Programs(Case):
    def image(self, name, kind, files=None, output=None):
        """(program's name, path of its image)"""
        app = f"{output or name}-x" if kind == "pv" else f"{output or name}-h"
        return app, program.bake(program.build(name, output), name=app, files=files,
                                 platform="xen" if kind == "pv" else "hw")

    def start(self, image, kind, *argv, memory=192, **keys):
        app, path = image
        conf = keys.pop("conf", {})
        return self.guest(app, *argv, lane=(kind, 1), img=path, memory=memory, conf=conf,
                          **keys)

    def on_kinds(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                yield kind

    def data(self):
        with tempfile.TemporaryDirectory() as d:
            return self.bed.put(files_disk(f"{d}/data.img", {}, 32, FS))

    @unittest.skipUnless(LONG, OTHERS)
    def test_lua(self):
        for kind in self.on_kinds():
            g = self.start(self.image("lua", kind, {"t.lua": LUA}), kind, "/t.lua")
            self.ends(g, timeout=120)
            self.assertIn("lua says", g.console)

    @unittest.skipUnless(LONG, OTHERS)
    def test_leveldb(self):
        for kind in self.on_kinds():
            g = self.start(self.image("leveldb", kind), kind,
                           conf={"env": ["TEST_TMPDIR=/tmp"]})
            self.ends(g, timeout=120)
            self.assertIn("PASS", g.console)

    @unittest.skipUnless(program.have("tclsh"), "tclsh makes SQLite's amalgamation")
    def test_sqlite(self):
        """A database on dom0's disk; the domain is destroyed, and another goes on."""
        for kind in self.on_kinds():
            img = self.image("sqlite", kind, {"f.sql": script("delete")})
            keys = {"disk": [disk(self.data())], "conf": {"blk": DATA}}
            g = self.start(img, kind, "-bail", "-init", "/f.sql", "/data/db", ".quit", **keys)
            g.expect("^found 0 0$", 120)
            last = int(g.expect("^committed ([3-9][0-9])$", 120)[1])
            g.destroy()
            g = self.start(img, kind, "-init", "/f.sql", "/data/db", ".quit", **keys)
            m = g.expect("^ok\nfound ([0-9]+) ([0-9]+)$", 120)
            self.assertEqual(m[1], m[2])
            self.assertGreaterEqual(int(m[1]), last)
            g.destroy()

    def test_redis(self):
        """Its benchmark in dom0, and what it has kept when the domain is destroyed."""
        for kind in self.on_kinds():
            img = self.image("redis", kind)
            bench = self.bed.put(f"{program.DIR}/redis-benchmark")
            keys = {"disk": [disk(self.data())], "vif": ["bridge=xenbr0"],
                    "conf": {"blk": DATA, "net": [static(addr=ADDR)]}}
            argv = ("--dir", "/data", "--appendonly", "yes", "--appendfsync", "always",
                    "--save", "", "--protected-mode", "no")
            g = self.start(img, kind, *argv, **keys)
            g.expect("Ready to accept connections", 120)
            out = self.bed.run(f"chmod +x {bench}; {bench} -h {ADDR} -n 3000 -c 10 -P 16 -d 3 "
                               "-t set,get,lpush -q; printf 'SET kept here\\r\\nEVAL "
                               f"\"return 6*7\" 0\\r\\nQUIT\\r\\n' | nc -w 30 {ADDR} 6379", 120)
            self.assertEqual(out.count("requests per second"), 3, out)
            self.assertIn("+OK\r\n:42", out)
            g.destroy()
            g = self.start(img, kind, *argv, **keys)
            g.expect("Ready to accept connections", 120)
            out = self.bed.run("printf 'GET kept\\r\\nLLEN mylist\\r\\nQUIT\\r\\n' | "
                               f"nc -w 30 {ADDR} 6379", 60)
            self.assertIn("$4\r\nhere\r\n:3", out)
            g.destroy()

    @unittest.skipUnless(LONG, OTHERS)
    def test_nginx(self):
        big = os.urandom(1_000_000)
        for kind in self.on_kinds():
            img = self.image("nginx", kind, {
                **nginx.PASSWD, **nginx.files({"index.html": b"x" * 612, "big.bin": big})})
            with tempfile.TemporaryDirectory() as d:
                for name, data in (("612", b"x" * 612), ("big", big)):
                    with open(f"{d}/{name}", "wb") as f:
                        f.write(data)
                small, large = (self.bed.put(f"{d}/{n}") for n in ("612", "big"))
            g = self.start(img, kind, "-e", "/tmp/err", vif=["bridge=xenbr0"],
                           conf={"net": [static(addr=ADDR)]})
            self.bed.run(f"for n in $(seq 200); do wget -q -O /dev/null http://{ADDR}/ && exit; "
                         "sleep 0.3; done; exit 1", 180)
            for connections, requests, pair in ((2, 20, f"/big.bin={large}"),
                                                (10, 1000, f"/index.html={small}")):
                out = self.bed.run(f"load {ADDR} 80 {connections} {requests} {pair}", 180)
                self.assertEqual(int(out.split()[0]), requests)
            g.destroy()

    @unittest.skipUnless(LONG and os.environ.get("LUA_TESTS"),
                         "LONG=1, LUA_TESTS: the folder of Lua's tests")
    def test_lua_suite(self):
        for kind in self.on_kinds():
            img = self.image("lua", kind, lua_files(), "lua")
            g = self.start(img, kind, "suite.lua", memory=384,
                           conf={"env": ["PATH=/bin"], "rc": [
                               {"bin": img[0], "argv": ["suite.lua"], "workdir": "/t"}]})
            g.wait(900)
            self.assertEqual(tap_lines(g.console), lua_on_linux(), g.console[-2000:])

    @unittest.skipUnless(LONG, "LONG=1: minutes")
    def test_fuzzcheck(self):
        for kind in self.on_kinds():
            img = self.image("sqlite", kind, {
                "f.db": open(f"{program.DIR}/fuzzdata4.db", "rb").read()}, "fuzzcheck")
            g = self.start(img, kind, "/f.db", memory=512)
            self.ends(g, timeout=900)
            self.assertIn("100%", g.console)

    @unittest.skipUnless(LONG, "LONG=1: minutes")
    def test_leveldb_suite(self):
        from test_programs import SLOW
        for kind in self.on_kinds():
            g = self.start(self.image("leveldb_tests", kind), kind, f"--gtest_filter=-{SLOW}",
                           memory=1024, conf={"env": ["TEST_TMPDIR=/tmp"]})
            self.ends(g, timeout=1800)


if __name__ == "__main__":
    unittest.main()
