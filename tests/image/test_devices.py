"""Every device transport, below the line: apps/devtest in QEMU, without
scripts/sirloin, because the devices' properties are what is tested."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from guest import KERNEL, LONG, OUT, free_port, have, tap_lines

OVMF = "/usr/share/ovmf/OVMF.fd"


class Echo:
    """The other end of a dgram netdev: sends frames back, addresses swapped."""

    def __init__(self):
        self.here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.here.bind(("127.0.0.1", 0))
        self.guest = ("127.0.0.1", free_port())
        self.here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.here.settimeout(0.2)
        self.running = True
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        while self.running:
            try:
                f = self.here.recv(70000)
                self.here.sendto(f[6:12] + f[:6] + f[12:], self.guest)
            except (TimeoutError, ConnectionError):
                pass

    def netdev(self, name):
        return ("-netdev", f"dgram,id={name},local.type=inet,local.host=127.0.0.1,"
                f"local.port={self.guest[1]},remote.type=inet,remote.host=127.0.0.1,"
                f"remote.port={self.here.getsockname()[1]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.here.close()


def qemu(append, *args, machine="q35", cpus=1, mem=128, timeout=480):
    """devtest to its end: (status, console).  append None: args boot it."""
    with tempfile.TemporaryDirectory() as d:
        p = subprocess.run(
            ["timeout", str(timeout), "qemu-system-x86_64", "-accel", "tcg",
             "-nodefaults", "-display", "none", "-no-reboot", "-M", machine,
             "-smp", str(cpus), "-m", str(mem), "-serial", "stdio",
             "-chardev", f"file,id=status,path={d}/status",
             "-device", "isa-debugcon,chardev=status",
             "-device", "isa-debug-exit,iobase=0xf4",
             *(("-kernel", f"{OUT}/builtin/hw/devtest.elf", "-append", append)
               if append is not None else ()), *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=timeout + 10)
        console = p.stdout.decode(errors="replace")
        try:
            with open(f"{d}/status") as f:
                return f.read().split("\n")[-2], console  # the last line
        except (OSError, IndexError):
            return f"qemu: {p.returncode}", console


@unittest.skipIf(KERNEL == "netbsd", "below the line: the same for both kernels")
class Devices(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def disk(self, name="disk.img", size=16 << 20):
        path = os.path.join(self.dir.name, name)
        with open(path, "wb") as f:
            f.truncate(size)
        return path

    def check(self, append, *args, least=20, **how):
        status, console = qemu(append, *args, **how)
        ok, bad, plan = tap_lines(console)
        self.assertEqual(bad, [], console[-4000:])
        self.assertEqual(status, "exit 0", console[-4000:])
        self.assertEqual(ok, plan, console[-4000:])
        self.assertGreaterEqual(ok, least, console[-4000:])
        return console

    def both(self, suffix, props, append="", net="ping", nic="", **how):
        """A disk and a network whose devices end in suffix and have props."""
        disk = self.disk()
        blk = f"virtio-blk-{suffix},drive=d,serial=some-serial{props}"
        nic = f"virtio-net-{suffix},netdev=n{props}{nic}"
        args = ("-drive", f"if=none,id=d,file={disk},format=raw", "-device", blk,
                "-device", nic, "-device", f"virtio-rng-{suffix}")
        words = f"disk=write net={net} blks=1 nets=1 {append}"
        if net == "ping":
            console = self.check(words, "-netdev", "user,id=n", *args, **how)
        else:
            with Echo() as e:
                console = self.check(words, *e.netdev("n"), *args, **how)
        self.assertIn('serial "some-serial"', console)
        self.assertIn("# entropy: ", console)
        return console

    def test_transports(self):
        for machine in ("pc", "q35"):
            for name, props in (("transitional", ""),
                                ("legacy", ",disable-modern=on,disable-legacy=off"),
                                ("modern", ",disable-legacy=on,disable-modern=off")):
                for cpus in (1, 2, 4):
                    with self.subTest(machine=machine, kind=name, cpus=cpus):
                        console = self.both("pci", props, machine=machine, cpus=cpus)
                        self.assertIn("irq net0 rx", console)

    def test_mmio(self):
        for machine in ("microvm", "microvm,acpi=off"):
            for force in ("true", "false"):
                for cpus in (1, 2, 4) if "acpi" not in machine else (1,):
                    with self.subTest(machine=machine, legacy=force, cpus=cpus):
                        if force == "true":
                            self.both("device", "", machine=machine, cpus=cpus)
                        else:
                            self.mmio_modern(machine, cpus)

    def mmio_modern(self, machine, cpus):
        disk = self.disk()
        self.check("disk=write net=ping blks=1 nets=1",
                   "-global", "virtio-mmio.force-legacy=false",
                   "-netdev", "user,id=n", "-drive", f"if=none,id=d,file={disk},format=raw",
                   "-device", "virtio-blk-device,drive=d",
                   "-device", "virtio-net-device,netdev=n", machine=machine, cpus=cpus)

    def test_intx(self):
        """Without MSI-X: by QEMU's vectors=0, and by our option."""
        for machine in ("pc", "q35"):
            for cpus in (1, 4):
                for props in (",vectors=0", ",vectors=0,disable-modern=on,disable-legacy=off"):
                    with self.subTest(machine=machine, cpus=cpus, props=props):
                        console = self.both("pci", props, machine=machine, cpus=cpus)
                        self.assertIn("# irq net0 misc", console)
            with self.subTest(machine=machine, option="nomsi"):
                console = self.both("pci", "", "nomsi", machine=machine, cpus=2)
                self.assertNotIn("irq net0 rx", console)

    def test_slots(self):
        """The line that a slot's pin reaches, also through bridges."""
        for machine, slots in (("q35", ("0x10", "0x1b", "0x1e")), ("pc", ("0x10", "0x1b"))):
            for slot in slots:
                with self.subTest(machine=machine, slot=slot):
                    self.both("pci", ",vectors=0", "rounds=20", machine=machine,
                              nic=f",addr={slot}")
        bridges = ("-device", "pci-bridge,id=b1,chassis_nr=1",
                   "-device", "pci-bridge,id=b2,chassis_nr=2,bus=b1,addr=5")
        with self.subTest(machine="pc", bridges=2):
            self.check("disk=read net=ping blks=1 nets=1 rounds=20", *bridges,
                       "-netdev", "user,id=n", "-drive",
                       f"if=none,id=d,file={self.disk()},format=raw",
                       "-device", "virtio-net-pci,netdev=n,vectors=0,bus=b2,addr=7",
                       "-device", "virtio-blk-pci,drive=d,vectors=0,bus=b1,addr=3",
                       machine="pc", cpus=2)

    def test_echo(self):
        """Bursts, and packets that are kept."""
        for machine, suffix in (("q35", "pci"), ("pc", "pci"), ("microvm", "device")):
            with self.subTest(machine=machine):
                self.both(suffix, "", net="echo", machine=machine, cpus=2)

    def test_rings(self):
        """Devices that lack ring features, small rings, one vector for all."""
        for props in (",event_idx=off", ",indirect_desc=off",
                      ",event_idx=off,indirect_desc=off,any_layout=off,"
                      "disable-modern=on,disable-legacy=off",
                      ",vectors=1", ",vectors=2"):
            with self.subTest(props=props):
                self.both("pci", props, net="echo", cpus=2)
        for props in (",mrg_rxbuf=off", ",mrg_rxbuf=off,any_layout=off,"
                      "disable-modern=on,disable-legacy=off", ",rx_queue_size=1024",
                      ",host_mtu=1400"):
            with self.subTest(net=props), Echo() as e:
                self.check("disk=none net=echo nets=1", *e.netdev("n"), "-device",
                           f"virtio-net-pci,netdev=n{props}", least=8)
        for props in (",queue-size=4,seg-max-adjust=off", ",seg-max-adjust=off",
                      ",logical_block_size=4096,physical_block_size=4096",
                      ",num-queues=4,config-wce=off"):
            with self.subTest(blk=props):
                disk = self.disk()
                self.check("disk=write net=none blks=1", "-drive",
                           f"if=none,id=d,file={disk},format=raw", "-device",
                           f"virtio-blk-pci,drive=d{props}", cpus=2, least=15)

    def test_many(self):
        """Several of each, a read-only one, behind bridges."""
        args = []
        for i in range(6):
            ro = ",readonly=on" if i == 5 else ""
            args += ["-drive", f"if=none,id=d{i},file={self.disk(f'd{i}')},format=raw{ro}",
                     "-device", f"virtio-blk-pci,drive=d{i},serial=disk{i}"
                     + (",bus=rp1" if i == 3 else ",bus=br1,addr=3" if i == 4 else "")]
        bridges = ["-device", "pcie-root-port,id=rp1,chassis=1",
                   "-device", "pcie-root-port,id=rp2,chassis=2",
                   "-device", "pcie-pci-bridge,id=br1,bus=rp2"]
        nets = []
        for i in range(2):
            nets += ["-netdev", f"user,id=n{i}", "-device", f"virtio-net-pci,netdev=n{i}"]
        for cpus, word in ((1, ""), (4, ""), (2, "nomsi")):
            with self.subTest(cpus=cpus, word=word):
                console = self.check(f"disk=write net=ping rounds=40 blks=6 nets=2 {word}",
                                     *bridges, *args, *nets, cpus=cpus, least=80)
                self.assertIn("read-only disk is refused", console)

    def test_no_firmware(self):
        """BARs and bridges that nobody set up: qboot, microvm with PCI."""
        for machine, extra in (("microvm,pcie=on", ()), ("microvm,pcie=on,ioapic2=off", ()),
                               ("pc", ("-bios", "qboot.rom")), ("q35", ("-bios", "qboot.rom"))):
            for props in (",disable-legacy=on", ",disable-legacy=on,vectors=0"):
                with self.subTest(machine=machine, extra=extra, props=props):
                    disk = self.disk()
                    self.check(
                        "disk=write net=ping blks=1 nets=1", *extra, "-netdev", "user,id=n",
                        "-drive", f"if=none,id=d,file={disk},format=raw",
                        "-device", f"virtio-blk-pci,drive=d{props}",
                        "-device", f"virtio-net-pci,netdev=n{props}", machine=machine, cpus=2)
        for machine, extra in (("microvm,pcie=on", ()), ("q35", ("-bios", "qboot.rom"))):
            with self.subTest(machine=machine, bridges=True):
                disk = self.disk()
                self.check(
                    "disk=write net=ping blks=1 nets=1", *extra, "-netdev", "user,id=n",
                    "-drive", f"if=none,id=d,file={disk},format=raw",
                    "-device", "pcie-root-port,id=rp1,chassis=1",
                    "-device", "pcie-root-port,id=rp2,chassis=2",
                    "-device", "virtio-blk-pci,drive=d,bus=rp1",
                    "-device", "virtio-net-pci,netdev=n,bus=rp2", machine=machine, cpus=2)

    @unittest.skipUnless(os.path.exists(OVMF) and have("grub-mkrescue"), "no OVMF or GRUB")
    def test_uefi(self):
        """OVMF puts BARs far above 4 GB."""
        tree = os.path.join(self.dir.name, "iso")
        os.makedirs(f"{tree}/boot/grub")
        shutil.copy(f"{OUT}/builtin/hw/devtest.elf", f"{tree}/boot")
        with open(f"{tree}/boot/grub/grub.cfg", "w") as f:
            f.write("multiboot2 /boot/devtest.elf disk=write net=ping blks=1 nets=1\nboot\n")
        iso = os.path.join(self.dir.name, "devtest.iso")
        subprocess.run(["grub-mkrescue", "-o", iso, tree], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for machine in ("q35", "pc") if LONG else ("q35",):
            with self.subTest(machine=machine):
                console = self.check(
                    None, "-bios", OVMF, "-cdrom", iso, "-netdev", "user,id=n", "-drive",
                    f"if=none,id=d,file={self.disk()},format=raw",
                    "-device", "virtio-blk-pci,drive=d",
                    "-device", "virtio-net-pci,netdev=n,romfile=", machine=machine, mem=512)
                self.assertIn("m64 ", console)

    def test_disk_errors(self):
        """A device that reports errors: seen, and nothing else harmed."""
        disk = self.disk()
        conf = os.path.join(self.dir.name, "errors")
        with open(conf, "w") as f:
            f.write('[inject-error]\nevent = "none"\niotype = "read"\nerrno = "5"\n'
                    'once = "on"\nsector = "800"\n')
        status, console = qemu(
            "disk=read net=none", "-drive",
            f"if=none,id=d,driver=blkdebug,config={conf},image.driver=file,"
            f"image.filename={disk},rerror=report,werror=report",
            "-device", "virtio-blk-pci,drive=d")
        # QEMU merges neighbours: some of them fail with the one.
        self.assertRegex(console, r"blk0: read of 4096 bytes at \d+ failed, status 1")
        ok, bad, _ = tap_lines(console)
        self.assertEqual(status, "exit 1", console[-3000:])
        self.assertEqual(len(bad), 1, console[-3000:])

    def test_no_pci(self):
        """Neither PCI nor devices: nothing is said, nothing takes time."""
        status, console = qemu("disk=none net=none blks=0 nets=0", machine="microvm")
        self.assertEqual(status, "exit 0", console)
        self.assertNotIn("pci", console)


if __name__ == "__main__":
    unittest.main()
