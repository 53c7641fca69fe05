"""Folders of dom0's in a guest: 9P over Xen, its server Xen's QEMU in dom0."""

import os
import unittest

import program
import test_xen_sirloin
import xen
from guest import KERNEL, LONG, ROOT, tap_lines
from xencase import LANES, Case, Refused, image, install_qemu


def entry(n, mount):
    return {"source": "etfs", "path": f"share{n}", "fstype": "9p", "mountpoint": mount}


def folder(path, n=0):
    return f"tag=share{n},security_model=none,path={path}"


def files_image(kind):
    platform = {"pv": "xen", "pvh": "hw"}[kind]
    prog = program.compile(f"{ROOT}/tests/programs/files.c")
    return program.bake(prog, name=f"files-{platform}", platform=platform)


class Base(Case):
    def setUp(self):
        if KERNEL == "netbsd":
            self.skipTest("NetBSD's rump kernel has no 9P (docs/filesystems.md)")
        super().setUp()
        try:
            install_qemu(self.bed)
        except xen.Unavailable as e:
            self.skipTest(str(e))
        self.bed.run("rm -rf /tmp/sh; mkdir -p /tmp/sh/0 /tmp/sh/1")

    def files(self, lane):
        """A guest with tests/programs/files.c, which ask() tells what to do."""
        g = self.guest("files", lane=lane, img=files_image(lane[0]), memory=96, p9=[
            folder("/tmp/sh/0"), folder("/tmp/sh/1", 1)],
            conf={"net": [], "blk": [entry(0, "/w"), entry(1, "/x")]})
        g.expect("^ready$", 60)
        return g


class Share(Base):
    @unittest.skipUnless(LONG, "LONG=1: ten thousands of messages")
    def test_fstest(self):
        """What holds for every file system."""
        for lane in LANES:
            with self.on(lane):
                g = self.guest("fstest", "/share", lane=lane, memory=96, img=image(
                    "fstest", lane[0]), p9=[folder("/tmp/sh/0")],
                    conf={"blk": [entry(0, "/share")]})
                self.ends(g, timeout=400)
                ok, bad, plan = tap_lines(g.console)
                self.assertEqual((bad, ok), ([], plan), g.console[-3000:])
                self.assertEqual(self.bed.run("ls /tmp/sh/0"), "")

    def test_both_sides(self):
        self.bed.run("""cd /tmp/sh/0; mkdir d; head -c 3000000 /dev/urandom >big
            for n in $(seq 300); do echo $n >d/file-of-some-length-$n; done; ln -s d/../big link""")
        g = self.files(LANES[0])
        self.ask(g, "cp /w/link /x/copy")
        self.assertEqual(len(self.ask(g, "ls /w/d").split()), 300)
        self.ask(g, "mkdir /x/new")
        self.ask(g, "mv /x/copy /x/new/moved")
        self.ask(g, "ln ../big /x/new/l")
        self.ask(g, "rm /w/d/file-of-some-length-7")
        self.assertEqual(self.ask(g, "ls /x").split(), ["new/"])
        with self.assertRaises(Refused):
            self.ask(g, "rmdir /x/new")
        self.assertIn("error 2 ", self.refused(g, "rm /x/none"))
        df = list(map(int, self.ask(g, "df /w").split()[2:4]))
        size, blocks = map(int, self.bed.run("stat -f -c '%S %b' /tmp/sh/0").split())
        self.assertLess(abs(df[0] * df[1] - size * blocks), df[0])     # in blocks of QEMU's
        self.bed.run("""cd /tmp/sh; cmp 0/big 1/new/moved; [ ! -e 0/d/file-of-some-length-7 ]
            [ "$(readlink 1/new/l)" = ../big ]""")
        g.send("end\n")
        self.ends(g)

    def refused(self, g, command):
        with self.assertRaises(Refused) as r:
            self.ask(g, command)
        return str(r.exception)

    @unittest.skipUnless(LONG, "LONG=1: half a minute; fuzz_p9front has the same")
    def test_saved(self):
        """The server is another one afterwards: what is open is opened again."""
        for lane in LANES:
            with self.on(lane):
                self.saved(lane)

    def saved(self, lane):
        g = self.files(lane)
        self.ask(g, "mkdir /w/dir")
        self.ask(g, "hold /w/dir/open")
        self.ask(g, "put before")
        self.ask(g, "mv /w/dir /w/moved")
        self.ask(g, "stir /x")
        self.bed.run(f"""xl save {g.name} /tmp/saved
            printf BESIDE | dd of=/tmp/sh/0/moved/open conv=notrunc""")
        self.restore()
        mark = len(g.console)
        self.assertEqual(self.ask(g, "get", 120), "BESIDE\n")
        self.ask(g, "put +after!+")
        self.ask(g, "sync")
        self.assertEqual(self.bed.run("cat /tmp/sh/0/moved/open").strip(), "BESIDE+after!+")
        self.assertGreater(int(self.ask(g, "calm").split()[0]), 0)
        self.assertNotIn("another server", g.console[mark:])
        self.ask(g, "mv /w/moved/open /w/at-the-top")
        self.assertEqual(self.bed.run("ls /tmp/sh/0 /tmp/sh/1").split(), [
            "/tmp/sh/0:", "at-the-top", "moved", "/tmp/sh/1:"])
        g.send("end\n")
        self.ends(g)


class Command(Base, test_xen_sirloin.Base):
    def test_sirloin(self):
        """sirloin run --share, of a folder that dom0 has of the host."""
        d = f"{self.bed.work}/folder"
        os.makedirs(d, exist_ok=True)
        with open(f"{d}/a", "w") as f:
            f.write("from the host")
        r = self.run_xen(files_image("pv"), "--share", d, "--share", f"{d}:/r:ro", "--", timeout=120,
                         input="cp /share/a /share/b\nrm /r/a\nend\n")
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertIn("error 30 ", r.stdout)
        with open(f"{d}/b") as f:
            self.assertEqual(f.read(), "from the host")
        self.assertEqual(sorted(os.listdir(d)), ["a", "b"])
