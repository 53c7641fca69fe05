"""sirloin iso: a bootable ISO for BIOS and UEFI, by GRUB's own tools."""

import os
import shutil
import subprocess
import tempfile

from common import (Failure, USAGE, disk_source, image_platform, make_config,
                    net_entries, tmpfs_entries)

MODULES = "multiboot2 normal part_msdos part_gpt iso9660 search"
CFG = """set timeout=0
set default=0
terminal_output console
menuentry sirloin {{
	multiboot2 /boot/image.elf {words}
	module2 /boot/config.json config
}}
"""


def networks(ns):
    nets = []
    ifname = "virt" if ns.nic == "virtio" else "wm"
    for n, spec in enumerate(s for s in ns.net if s != "none"):
        if spec not in ("user", "dhcp"):
            raise Failure(f"--net {spec}: user, dhcp or none", USAGE)
        default = "10.0.2.15/24,10.0.2.2" if spec == "user" else "dhcp"
        nets += net_entries(ns, n, default, ifname)
    return nets


def disks(ns):
    out = []
    for spec in ns.disk:
        name, *opts = spec.split(",")
        entry = {**disk_source(name), "fstype": "auto", "mountpoint": "/data"}
        for o in opts:
            if o == "ro":
                entry["ro"] = True
            elif o.startswith("mount=/"):
                entry["mountpoint"] = o[6:]
            elif o.startswith("fstype="):
                entry["fstype"] = o[7:]
            elif o == "root":
                entry.update(mountpoint="/rom", ro=True)
            else:
                raise Failure(f"--disk {spec}: {o}?", USAGE)
        out.append(entry)
    return out + tmpfs_entries(ns)


def make(ns):
    if image_platform(ns.image) != "hw":
        raise Failure(f"{ns.image}: an image for Xen PV; an ISO needs one for hw")
    for tool in ("grub-mkrescue", "xorriso", "mformat"):
        if not shutil.which(tool):
            raise Failure(f"{tool} is not installed: scripts/install-deps iso")
    config = make_config(ns, networks(ns), disks(ns))
    with tempfile.TemporaryDirectory(prefix="sirloin-iso-") as d:
        os.makedirs(f"{d}/boot/grub")
        subprocess.run(["strip", "-o", f"{d}/boot/image.elf", ns.image], check=True)
        with open(f"{d}/boot/config.json", "w") as f:
            f.write(config)
        with open(f"{d}/boot/grub/grub.cfg", "w") as f:
            f.write(CFG.format(words=" ".join(ns.option)))
        cmd = ["grub-mkrescue", "-o", ns.output, "--locales=", "--fonts=", "--themes=",
               f"--install-modules={MODULES}", d]
        r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode or not os.path.exists(ns.output):
            raise Failure(f"grub-mkrescue failed: {r.stdout.strip().splitlines()[-1:]}")
    return 0
