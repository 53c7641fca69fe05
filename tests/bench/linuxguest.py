"""A Linux guest beside ours: Debian's kernel, busybox and a program, under the
same QEMU with the same machine, memory and devices."""

import importlib.machinery
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

from guest import OUT, ROOT
from netns import GUEST

XEN = f"{ROOT}/tests/xen"
sys.path.insert(0, XEN)
import cpio  # noqa: E402

MODULES = ["virtio_pci", "virtio_net"]
INIT = f"""#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
for m in $(cat /modules/order); do insmod /modules/$m; done
ip link set lo up; ip addr add {GUEST}/24 dev eth0; ip link set eth0 up
echo "linux: init"
. /program.sh
"""


def mkbed():
    """The maker of Xen's test bed, which knows where Debian's kernel is."""
    loader = importlib.machinery.SourceFileLoader("mkbed", f"{XEN}/mkbed")
    spec = importlib.util.spec_from_loader("mkbed", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def files():
    """The folder with vmlinux and base.cpio, made when missing."""
    bed = mkbed()
    meta = bed.depends("linux-image-amd64")
    kernel = bed.first(meta["linux-image-amd64"], "linux-image-6")
    text = bed.output("apt-cache", "show", "--no-all-versions", kernel, "busybox-static")
    versions = dict(zip(re.findall(r"^Package: (.*)$", text, re.M),
                        re.findall(r"^Version: (.*)$", text, re.M)))
    out = f"{OUT}/linuxguest/{versions[kernel]}"
    if os.path.exists(f"{out}/base.cpio"):
        return out
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    bed.unpack(f"{OUT}/xenbed/debs", versions, f"{out}/root")
    boot = os.listdir(f"{out}/root/boot")
    with open(f"{out}/vmlinux", "wb") as f:
        f.write(bed.vmlinux(f"{out}/root/boot/{bed.first(boot, 'vmlinuz-')}"))
    a = cpio.Archive()
    for d in ("proc", "sys", "dev", "tmp", "etc"):
        a.dir(d)
    bed.busybox(a, f"{out}/root")
    order = bed.modules(bed.find(f"{out}/root", "lib/modules", "usr/lib/modules"), MODULES)
    for n, data in order:
        a.data(f"modules/{n}", data)
    a.data("modules/order", "\n".join(n for n, _ in order).encode() + b"\n")
    a.data("init", INIT.encode(), 0o755)
    a.data("etc/passwd", b"root:x:0:0::/:/bin/sh\n")
    a.data("etc/group", b"root:x:0:\n")
    shutil.rmtree(f"{out}/root")
    a.write(f"{out}/tmp")
    os.rename(f"{out}/tmp", f"{out}/base.cpio")
    return out


class LinuxGuest:
    """A program (a file that runs on Linux) with files {path: bytes}."""

    def __init__(self, ns, folder, program, args, contents, ready, mem=256, smp=1):
        a = cpio.Archive()
        a.file("bin/program", program, 0o755)
        for path, data in contents.items():
            a.data(path, data)
        a.data("program.sh", f"exec /bin/program {shlex.join(args)}\n".encode())
        a.write(f"{folder}/program.cpio")
        made = files()
        with open(f"{folder}/initrd", "wb") as out:
            for part in (f"{made}/base.cpio", f"{folder}/program.cpio"):
                with open(part, "rb") as f:
                    shutil.copyfileobj(f, out)
        self.console = ""
        self.p = subprocess.Popen(
            [*ns.prefix, "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-m",
             str(mem), "-smp", str(smp), "-cpu", "max", "-nodefaults", "-no-user-config",
             "-display", "none", "-no-reboot", "-kernel", f"{made}/vmlinux", "-initrd",
             f"{folder}/initrd", "-append", "console=ttyS0 quiet rdinit=/init panic=-1 "
             "mitigations=off tsc=reliable clocksource=tsc no_timer_check", "-serial", "stdio",
             "-netdev", f"tap,id=net0,ifname={ns.tap},script=no,downscript=no",
             "-device", "virtio-net-pci,netdev=net0,romfile="],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.t = threading.Thread(target=self._read, daemon=True)
        self.t.start()
        try:
            self.expect(ready, 120)
        except RuntimeError:
            self.__exit__()
            raise

    def _read(self):
        while chunk := os.read(self.p.stdout.fileno(), 65536):
            self.console += chunk.decode(errors="replace")

    def expect(self, pattern, timeout):
        end = time.monotonic() + timeout
        while not re.search(pattern, self.console):
            if time.monotonic() > end or not self.t.is_alive():
                raise RuntimeError(f"Linux guest: no {pattern!r}: {self.console[-500:]}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.terminate()
        self.p.wait(20)
        self.t.join(5)
        self.p.stdout.close()
