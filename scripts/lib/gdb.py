"""sirloin run --gdb: the debugger, with the image's symbols and our commands."""

import os
import shutil
import subprocess
import sys
import time

from common import Failure, USAGE

OURSELVES = 0           # a port that is none: run gdb here
SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))),
                      "gdb", "sirloin.py")


def elf(ns):
    if ns.image.endswith(".iso"):
        raise Failure("--gdb: an ISO has no symbols: give the .elf", USAGE)
    return ns.image


def commands(ns, target):
    """What gdb does first: symbols, our commands, the program's main."""
    return [elf(ns), "-iex", "set pagination off", "-ex", f"source {SCRIPT}",
            "-ex", f"target remote {target}", "-ex", "sirloin-main"]


def invitation(ns):
    words = commands(ns, f"127.0.0.1:{ns.gdb}")
    return "gdb " + " ".join(f"'{w}'" if " " in w else w for w in words)


def run(ns, d):
    """gdb in front, the guest behind it: it starts and ends with gdb, and says on its
    console where gdb's output goes."""
    if not shutil.which("gdb"):
        raise Failure("gdb is not installed: scripts/install-deps debug")
    words = commands(ns, f"{d}/gdb")        # checked before anything starts
    ns.gdb_socket = f"unix:{d}/gdb,server=on,wait=off"
    import qemu                             # it needs us, too
    status_file = f"{d}/status"
    argv = qemu.command(ns, status_file)
    argv[argv.index("-chardev") + 1] = "stdio,id=con,signal=off,mux=off"
    if ns.verbose:
        print("sirloin:", " ".join(argv), file=sys.stderr)
    # the terminal's keys are gdb's
    guest = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        status = debug(words, f"{d}/gdb", guest)
    finally:
        guest.kill()
        guest.wait()
    said = [w for w in qemu.words_of(status_file) if w != "ready"]
    return int(said[1]) & 255 if said[:1] == ["exit"] else status


def debug(words, socket, guest):
    while not os.path.exists(socket) and guest.poll() is None:
        time.sleep(0.02)
    p = subprocess.Popen(["gdb", "-q", *words])
    while True:
        try:
            return p.wait()
        except KeyboardInterrupt:
            pass                            # gdb's, too
