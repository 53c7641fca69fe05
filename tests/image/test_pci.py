"""The PCI hypercalls with QEMU's edu device: apps/pcitest on each machine."""

import unittest

from guest import LONG, at_once, image, run, tap_lines

# Two devices whose lines meet; bridges below bridges, of both kinds.
PAIR = ("edu,addr=4", "edu,addr=8")
PCI_BRIDGES = ("pci-bridge,id=b1,chassis_nr=1,addr=5", "edu,bus=b1,addr=3",
               "pci-bridge,id=b2,chassis_nr=2,bus=b1,addr=6", "edu,bus=b2,addr=1",
               "edu,bus=b2,addr=2", "edu,addr=7")
PCIE_BRIDGES = ("pcie-root-port,id=r1,chassis=1,slot=1,addr=5",
                "pcie-pci-bridge,id=p1,bus=r1", "edu,bus=p1,addr=1",
                "pci-bridge,id=b2,chassis_nr=2,bus=p1,addr=6", "edu,bus=b2,addr=1",
                "pci-bridge,id=b3,chassis_nr=3,bus=b2,addr=6", "edu,bus=b3,addr=2",
                "pcie-root-port,id=r2,chassis=2,slot=2,addr=6", "edu,bus=r2")
# Root buses beside bus 0.
PXB = ("pxb,id=p1,bus_nr=64,bus=pci.0,addr=9", "pci-bridge,id=b1,bus=p1,chassis_nr=1,addr=1",
       "edu,bus=b1,addr=3", "edu,bus=pci.0,addr=4")
PXB_PCIE = ("pxb-pcie,id=p1,bus_nr=64,bus=pcie.0,addr=9",
            "pcie-root-port,id=r1,bus=p1,chassis=1,slot=1,addr=2", "edu,bus=r1",
            "edu,bus=pcie.0,addr=4")
MACHINES = (("pc", 1), ("pc", 4), ("q35", 1), ("q35", 4), ("microvm", 1), ("microvm", 4))


class Pci(unittest.TestCase):
    def check(self, machine, cpus, devices, *args, intx=False, mem=128, more=()):
        """pcitest to its end; the console."""
        opts = ["--machine", machine, "--smp", cpus, "--mem", mem]
        if machine == "microvm":
            opts += ["--qemu=-machine", "--qemu=pcie=on"]
        if intx:
            opts += ["--option", "nomsi"]
        for d in devices:
            opts += ["--qemu=-device", f"--qemu={d}"]
        n = sum(d.startswith("edu") for d in devices)
        status, console = run(image("pcitest"), *opts, *more, "--", f"edu={n}",
                              f"kind={'intx' if intx else 'msi'}", *args, timeout=100)
        ok, bad, plan = tap_lines(console)
        self.assertEqual(bad, [], console[-4000:])
        self.assertEqual(status, 0, console[-4000:])
        self.assertEqual(ok, plan, console[-4000:])
        return console

    def test_interrupts(self):
        """100,000 messages, 100,000 times a shared line (the other way for a tenth of it,
        but for LONG=1); a line that is stuck."""
        def check(case):
            machine, cpus, intx, count = case
            console = self.check(machine, cpus, PAIR, f"count={count}", intx=intx)
            self.assertIn(f"#   {count} interrupts", console)
            if intx:
                self.assertRegex(console, r"irq: line \d+ \(rump edu 00:04\.0\) is stuck")

        at_once(self, [(machine, cpus, intx, 100000 if LONG or intx == n % 2 else 10000)
                       for n, (machine, cpus) in enumerate(MACHINES)
                       for intx in (False, True)], check)

    def test_bridges(self):
        at_once(self, [(machine, devices, intx) for machine, devices in (
                    ("pc", PCI_BRIDGES), ("q35", PCI_BRIDGES), ("pc", PXB),
                    ("q35", PCIE_BRIDGES), ("microvm", PCI_BRIDGES),
                    ("microvm", PCIE_BRIDGES), ("q35", PXB_PCIE))
                       for intx in (False, True)[:1 if devices is PXB_PCIE else 2]],
                lambda case: self.check(case[0], 2, case[1], intx=case[2]))

    def test_many(self):
        """Eight of a kind; more of them than lines."""
        devices = [f"edu,addr={n}" for n in range(4, 12)]
        at_once(self, [(machine, cpus, intx) for machine, cpus in (
                    ("pc", 4), ("q35", 2), ("microvm", 2)) for intx in (False, True)],
                lambda case: self.check(case[0], case[1], devices, intx=case[2]))

    def test_high_memory(self):
        """DMA to and from memory above 4 GB."""
        for machine in ("pc", "q35"):
            with self.subTest(machine=machine):
                self.check(machine, 2, ["edu,dma_mask=0xffffffffffffffff"], "mask64", mem=8192)

    def test_owners(self):
        """What the platform's drivers have is not the rump kernel's."""
        console = self.check("q35", 1, PAIR, more=["--rng"])
        self.assertIn("is virtio-rng's", console)
        self.assertNotIn("SKIP no virtio-rng", console)

    def test_taken_out(self):
        """A device whose slot is switched off answers no more."""
        console = self.check(
            "q35", 2, ["edu,addr=4", "pcie-root-port,id=r,chassis=1,slot=1,addr=5", "edu,bus=r"],
            "unplug", more=["--qemu=-global",
                            "--qemu=ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"])
        self.assertRegex(console, r"pci 1:0\.0 1234:11e8: .*does not answer any more")


if __name__ == "__main__":
    unittest.main()
