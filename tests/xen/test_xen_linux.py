"""Programs for Linux in a PV and in a PVH guest; and Linux itself as the guest that
other tests have for a client, here of dom0's own back ends."""

import os
import tempfile
import unittest

import program
import tls
from guest import KERNEL, LONG, ROOT, tap_lines
from test_linux import DEEP
from xencase import COMMON, GUEST, Case, Refused, disk, static


class Linux(Case):
    def test_lxtest(self):
        self.passes("lxtest", "lxtest")

    @unittest.skipUnless(LONG, "LONG=1: a minute; test_linux has it, test_xen_programs LevelDB")
    def test_cxxtest(self):
        self.passes("cxxtest", "cxxtest.cc", "-std=c++20")

    @unittest.skipUnless(LONG, "LONG=1: a minute")
    def test_out_of_memory(self):
        """ENOMEM and no panic, in every way."""
        self.passes("oom", "oom.c", memory=64 if KERNEL == "builtin" else 96,
                    lanes=(("pv", 1), ("pvh", 1)))

    @unittest.skipUnless(LONG, "LONG=1: test_xen_guest has the same")
    def test_runaway_recursion(self):
        """A report of the guard page; of a PV guest it is Xen's (test_xen_guest)."""
        with tempfile.TemporaryDirectory() as d:
            with open(f"{d}/deep.c", "w") as f:
                f.write(DEEP)
            prog = program.compile(f"{d}/deep.c", "-O0", "-w")
        for lane, platform in ((("pv", 1), "xen"), (("pvh", 1), "hw")):
            with self.on(lane):
                name = f"deep-{lane[0]}"
                g = self.guest(name, lane=lane, memory=64, img=program.bake(
                    prog, name=name, platform=platform))
                reason, said = g.wait(90)
                self.assertEqual(reason, "crash", g.console[-2000:])
                if lane[0] == "pvh":
                    self.assertEqual(said, "panic")
                    self.assertIn("stack overflow", g.console)

    @unittest.skipUnless(LONG, "LONG=1: test_lxtest has the others, test_linux these")
    def test_faults(self):
        """A handler on another stack at a stack's end (in a PV guest Xen ends the
        domain there), and a fault in a handler."""
        prog = program.compile(f"{ROOT}/tests/programs/faults.c")
        for lane, platform in ((("pv", 1), "xen"), (("pvh", 1), "hw")):
            name = f"faults-{lane[0]}"
            img = program.bake(prog, name=name, platform=platform)
            for what in ("smash", "again", "deep") if lane[0] == "pvh" else ("smash", "again"):
                with self.on(lane):
                    g = self.guest(name, what, lane=lane, memory=64, img=img)
                    if what == "again":
                        self.assertEqual(g.wait(90), ("crash", "panic"), g.console[-2000:])
                        self.assertIn("null pointer, write at address 0x8", g.console)
                    else:
                        self.ends(g, timeout=90)
                        self.assertIn("three times", g.console)

    def passes(self, name, source, *flags, memory=256, lanes=COMMON):
        prog = program.compile(f"{ROOT}/tests/programs/{source}", *flags)
        images = {"pv": program.bake(prog, name=f"{name}-xen", platform="xen"),
                  "pvh": program.bake(prog, name=name)}
        for lane in lanes:
            with self.on(lane):
                g = self.guest(f"{name}-xen" if lane[0] == "pv" else name, lane=lane,
                               img=images[lane[0]], memory=memory, conf={"net": []})
                self.ends(g, timeout=300)
                ok, bad, plan = tap_lines(g.console)
                self.assertEqual((bad, ok), ([], plan), g.console[-3000:])


@unittest.skipUnless(program.have("openssl"), "openssl makes the certificates")
class Tls(Case):
    @unittest.skipUnless(LONG, "LONG=1: test_tls has the same")
    def test_nginx(self):
        """nginx with OpenSSL in a guest; dom0 asks, and looks at the certificate."""
        with tempfile.TemporaryDirectory() as d:
            images = {"pv": tls.bake(d, name="nginxtls-xen", platform="xen"),
                      "pvh": tls.bake(d, name="nginxtls")}
            for lane in (("pv", 1), ("pvh", 1)):
                with self.on(lane):
                    self.serves(lane, d, *images[lane[0]])

    def serves(self, lane, d, img, big):
        name = os.path.basename(img)[:-4]
        get, ca, other = (self.bed.put(f) for f in (
            tls.client(), f"{d}/ca.pem", f"{d}/other.pem"))
        with open(f"{d}/big.bin", "wb") as f:
            f.write(big)
        sent = self.bed.put(f"{d}/big.bin")
        self.guest(name, "-e", "/tmp/err", lane=lane, img=img, memory=160,
                   vif=["bridge=xenbr0"], conf={"net": [static()]})
        ask = f"timeout 100 {get} {GUEST} 443 {tls.NAME}"
        self.bed.run(f"""n=0; until {ask} {ca} 1.3 1 / >/dev/null; do
                n=$((n + 1)); [ $n -lt 100 ] || exit 1; sleep 1; done
            for v in 1.2 1.3; do
                {ask} {ca} $v 1 big.bin >/tmp/got && cmp {sent} /tmp/got || exit 2
                {ask} {ca} $v 10 / >/tmp/got || exit 3
            done
            ! {ask} {other} 1.3 1 / 2>/dev/null""", 400)


class Client(Case):
    @unittest.skipUnless(LONG, "LONG=1: Linux alone, as others' tests have it")
    def test_client(self):
        path = self.blank("/tmp/l.img", 32)
        g = self.linux(vif=["bridge=xenbr0"], disk=[disk(path)])
        self.assertIn("dhcp: eth0 10.9.1.", self.ask(
            g, "udhcpc -i eth0 -n -q -s /bin/dhcp 2>&1"))
        sent = self.ask(g, """/sbin/mke2fs -q -t ext4 /dev/xvda && mount /dev/xvda /mnt &&
            head -c 9000000 /dev/urandom >/mnt/f && md5sum </mnt/f && umount /mnt""".replace(
                "\n", " ")).split()[0]
        self.assertEqual(self.ask(g, "mount /dev/xvda /mnt; md5sum </mnt/f; umount /mnt"
                                  ).split()[0], sent)
        self.ask(g, "e2fsck -fn /dev/xvda")
        self.bed.run(f"dd if=/dev/urandom of={path} bs=64k seek=1 count=8 conv=notrunc")
        with self.assertRaises(Refused):
            self.ask(g, "echo 3 >/proc/sys/vm/drop_caches; e2fsck -fn /dev/xvda")
