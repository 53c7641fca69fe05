"""sirloin run on QEMU: devices, boot, console, exit status."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import accel
import gdb
import timeline
from monitor import Monitor
from common import (Failure, NOSTART, PANIC, TIMEOUT, USAGE, disk_options, disk_source,
                    image_platform, make_config, net_entries, shares, tmpfs_entries)

QEMU = "qemu-system-x86_64"
# QEMU's device, and the interface; vioif and ld are virtio by NetBSD's drivers
NICS = {"virtio": ("virtio-net", "virt"), "e1000": ("e1000", "wm"),
        "e1000e": ("e1000e", "wm"), "pcnet": ("pcnet", "pcn"),
        "vioif": ("virtio-net-pci", "vioif")}
BUSES = {"virtio": "blk", "nvme": "ld", "ahci": "wd",      # and their disks
         "ld": "ld", "scsi": "sd", "usb": "sd"}
OVMF = ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd",
        "/usr/share/ovmf/OVMF.fd")


def virtio(ns, kind):
    return f"virtio-{kind}-" + ("device" if ns.machine == "microvm" else "pci")


def network(ns):
    """QEMU's arguments and the configuration's entries for --net."""
    argv, conf = [], []
    if ns.nic not in NICS:
        raise Failure(f"--nic {ns.nic}: one of {', '.join(NICS)}", USAGE)
    for n, spec in enumerate(s for s in ns.net if s != "none"):
        kind, *fwd = spec.split(",")
        if kind == "user":
            back = f"user,id=net{n}"
            for pair in fwd:
                host, colon, guest = pair.partition(":")
                if not (colon and host.isdigit() and guest.isdigit()):
                    raise Failure(f"--net {spec}: {pair} is not HOST:GUEST", USAGE)
                back += f",hostfwd=tcp:127.0.0.1:{host}-:{guest}"
            default = "10.0.2.15/24,10.0.2.2"
        elif kind.startswith("tap=") and not fwd:
            back = f"tap,id=net{n},ifname={kind[4:]},script=no,downscript=no"
            default = "dhcp"
        else:
            raise Failure(f"--net {spec}: user[,HOST:GUEST...], tap=IF or none", USAGE)
        dev, ifname = NICS[ns.nic]
        if ns.nic == "virtio":
            dev = virtio(ns, "net")
        # no option ROM: we do not boot from the network
        rom = "" if dev.endswith("-device") else ",romfile="
        argv += ["-netdev", back,
                 "-device", f"{dev},netdev=net{n},mac=52:54:00:12:34:{0x50 + n:02x}{rom}"]
        conf += net_entries(ns, n, default, ifname)
    return argv, conf


def numbered(kind):
    return (f"{kind}{n}" for n in itertools.count())


def disk_devices(ns, bus, n):
    """QEMU's devices that make a disk of drive n."""
    drive = f"drive=disk{n},serial=disk{n}"
    return {"virtio": [f"{virtio(ns, 'blk')},{drive}"],
            "ld": [f"virtio-blk-pci,{drive}"],
            "nvme": [f"nvme,{drive}"],
            "ahci": [f"ahci,id=ahci{n}", f"ide-hd,drive=disk{n},bus=ahci{n}.0"],
            "scsi": [f"virtio-scsi-pci,id=scsi{n}", f"scsi-hd,{drive},bus=scsi{n}.0"],
            "usb": [f"usb-ehci,id=usb{n}", f"usb-storage,{drive},bus=usb{n}.0"]}[bus]


def disks(ns):
    argv, conf = [], []
    names = {kind: numbered(kind) for kind in BUSES.values()}
    for n, spec in enumerate(ns.disk):
        path, ro, entry, rest = disk_options(spec, n)
        bus = rest[0] if rest else "virtio"
        if bus not in BUSES or len(rest) > 1:
            raise Failure(f"--disk {spec}: {rest[-1]}?", USAGE)
        argv += ["-drive", f"file={path.replace(',', ',,')},format=raw,if=none,id=disk{n}"
                 + (",readonly=on" if ro else "")]
        if bus != "virtio" and ns.machine == "microvm":
            raise Failure(f"--disk {spec}: microvm has no {bus}", USAGE)
        for dev in disk_devices(ns, bus, n):
            argv += ["-device", dev]
        name = next(names[BUSES[bus]])
        if entry is not None and not ns.config and not ns.image.endswith(".iso"):
            conf.append({**disk_source(name), **entry()})
    return argv, conf + tmpfs_entries(ns)


def share_devices(ns):
    """QEMU's arguments and the configuration's entries for --share."""
    argv = []
    folders, conf = shares(ns)
    for n, (path, ro) in enumerate(folders):
        argv += ["-fsdev", f"local,id=share{n},path={path.replace(',', ',,')},"
                 "security_model=none,multidevs=remap" + (",readonly=on" if ro else ""),
                 "-device", f"{virtio(ns, '9p')},fsdev=share{n},mount_tag=share{n}"]
    return argv, conf


def machine(ns):
    m = {"pc": "pc", "q35": "q35",
         "microvm": "microvm,x-option-roms=off,rtc=on,acpi=on"}[ns.machine]
    if ns.machine == "microvm" and ns.nic != "virtio":
        m += ",pcie=on"
    argv = ["-machine", m, "-accel", accel.choose(ns.accel, ns.image),
            "-m", str(ns.mem), "-smp", str(ns.smp), "-cpu", "max",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    if ns.machine == "microvm":
        argv += ["-global", "virtio-mmio.force-legacy=false"]
    if ns.rng:
        argv += ["-device", virtio(ns, "rng")]
    if ns.gdb is not None:
        argv += ["-S", "-gdb", ns.gdb_socket or f"tcp:127.0.0.1:{ns.gdb}"]
    return argv


def boot(ns, config):
    if ns.image.endswith(".iso"):
        if ns.machine == "microvm":
            raise Failure("microvm can't boot an ISO", USAGE)
        argv = ["-cdrom", ns.image, "-boot", "d"]
        if ns.firmware == "uefi":
            code = next((f for f in OVMF if os.path.exists(f)), None)
            if code is None:
                raise Failure("no OVMF firmware: scripts/install-deps run")
            argv += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}"
                     ] if "CODE" in code else ["-bios", code]
        return argv
    words = " ".join([*timeline.with_option(ns), f"utc={time.time_ns()}", config])
    return ["-kernel", ns.image, "-append", words]


def watching(ns, d):
    """How the end is seen: by QEMU's exit, or by the monitor."""
    argv = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
    if ns.trace or ns.core:
        argv = [*Monitor.ARGS, "-qmp", f"unix:{d}/monitor,server=on,wait=off"]
    if ns.trace:
        argv += ["-chardev", f"file,id=trace,path={d}/trace",
                 "-device", "isa-debugcon,iobase=0xea,readback=0xea,chardev=trace"]
    return argv


def command(ns, status_file):
    iso = ns.image.endswith(".iso")
    if not os.path.exists(ns.image):
        raise Failure(f"{ns.image}: no such image")
    if iso and (ns.args or ns.config or ns.env or ns.option or ns.ip or ns.tmpfs or
                ns.share or ns.workdir or ns.bin):
        raise Failure("an ISO has its configuration inside: give it to `sirloin iso'", USAGE)
    if not iso and image_platform(ns.image, ns.mem) != "hw":
        raise Failure(f"{ns.image}: an image for Xen; use --platform xen")
    net, netconf = network(ns)
    disk, blkconf = disks(ns)
    share, shareconf = share_devices(ns)
    config = "" if iso else make_config(ns, netconf, blkconf + shareconf)
    return [QEMU, *machine(ns), *boot(ns, config), *net, *disk, *share,
            "-chardev", "stdio,id=con,signal=on,mux=off", "-serial", "chardev:con",
            "-chardev", f"file,id=status,path={status_file}",
            "-device", "isa-debugcon,iobase=0xe9,chardev=status",
            *watching(ns, os.path.dirname(status_file)), *ns.qemu,
            *(["-qmp", f"unix:{ns.state}/qmp,server=on,wait=off"] if ns.state else [])]


def reap(p, timeout, stop):
    """Wait; True when the time was over."""
    try:
        p.wait(timeout)
        return False
    except subprocess.TimeoutExpired:
        stop()
        try:
            p.wait(20 if stop != p.terminate else 5)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        return True


def relay_errors(p, lines):
    for line in p.stderr:
        if "terminating on signal" in line:
            continue
        lines.append(line)
        if "warning:" not in line:
            sys.stderr.write(f"sirloin: {line}")


def words_of(status_file):
    """What the guest has said on its status channel (docs/exit.md)."""
    try:
        with open(status_file) as f:
            return f.read().split()
    except OSError:
        return []


def relay_input(p, status_file):
    """Our standard input to the guest's console, so that a terminal stays as it
    is (echo, line editing, Ctrl-C); its end becomes an EOT.  Earlier than the
    guest is ready, the firmware would take it."""
    while p.poll() is None and "ready" not in words_of(status_file):
        time.sleep(0.01)
    try:
        while data := os.read(0, 4096):
            os.write(p.stdin.fileno(), data)
        os.write(p.stdin.fileno(), b"\x04")
    except OSError:
        pass                # the guest has ended


def monitor_of(ns, p, status_file):
    """The monitor of this run, if somebody needs it."""
    if not (ns.trace or ns.core):
        return None
    m = Monitor(os.path.join(os.path.dirname(status_file), "monitor"), p, ns.core,
                lambda: "panic" in words_of(status_file))
    try:
        m.start()
    except OSError:
        return None             # QEMU has ended, and said why
    return m


def once(ns, argv, status_file):
    """Boot once: ("exit", n) or ("reboot", 0)."""
    # with a trace, Ctrl-C is ours: the guest is to end in order
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         errors="replace", start_new_session=bool(ns.trace))
    lines = []
    threading.Thread(target=relay_input, args=(p, status_file), daemon=True).start()
    t = threading.Thread(target=relay_errors, args=(p, lines), daemon=True)
    t.start()
    monitor = monitor_of(ns, p, status_file)
    stop = monitor.press if monitor and ns.trace else p.terminate
    old = signal.signal(signal.SIGTERM, lambda *_: stop())
    try:
        late = reap(p, ns.timeout, stop)
    except KeyboardInterrupt:
        if stop == p.terminate:
            raise
        late = reap(p, 0, stop)
    finally:
        if p.poll() is None:
            p.kill()
            p.wait()
        signal.signal(signal.SIGTERM, old)
        t.join(2)
        if monitor and monitor.thread:
            monitor.thread.join(5)
    if monitor and monitor.said:
        print(f"sirloin: {monitor.said}", file=sys.stderr)
    return outcome(ns, p, status_file, late, lines)


def outcome(ns, p, status_file, late, lines):
    word = [w for w in words_of(status_file) if w != "ready"]
    if word[:1] == ["exit"]:
        return "exit", TIMEOUT if late else int(word[1]) & 255
    if word[:1] == ["panic"]:
        return "exit", PANIC
    if word[:1] == ["reboot"]:
        return "reboot", 0
    if late:
        print(f"sirloin: still running after {ns.timeout:g} s, ended", file=sys.stderr)
        return "exit", TIMEOUT
    if p.returncode and lines:
        return "exit", NOSTART
    if p.returncode < 0:
        return "exit", 128 - p.returncode
    print("sirloin: the guest stopped without an exit status", file=sys.stderr)
    return "exit", PANIC


def run(ns):
    for option, given in (("--xl", ns.xl), ("--pci", ns.pci), ("--type", ns.type),
                          ("--name", ns.name and not ns.state)):
        if given:
            raise Failure(f"{option} is for --platform xen", USAGE)
    if ns.mem < 1 or ns.smp < 1:
        raise Failure("--mem and --smp take a number from 1", USAGE)
    if not shutil.which(QEMU):
        raise Failure(f"{QEMU} is not installed: scripts/install-deps run")
    if ns.trace and ns.image.endswith(".iso"):
        raise Failure("--trace: an ISO has its options inside", USAGE)
    with tempfile.TemporaryDirectory(prefix="sirloin-run-") as d:
        status_file = f"{d}/status"
        ns.gdb_socket = None
        if ns.gdb == gdb.OURSELVES:
            return gdb.run(ns, d)
        argv = command(ns, status_file)
        if ns.verbose:
            print("sirloin:", " ".join(argv), file=sys.stderr)
        if ns.gdb is not None:
            print(f"sirloin: waiting for: {gdb.invitation(ns)}", file=sys.stderr)
        what = "reboot"
        while what == "reboot":
            what, status = once(ns, argv, status_file)
        if ns.trace:
            timeline.save(ns, timeline.from_file(f"{d}/trace"))
        return status
