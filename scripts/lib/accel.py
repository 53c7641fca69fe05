"""Whether KVM really runs a guest: a /dev/kvm that opens may not.

The image is its own probe: with the word "probe" on its command line it starts
all of the platform and ends with status 0 before the program begins."""

import os
import shutil
import subprocess
import tempfile

QEMU = "qemu-system-x86_64"


def elf_of(image, folder):
    """The ELF file in an ISO of ours, or None."""
    if not image.endswith(".iso"):
        return image
    if not shutil.which("xorriso"):
        return None
    out = f"{folder}/image.elf"
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", image, "-extract",
                    "/boot/image.elf", out], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return out if os.path.exists(out) else None


def runs(image, accel):
    """Does the image start on this accelerator?  None: can't be tried."""
    with tempfile.TemporaryDirectory(prefix="sirloin-probe-") as d:
        elf = elf_of(image, d)
        if elf is None:
            return None
        try:
            subprocess.run(
                [QEMU, "-accel", accel, "-machine", "pc", "-cpu", "max", "-m", "128",
                 "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                 "-kernel", elf, "-append", "probe",
                 "-chardev", f"file,id=status,path={d}/status",
                 "-device", "isa-debugcon,iobase=0xe9,chardev=status",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
                timeout=4, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            with open(f"{d}/status") as f:
                return f.read().split()[-2:] == ["exit", "0"]
        except (OSError, subprocess.TimeoutExpired):
            return False


def boot_id():
    try:
        with open("/proc/sys/kernel/random/boot_id") as f:
            return f.read().strip()
    except OSError:
        return "unknown"


def choose(accel, image):
    """"kvm" or "tcg"; the answer to auto is kept until the host reboots."""
    if accel != "auto":
        return accel
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
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
    works = runs(image, "kvm")
    answer = "kvm" if works else "tcg"
    if works is not None:
        try:
            os.makedirs(os.path.dirname(cache), exist_ok=True)
            with open(cache, "w") as f:
                f.write(f"{boot_id()} {answer}\n")
        except OSError:
            pass
    return answer
