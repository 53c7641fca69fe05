"""Whether KVM really runs a guest: a /dev/kvm that opens may not."""

import os
import subprocess
import tempfile

QEMU = "qemu-system-x86_64"
# At the reset vector: mov al,0x15; out 0xf4,al; hlt.  isa-debug-exit makes
# QEMU's exit status 2 * 0x15 + 1.
PROBE = b"\x90" * (65536 - 16) + b"\xb0\x15\xe6\xf4\xf4" + b"\xf4" * 11
WORKS = 2 * 0x15 + 1


def kvm_works():
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    with tempfile.NamedTemporaryFile(prefix="sirloin-probe-") as f:
        f.write(PROBE)
        f.flush()
        try:
            r = subprocess.run(
                [QEMU, "-accel", "kvm", "-machine", "pc", "-nodefaults", "-m", "16",
                 "-display", "none", "-bios", f.name, "-no-reboot",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
                timeout=3, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return r.returncode == WORKS


def boot_id():
    try:
        with open("/proc/sys/kernel/random/boot_id") as f:
            return f.read().strip()
    except OSError:
        return "unknown"


def choose(accel):
    """"kvm" or "tcg"; the answer to auto is kept until the host reboots."""
    if accel != "auto":
        return accel
    if not os.path.exists("/dev/kvm"):
        return "tcg"
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                         os.path.expanduser("~/.cache"), "sirloin-accel")
    try:
        with open(cache) as f:
            boot, answer = f.read().split()
        if boot == boot_id() and answer in ("kvm", "tcg"):
            return answer
    except (OSError, ValueError):
        pass
    answer = "kvm" if kvm_works() else "tcg"
    try:
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        with open(cache, "w") as f:
            f.write(f"{boot_id()} {answer}\n")
    except OSError:
        pass
    return answer
