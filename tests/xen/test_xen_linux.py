"""Programs for Linux in a PV and in a PVH guest; and Linux itself as the guest that
other tests have for a client, here of dom0's own back ends."""

import program
from guest import ROOT, tap_lines
from xencase import LANES, Case, Refused, disk


class Linux(Case):
    def test_lxtest(self):
        self.passes("lxtest", "lxtest")

    def test_cxxtest(self):
        self.passes("cxxtest", "cxxtest.cc", "-std=c++20")

    def passes(self, name, source, *flags):
        prog = program.compile(f"{ROOT}/tests/programs/{source}", *flags)
        images = {"pv": program.bake(prog, name=f"{name}-xen", platform="xen"),
                  "pvh": program.bake(prog, name=name)}
        for lane in LANES:
            with self.on(lane):
                g = self.guest(f"{name}-xen" if lane[0] == "pv" else name, lane=lane,
                               img=images[lane[0]], memory=256, conf={"net": []})
                self.ends(g, timeout=180)
                ok, bad, plan = tap_lines(g.console)
                self.assertEqual((bad, ok), ([], plan), g.console[-3000:])


class Client(Case):
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
