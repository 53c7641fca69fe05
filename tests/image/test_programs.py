"""Programs that people have, built from Debian's source packages as they are."""

import os
import subprocess
import tempfile
import time
import unittest
import urllib.request

import nginx
import program
from guest import KERNEL, LONG, ROOT, Guest, files_disk, free_port, run, tap_lines

# NetBSD's msdosfs loses directory entries at a rename and at a power cut; its ext2
# wants fsck after one.
FS = "ffs" if KERNEL == "netbsd" else "fat"
LUA = b"""
local t = {}
for i = 1, 20000 do t[i] = (i * 7919) % 20011 end
table.sort(t)
for i = 2, #t do assert(t[i - 1] <= t[i]) end
local co = coroutine.wrap(function() for i = 1, 1000 do coroutine.yield(i) end end)
for i = 1, 1000 do assert(co() == i) end
assert(string.format("%.14g %s", 2^53, ("x"):rep(3)) == "9.007199254741e+15 xxx")
assert(not pcall(error, "e"))
local f = assert(io.open("/tmp/lua", "w"))
for i = 1, 1000 do f:write(i, "\\n") end
f:close()
local n = 0
for l in io.lines("/tmp/lua") do n = n + l end
assert(n == 500500)
collectgarbage()
print("lua says", _VERSION, n)
"""

# LevelDB's tests that take minutes on Linux, too, or exec.
SLOW = "*MultiThreaded*:*Randomized*:*Issue178*:*MinorCompactionsHappen*:*CloseOnExec*"


def lua_files():
    """Lua's own tests in an image."""
    folder, out = os.environ["LUA_TESTS"], {}
    for d, _, names in os.walk(folder):
        for n in names:
            with open(f"{d}/{n}", "rb") as f:
                out[f"t/{os.path.relpath(f'{d}/{n}', folder)}"] = f.read()
    with open(f"{ROOT}/tests/programs/suite.lua", "rb") as f:
        out["t/suite.lua"] = f.read()
    return out


def lua_on_linux():
    """What Lua's tests say there, with the same program."""
    r = subprocess.run([program.build("lua"), f"{ROOT}/tests/programs/suite.lua"],
                       cwd=os.environ["LUA_TESTS"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=300)
    return tap_lines(r.stdout.decode(errors="replace"))


def resp(sock_file, *words):
    """One command to Redis; its answer."""
    sock_file.write(b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
    sock_file.flush()
    line = sock_file.readline().rstrip()
    if line[:1] == b"$" and line != b"$-1":
        return sock_file.read(int(line[1:]) + 2)[:-2]
    return line


class Builds(unittest.TestCase):
    def test_builds(self):
        """Others run them, and find them built (tests/run): first those of Xen's guests."""
        for name in ("redis", "sqlite", "leveldb", "nginx", "lua"):
            with self.subTest(name=name):
                self.assertTrue(os.path.exists(program.build(name)))


class Programs(unittest.TestCase):
    def test_lua(self):
        img = program.bake(program.build("lua"), name="lua", files={"t.lua": LUA})
        status, console = run(img, "--mem", 64, "--", "/t.lua")
        self.assertEqual(status, 0, console)
        self.assertIn("lua says", console)

    @unittest.skipUnless(os.environ.get("LUA_TESTS"), "LUA_TESTS: the folder of Lua's tests")
    def test_lua_suite(self):
        """Lua's own tests, which Debian's source has not: as on Linux."""
        img = program.bake(program.build("lua"), name="luasuite", files=lua_files())
        _, console = run(img, "--mem", 256, "--env", "PATH=/bin", "--workdir", "/t",
                         "--", "suite.lua", timeout=600)
        got = tap_lines(console.replace("\r", ""))
        self.assertEqual(got, lua_on_linux(), console[-2000:])
        self.assertGreater(got[0], 20)

    def test_leveldb(self):
        """Its C API's test: a database in C++, written, compacted, repaired."""
        img = program.bake(program.build("leveldb"), name="leveldb")
        status, console = run(img, "--mem", 128, "--env", "TEST_TMPDIR=/tmp")
        self.assertEqual(status, 0, console)
        self.assertIn("PASS", console)

    @unittest.skipUnless(LONG, "LONG=1: minutes of compiling and running")
    def test_leveldb_suite(self):
        """Its unit tests, but for those that take minutes on Linux, too, or exec."""
        program.build("leveldb")
        img = program.bake(program.build("leveldb_tests"), name="leveldb_tests")
        status, console = run(img, "--mem", 1024, "--env", "TEST_TMPDIR=/tmp", "--",
                              f"--gtest_filter=-{SLOW}", timeout=1200)
        self.assertEqual(status, 0, console[-3000:])

    def test_nginx(self):
        big = os.urandom(3_000_000)
        img = program.bake(program.build("nginx"), name="nginx", files={
            **nginx.PASSWD, **nginx.files({"index.html": b"x" * 612, "big.bin": big})})
        port = free_port()
        with Guest(img, "--mem", 128, "--smp", 2, "--net", f"user,{port}:80",
                   "--", "-e", "/tmp/err", timeout=90):
            url = f"http://127.0.0.1:{port}/"
            for _ in range(60):
                try:
                    data = urllib.request.urlopen(url, timeout=5).read()
                    break
                except OSError:
                    time.sleep(0.5)
            self.assertEqual(data, b"x" * 612)
            self.assertEqual(urllib.request.urlopen(url + "big.bin", timeout=30).read(), big)
            req = urllib.request.Request(url + "big.bin", headers={"Range": "bytes=5-99"})
            self.assertEqual(urllib.request.urlopen(req, timeout=10).read(), big[5:100])
            for _ in range(200):
                self.assertEqual(len(urllib.request.urlopen(url, timeout=10).read()), 612)

    def redis(self, img, port, disk, timeout=90):
        return Guest(img, "--mem", 192, "--net", f"user,{port}:6379", "--disk",
                     f"{disk},mount=/data", "--", "--dir", "/data", "--appendonly", "yes",
                     "--appendfsync", "always", "--save", "", "--protected-mode", "no",
                     timeout=timeout)

    def test_redis(self):
        """Commands, the benchmark that comes with it, and what it keeps."""
        img = program.bake(program.build("redis"), name="redis")
        with tempfile.TemporaryDirectory() as d:
            disk, port = files_disk(f"{d}/data.img", {}, 64, FS), free_port()
            with self.redis(img, port, disk) as g:
                g.expect("Ready to accept connections", 60)
                with connect(port) as f:
                    self.assertEqual(resp(f, b"SET", b"kept", b"v" * 5000), b"+OK")
                    self.assertEqual(resp(f, b"LPUSH", b"l", b"a", b"b"), b":2")
                    self.assertEqual(resp(f, b"EVAL", b"return 6*7", b"0"), b":42")
                # few connections: QEMU's own network listens with a backlog of 1
                r = subprocess.run([f"{program.DIR}/redis-benchmark", "-p", str(port), "-n",
                                    "2000", "-c", "4", "-P", "16", "-d", "3", "-t",
                                    "get,set,incr,lpush", "-q"], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, timeout=80)
                self.assertEqual(r.returncode, 0, r.stdout[-500:])
                self.assertEqual(r.stdout.count("requests per second"), 4, r.stdout[-500:])
                g.power_cut()
            port = free_port()
            with self.redis(img, port, disk) as g:
                g.expect("Ready to accept connections", 60)
                with connect(port) as f:
                    self.assertEqual(resp(f, b"GET", b"kept"), b"v" * 5000)
                    self.assertEqual(resp(f, b"LLEN", b"l"), b":2")


def connect(port):
    import socket
    return socket.create_connection(("127.0.0.1", port), 20).makefile("rwb")
