"""A driver domain with a NIC and a disk of its own, and its clients: a Linux guest and
one of ours.  What is outside is dom0, on the same network as the NIC.  LONG=1: the
sizes and counts of a long test."""

import json
import os
import re
import time
import unittest

import xen
import xencase
from driverbed import DISKS, NIC, Bed
from guest import KERNEL, LONG, OUT
from xencase import Case, Refused

MB = 1024 if LONG else 8
DISK_MB = 1536 if LONG else 256
CRASHES = 20 if LONG else 3
SENT = 40 if LONG else 12        # MB, while it ends: some seconds; four times it from ours
OURS, LINUX, SELF = "10.9.0.3", "10.9.0.4", "10.9.0.5"
shared = xencase.one_bed(lambda: Bed(DISK_MB, timeout=7200 if LONG else 3600))


def vbd(vdev="xvda", mode="w"):
    return f"format=raw,vdev={vdev},access={mode},backend=driver,backendtype=phy,target=data"


class DriverDomain(Case):
    the_bed = staticmethod(shared)

    def tearDown(self):
        super().tearDown()
        self.bed.call("kill $(cat /run/driverdomain.pid); n=0; while kill -0 $(cat "
                      "/run/driverdomain.pid) && [ $n -lt 200 ]; do sleep 0.1; n=$((n+1)); done")

    # ---- the driver domain, kept by `sirloin driverdomain' ----

    def log(self):
        return self.bed.log("driver.log")

    def driver(self, device="nvme", memory=64 if KERNEL == "builtin" else 128):
        image = self.bed.put(f"{OUT}/{KERNEL}/xen/driverdomain.elf")
        place, _, name = DISKS[device]
        path, stored = f"/dev/{name}d", {"pci": [NIC[0], place]}
        if KERNEL == "netbsd":  # has no driver for these disks: one of dom0's
            path, stored = "blk0", {"pci": [NIC[0]], "disk": [xencase.disk("/bed/stored")]}
            with open(f"{self.bed.work}/stored", "w") as f:
                f.truncate(DISK_MB << 20)
            self.bed.run("mount -o remount,async $(readlink -f /bed)")     # its flushes are enough
        conf = {"rc": [{"bin": "driverdomain"}],
                "bridge": [{"if": "bridge0", "members": [NIC[2], "virt0"]}],
                "net": [{"if": NIC[2], "type": "inet", "method": "static", "addr": SELF,
                         "mask": "16"}],
                "export": [{"name": "data", "path": path}]}
        with open(f"{self.bed.work}/driver.json", "w") as f:
            json.dump(conf, f)
        with open(f"{self.bed.work}/driver.cfg", "w") as f:
            f.write(xen.settings("driver", image, memory=memory, driver_domain=1,
                                 **stored))
        self.bed.run("""rm -f /bed/driver.log /bed/log/console/guest-driver.log
            (sirloin driverdomain /bed/driver.cfg --config /bed/driver.json >/bed/driver.log 2>&1 &
             echo $! >/run/driverdomain.pid)""")
        return self.lives(1)

    def lives(self, n, timeout=180):
        """Wait until it has said for the nth time that it is ready."""
        self.bed.call(f"""n=0; until [ "0$(grep -c ^ready /bed/log/console/guest-driver.log 2>/dev/null)" \\
            -ge {n} ]; do n=$((n+1)); [ $n -gt {timeout * 5} ] && exit; sleep 0.2
            kill -0 $(cat /run/driverdomain.pid) || exit; done""", timeout + 20)
        console = self.bed.log("log/console/guest-driver.log")
        self.assertGreaterEqual(len(re.findall("^ready", console, re.M)), n, console + self.log())
        return xen.Domain(self.bed, "driver")

    def crash(self, n):
        """By turns: destroyed, a panic, a reboot."""
        self.bed.run(["xl destroy driver", "xl sysrq driver c", "xl reboot driver"][n % 3])

    # ---- clients ----

    def linux_client(self, mac="00:16:3e:00:05:04"):
        g = self.linux(vif=[f"backend=driver,mac={mac}"], disk=[vbd()])
        self.ask(g, "udhcpc -i eth0 -n -q -t 10 -s /bin/dhcp 2>&1", 120)
        self.ask(g, f"ip addr add {LINUX}/16 dev eth0; (serve tcp 7000 >/tmp/serve 2>&1 &); "
                 "until grep -q serving /tmp/serve; do sleep 0.1; done", 60)
        return g

    def our_client(self):
        g = self.guest("nettest", "serve", 7000, vif=["backend=driver,mac=00:16:3e:00:05:03"],
                       memory=xencase.MEM, conf={"net": [xencase.static(addr=OURS)]})
        g.expect("serving on", 120)
        return g

    def transfer(self, addr, mb=MB, timeout=None):
        """Both ways, every byte compared on both ends."""
        for kind, port in (("send", 7001), ("recv", 7002)):
            _, want, got, bad = self.bed.run(f"client {kind} {addr} {port} {mb << 20}",
                                             timeout or 120 + 6 * mb).split()
            self.assertEqual((got, bad), (want, "0"), kind)

    # ---- tests ----

    def test_clients(self):
        """DHCP, both directions, a file system, client to client."""
        d = self.driver()
        g = self.linux_client()
        self.assertRegex(g.console, r"dhcp: eth0 10\.9\.1\.\d+ from 10\.9\.0\.1")
        self.transfer(LINUX)
        self.our_client()
        self.transfer(OURS)
        kb = MB << 10
        out = self.ask(g, f"""/sbin/mke2fs -q -t ext4 /dev/xvda && mount /dev/xvda /mnt &&
            dd if=/dev/urandom of=/mnt/f bs=64k count={kb // 64} 2>/dev/null && md5sum </mnt/f
            && umount /mnt && mount /dev/xvda /mnt && md5sum </mnt/f && umount /mnt &&
            e2fsck -fn /dev/xvda""".replace("\n", " "), 120 + 4 * MB)
        sums = re.findall(r"^([0-9a-f]{32})  -$", out, re.M)
        self.assertEqual(len(sums), 2, out)
        self.assertEqual(sums[0], sums[1])
        # client to client, through the driver domain alone
        self.ask(g, f"head -c 2000000 /dev/urandom >/tmp/a; nc {OURS} 7000 </tmp/a >/tmp/b & "
                 "p=$!; n=0; until [ $(stat -c %s /tmp/b) = 2000000 ] || [ $n -gt 600 ]; do "
                 "sleep 0.1; n=$((n+1)); done; kill $p; cmp /tmp/a /tmp/b", 100)
        if KERNEL == "builtin":         # the disk's blocks go back to the host
            used = os.stat(f"{self.bed.dir.name}/nvme").st_blocks
            self.assertGreater(used, kb)
            self.ask(g, "blkdiscard /dev/xvda", 120)
            self.assertLess(os.stat(f"{self.bed.dir.name}/nvme").st_blocks, used // 8)
        self.assertTrue(d.running())

    def test_recovery(self):
        """It is destroyed, panics and is rebooted while its clients write and receive:
        they wait for its successor, and lose nothing."""
        self.driver("ahci")
        g = self.linux_client()
        o = self.our_client()
        self.ask(g, "/sbin/mke2fs -q -t ext4 /dev/xvda && mount /dev/xvda /mnt && "
                 "dmesg -n 5", 60)
        self.ask(g, """(n=0; until [ -f /tmp/stop ]; do n=$((n+1));
            head -c 1000000 /dev/urandom >/tmp/x && md5sum </tmp/x >/tmp/sum.$((n%20)) &&
            dd if=/tmp/x of=/mnt/f.$((n%20)) bs=64k conv=fsync 2>/dev/null ||
            echo $n >>/tmp/bad; sleep 0.6; done; echo $n >/tmp/rounds) &""".replace("\n", " "))
        for n in range(CRASHES):
            with self.bed.start(f"client send {LINUX} 7001 {SENT << 20}", 1200) as a, \
                    self.bed.start(f"client recv {OURS} 7002 {SENT << 22}", 1200) as b:
                self.bed.run("sleep 1")
                self.crash(n)
                for s in (a, b):
                    out = b""
                    while part := s.recv(4096):
                        out += part
                    self.assertEqual(out[-3:], b"000", f"crash {n}: {out}\n{self.log()}")
                    _, want, got, bad = out[:-4].decode().split()
                    self.assertEqual((got, bad), (want, "0"))
            self.lives(n + 2)
        self.ask(g, "touch /tmp/stop; until [ -f /tmp/rounds ]; do sleep 0.2; done", 200)
        out = self.ask(g, "cat /tmp/bad 2>/dev/null; umount /mnt && mount /dev/xvda /mnt && "
                       "for i in /tmp/sum.*; do md5sum </mnt/f.${i#*.} | cmp - $i && echo same; "
                       "done; umount /mnt; e2fsck -fn /dev/xvda", 200)
        files = self.ask(g, "ls /tmp/sum.* | wc -l").split()[-1]
        self.assertEqual(out.count("same"), int(files),
                         "\n".join((out, self.log(), g.console[-2000:], self.bed.log(
                             "log/console/guest-driver.log")[-3000:])))
        self.assertNotIn("bad", out)
        self.shut_down(o) if o.running() else None
        self.assertEqual(self.log().count("begun anew"), CRASHES, self.log())

    @unittest.skipUnless(LONG and KERNEL == "builtin", "LONG=1: more than a minute; not the "
                         "disks of NetBSD's")
    def test_taken_away(self):
        """One disk less: errors after a minute, in which it could have been destroyed."""
        self.driver("ahci")
        g = self.monitor(("pv", 1), disk=[vbd()])
        self.ask(g, "write blk0 0 64 1")
        self.bed.xl("pci-detach", "driver", DISKS["ahci"][0])
        took = []
        for _ in range(2):
            began = time.monotonic()
            with self.assertRaises(Refused):
                self.ask(g, "write blk0 0 64 2", 600)
            took.append(time.monotonic() - began)
        self.assertGreater(took[0], 30)
        self.assertLess(took[1], took[0] / 2)


if __name__ == "__main__":
    unittest.main()
