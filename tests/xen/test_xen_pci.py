"""PCI devices passed to PV guests, which drive them: an emulated machine with an
IOMMU, its devices bound to dom0's xen-pciback."""

import json
import os
import tempfile
import unittest
import urllib.request

import xen
from guest import KERNEL, LONG, OUT, ROOT, files_disk, free_port, tap_lines
from xencase import GUEST, Case, disk, one_bed, static

LANES = (("pv", 1), ("pv", 2))
FILES = {"index.html": b"<h1>hello</h1>\n", "big.bin": os.urandom(1 << 20),
         "odd.bin": os.urandom(12345)}
MASK = "dma_mask=0xffffffffffffffff"
# name: (place, what QEMU is told, kind of interrupt, name in the guest)
DEVICES = {
    "e1000": ("00:10.0", "e1000,netdev=n-e1000,romfile=,addr=0x10", "intx", "wm0"),
    "e1000e": ("00:11.0", "e1000e,netdev=n-e1000e,romfile=,addr=0x11", "msix", "wm0"),
    "nvme": ("00:12.0", "nvme,drive=d-nvme,serial=one,addr=0x12", "msix", "ld0"),
    "ahci": ("00:13.0", "ahci,id=ahci,addr=0x13", "msi", "wd0"),
    "edu": ("00:14.0", f"edu,addr=0x14,{MASK}", "msi", ""),
    # a device with two functions
    "edu2": ("00:15.0", f"edu,addr=0x15.0,multifunction=on,{MASK}", "msi", ""),
    "edu3": ("00:15.1", f"edu,addr=0x15.1,{MASK}", "msi", ""),
}
PAIRS = (("e1000", "nvme"), ("e1000e", "ahci"))
if KERNEL == "netbsd":      # its wm knows lines and MSI only, and no disk of these
    DEVICES["e1000e"] = (*DEVICES["e1000e"][:2], "msi", "wm0")
    PAIRS = (("e1000", None), ("e1000e", None))


class Bed(xen.Bed):
    """One with the devices; what is behind them is on the host."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(dir=f"{OUT}/xenbed")
        self.ports = {n: free_port() for n in ("e1000", "e1000e")}
        qemu = []
        for n, port in self.ports.items():
            qemu += ["-netdev", f"user,id=n-{n},hostfwd=tcp:127.0.0.1:{port}-:80"]
        for n in ("nvme", "ahci"):
            path = files_disk(f"{self.dir.name}/{n}", FILES)
            qemu += ["-drive", f"file={path},format=raw,if=none,id=d-{n}"]
        qemu += ["-device", "ide-hd,drive=d-ahci,bus=ahci.0"]
        super().__init__(timeout=3600, qemu=qemu, pci=[d[1] for d in DEVICES.values()])

    def close(self):
        super().close()
        self.dir.cleanup()


shared = one_bed(Bed)


class Pci(Case):
    the_bed = staticmethod(shared)

    def with_devices(self, app, *names, argv=(), **keys):
        return self.guest(app, *argv, pci=[DEVICES[n][0] for n in names], **keys)

    def tearDown(self):
        super().tearDown()
        self.free()

    def free(self):
        """Until xl has done with the guests that had them: it waits 10 s for each
        device but the first that a dead guest has."""
        self.bed.run("""for i in $(seq 200); do
            [ $(xl pci-assignable-list | wc -l) = %d ] && exit; sleep 2; done; exit 1"""
                     % len(DEVICES), 240)

    # ---- a web server on a passed NIC, with its files on a passed disk ----

    def serve(self, lane, nic, stored, **keys):
        """stored: a device, or None for a disk of dom0's back end."""
        where = {"source": "dev", "path": f"/dev/{DEVICES[stored][3]}"} if stored else {
            "source": "etfs", "path": "blk0"}
        if not stored:
            keys["disk"] = [disk(self.files())]
        g = self.with_devices("httpd", *filter(None, (nic, stored)), lane=lane, conf={
            "net": [{"if": DEVICES[nic][3], "type": "inet", "method": "dhcp"}],
            "blk": [{**where, "fstype": "msdos", "mountpoint": "/data"}]}, **keys)
        g.expect("serving .* on ", 60)
        return g

    def get(self, nic, path, timeout=120):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.bed.ports[nic]}{path}",
                                    timeout=timeout) as r:
            return r.read()

    def check_files(self, nic):
        for name, data in FILES.items():
            self.assertEqual(self.get(nic, f"/{name}"), data)

    def bus(self, nic):
        """{vendor:device: what /status says of it}"""
        return {f"{f['vendor']}:{f['device']}": f
                for f in json.loads(self.get(nic, "/status.json"))["pci"]}

    def test_httpd(self):
        """The NICs and disks that the other tests have not (LONG=1: each, on one and two
        CPUs)."""
        for lane in LANES if LONG else LANES[1:]:
            for names in PAIRS if LONG else PAIRS[1:]:
                with self.on(lane), self.subTest(devices=names):
                    g = self.serve(lane, *names)
                    self.check_files(names[0])
                    with open(f"{ROOT}/apps/httpd/status.html", "rb") as f:
                        self.assertEqual(self.get(names[0], "/status"), f.read())
                    kinds = sorted(f["irq"] for f in self.bus(names[0]).values())
                    self.assertEqual(kinds, sorted(DEVICES[d][2] for d in names if d))
                    self.shut_down(g)
                    self.free()

    # ---- edu, by the hypercalls alone ----

    def pcitest(self, *names, lane=("pv", 1), kind="msi", count=2000):
        g = self.with_devices("pcitest", *names, lane=lane,
                              argv=(f"edu={len(names)}", f"kind={kind}", f"count={count}"),
                              words="low=25" + " nomsi" * (kind == "intx"))
        reason, status = g.wait(240)
        ok, bad, plan = tap_lines(g.console)
        self.assertEqual((bad, status, reason), ([], 0, "poweroff"), g.console[-4000:])
        self.assertEqual(ok, plan, g.console[-4000:])
        self.free()
        return g.console

    def test_interrupts(self):
        """100,000 messages (LONG=1, else 4,000), as often a line; two functions of
        a device, whose line is one."""
        count = 100000 if LONG else 4000
        for names, kind, lane in ((("edu",), "msi", ("pv", 1)),
                                  (("edu2", "edu3"), "intx", ("pv", 2))):
            with self.on(lane), self.subTest(kind=kind):
                console = self.pcitest(*names, kind=kind, lane=lane, count=count)
                self.assertIn(f"#   {count} interrupts", console)
                if kind == "intx":
                    self.assertRegex(console, r"irq: line \d+ \(rump edu 00:00\.0\) is stuck")
                    self.assertNotIn("SKIP no two devices share a line", console)

    # ---- devices that come and go ----

    def plug(self, g, name):
        mark = len(g.console)
        self.bed.xl("pci-attach", g.name, DEVICES[name][0], timeout=60)
        return g.expect(r"^pci (\S+) \S+: from domain 0", 20, mark)[1]

    @unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's drivers")
    def test_plugging(self):
        """A disk that comes later is driven, and goes; the web server goes on."""
        g = self.serve(("pv", 2), "e1000", "ahci")
        for life in range(2):
            mark = len(g.console)
            place = self.plug(g, "nvme")
            g.expect(rf"^ld{life}: nvme", 20, mark)
            self.assertEqual(self.bus("e1000")["1b36:0010"]["owner"], f"rump nvme{life}")
            self.bed.xl("pci-detach", g.name, DEVICES["nvme"][0], timeout=60)
            g.expect(rf"^pci {place} 1b36:0010: taken away from rump nvme{life}", 20, mark)
            self.assertNotIn("1b36:0010", self.bus("e1000"))
            self.check_files("e1000")
        self.shut_down(g)

    def test_taken_away(self):
        """The NIC that serves is taken away: that is said, and the guest lives."""
        g = self.serve(("pv", 1), "e1000", PAIRS[0][1])
        self.check_files("e1000")
        self.bed.xl("pci-detach", g.name, DEVICES["e1000"][0], timeout=60)
        # NetBSD's drivers claim nothing by name
        owner = "wm0" if KERNEL == "builtin" else "kernel"
        g.expect(rf"^pci 0:0\.0 8086:100e: taken away from rump {owner}", 20)
        self.shut_down(g)

    def switched_on(self, name):
        """(it may be master of the bus, dom0's pciback listens to its line)"""
        place = DEVICES[name][0]
        word, lines = self.bed.run(f"""od -An -tx2 -j4 -N2 /sys/bus/pci/devices/0000:{place}/config
            grep -c 'xen-pciback.0000:{place}' /proc/interrupts; true""").split()
        return bool(int(word, 16) & 4), lines != "0"

    def test_switched_off(self):
        """A NIC is off after each end of who drives it, before its domain is gone: dom0
        must not be left alone with a line that stays raised."""
        for command in ("sysrq {} c", "reboot {}", "shutdown {}")[:3 if LONG else 1]:
            with self.subTest(command):
                g = self.serve(("pv", 1), "e1000", None, on_crash="preserve",
                               on_reboot="preserve", on_poweroff="preserve")
                self.assertEqual(self.switched_on("e1000"), (True, True))
                self.bed.xl(*command.format(g.name).split())
                g.wait(60)
                self.assertEqual(self.switched_on("e1000"), (False, False))
                g.destroy()
                self.free()

    def by_dom0(self, **keys):
        """A web server with a disk and a network of dom0's."""
        g = self.guest("httpd", vif=["bridge=xenbr0"], disk=[disk(self.files())], conf={
            "net": [static()], "blk": [{"source": "etfs", "path": "blk0", "fstype": "msdos",
                                        "mountpoint": "/data"}]}, **keys)
        g.expect("serving .* on ", 40)
        return g

    def test_later(self):
        """The first device comes when the guest runs already."""
        g = self.by_dom0(passthrough="enabled")
        self.plug(g, "edu")
        self.plug(g, "edu2")
        out = self.bed.run(f"wget -q -O - http://{GUEST}/status.json", 30)
        self.assertEqual([f["device"] for f in json.loads(out)["pci"]], ["11e8"] * 2)
        self.bed.xl("pci-detach", g.name, DEVICES["edu"][0], timeout=60)
        g.expect(r"^pci \S+ 1234:11e8: gone", 20)
        self.shut_down(g)

    def files(self):
        with tempfile.TemporaryDirectory() as d:
            return self.bed.put(files_disk(f"{d}/files.img", FILES))

    def test_not_saved(self):
        """A domain with a device is not suspended, and says why."""
        g = self.by_dom0(pci=[DEVICES["edu"][0]])
        domid = g.id
        self.bed.run(f"xenstore-write /local/domain/{domid}/control/shutdown suspend")
        g.expect("^xen: not suspended: it has PCI devices", 20)
        self.assertTrue(g.running())


if __name__ == "__main__":
    unittest.main()
