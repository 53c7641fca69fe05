"""NFS with NetBSD's rump kernel: a folder that nfs-ganesha serves; and no NFS without."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import nfsd
import program
from guest import KERNEL, PATIENCE, ROOT, Guest
from netns import GUEST, HOST, Namespace


def config(spec, **more):
    return {"rc": [{"bin": "files", "argv": []}],
            "net": [{"if": "virt0", "type": "inet", "method": "static", "addr": GUEST,
                     "mask": "24"}],
            "blk": [{"source": "nfs", "path": spec, "fstype": "nfs", "mountpoint": "/n", **more}]}


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prog = program.compile(f"{ROOT}/tests/programs/files.c")
        cls.image = program.bake(prog, name="files")

    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir, True)

    def start(self, conf, *args, **keys):
        with open(f"{self.dir}/c.json", "w") as f:
            json.dump(conf, f)
        g = Guest(self.image, "--mem", 128, "--config", f"{self.dir}/c.json", *args,
                  timeout=90, **keys)
        self.addCleanup(g.__exit__, None, None, None)
        return g


@unittest.skipUnless(KERNEL == "netbsd", "NetBSD's rump kernel has it")
class NFS(Base):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("an NFS server takes root, for a namespace")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.exp = f"{self.dir}/exp"
        os.mkdir(self.exp)
        try:
            self.ns = Namespace().__enter__()
            self.addCleanup(self.ns.__exit__)
            server = nfsd.Server(self.ns, self.exp, self.dir).__enter__()
            self.addCleanup(server.__exit__)
        except (nfsd.Unavailable, OSError, subprocess.CalledProcessError) as e:
            self.skipTest(f"no NFS server here: {e}")

    def boot(self, spec=None, **more):
        conf = config(spec or f"{HOST}:{self.exp}", **more)
        return self.start(conf, "--net", f"tap={self.ns.tap}", prefix=self.ns.prefix,
                          stdin=subprocess.PIPE)

    def ask(self, g, command, good=True):
        return g.ask(command, good)

    def test_both_sides(self):
        data = os.urandom(1500000)
        with open(f"{self.exp}/big", "wb") as f:
            f.write(data)
        os.mkdir(f"{self.exp}/d")
        for n in range(200):
            with open(f"{self.exp}/d/file-of-some-length-{n}", "w"):
                pass
        g = self.boot()
        g.expect("ready")
        self.ask(g, "cp /n/big /n/copy")
        self.ask(g, "mkdir /n/new")
        self.ask(g, "mv /n/copy /n/new/moved")
        self.ask(g, "ln ../big /n/new/link")
        self.ask(g, "rm /n/d/file-of-some-length-7")
        self.assertEqual(len(self.ask(g, "ls /n/d").split()) - 1, 199)
        self.assertIn("error 39 ", self.ask(g, "rmdir /n/new", False))
        self.assertIn("error 2 ", self.ask(g, "rm /n/none", False))
        self.ask(g, "stir /n/new")
        df = self.ask(g, "df /n").split()
        theirs = os.statvfs(self.exp)
        self.assertEqual(df[1], "0x6969")
        self.assertLess(abs(int(df[2]) * int(df[3]) - theirs.f_frsize * theirs.f_blocks), 1 << 20)
        self.ask(g, "hold /n/kept")
        self.ask(g, "put through")
        self.ask(g, "sync")
        with open(f"{self.exp}/kept") as f:
            self.assertEqual(f.read(), "through")
        self.ask(g, "calm")
        g.send("end\n")
        self.assertEqual(g.wait(), 0, g.console)
        with open(f"{self.exp}/new/moved", "rb") as f:
            self.assertEqual(f.read(), data)
        self.assertEqual(os.readlink(f"{self.exp}/new/link"), "../big")
        self.assertEqual(sorted(os.listdir(f"{self.exp}/new")), ["link", "moved"])

    def test_refused(self):
        g = self.boot(ro=True)
        g.expect("ready")
        self.assertIn("error 30 ", self.ask(g, "mkdir /n/new", False))
        g.stop()
        for spec, text in ((f"{HOST}:/none", "its mountd: "),
                           (f"{HOST},mountport=9,port=9:/x", "its mountd: connection refused"),
                           ("nowhere.invalid:/x", "no address")):
            g = self.boot(spec)
            self.assertEqual(g.wait(), 125, g.console)
            self.assertIn(text, g.console)


class Without(Base):
    def test_bad_words(self):
        if KERNEL == "netbsd":
            g = self.start(config("192.0.2.1,port=x:/y"), "--net", "user")
            self.assertEqual(g.wait(), 125, g.console)
            self.assertIn("not HOST[,port=N][,mountport=N]:/DIR", g.console)

    @unittest.skipIf(KERNEL == "netbsd", "NetBSD's kernel has it")
    def test_said_by_name(self):
        g = self.start(config("192.0.2.1:/x"), "--net", "user")
        self.assertEqual(g.wait(), 125, g.console)
        self.assertIn("this image has no nfs file system", g.console)


if __name__ == "__main__":
    unittest.main()
