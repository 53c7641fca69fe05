"""sirloin run --detach, stop, list: guests that run without us.

Each has a folder: pid (of the process that watches over it), image, platform, log (its
console), status (when it has ended), and for QEMU the socket qmp."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import traceback

from common import Failure, NOSTART, PANIC, TIMEOUT, USAGE


def folder():
    base = os.environ.get("XDG_RUNTIME_DIR")
    d = f"{base}/sirloin" if base else f"/tmp/sirloin-{os.getuid()}"
    os.makedirs(d, mode=0o700, exist_ok=True)
    if os.stat(d).st_uid != os.getuid():
        raise Failure(f"{d}: somebody else's")
    return d


def get(d, what, default=""):
    try:
        with open(f"{d}/{what}") as f:
            return f.read().strip()
    except OSError:
        return default


def put(d, what, text):
    with open(f"{d}/{what}.new", "w") as f:
        f.write(f"{text}\n")
    os.rename(f"{d}/{what}.new", f"{d}/{what}")


def status_of(d):
    """Its exit status, or None while it runs."""
    if os.path.exists(f"{d}/status"):
        return int(get(d, "status"))
    with contextlib.suppress(OSError, ValueError):
        os.kill(int(get(d, "pid")), 0)
        return None
    return PANIC            # who watched over it is dead


def state_of(name):
    d = f"{folder()}/{name}"
    if "/" in name or not os.path.isdir(d):
        raise Failure(f"{name}: there is no such guest (sirloin list)", USAGE)
    return d


# ---- run --detach ----

def watch(ns, run, d):
    """The process that stays: runs the guest and keeps its status."""
    os.setsid()
    log = os.open(f"{d}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open("/dev/null", os.O_RDONLY)
    for fd, to in ((null, 0), (log, 1), (log, 2)):
        os.dup2(fd, to)
    put(d, "pid", os.getpid())
    status = NOSTART
    try:
        status = run(ns)
    except Failure as f:
        print(f"sirloin: {f}", file=sys.stderr)
        status = f.status
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        put(d, "status", status)
        os._exit(0)


def running(ns, d):
    if ns.platform == "xen":
        return xl("domid", ns.name)
    return os.path.exists(f"{d}/qmp")


def run(ns, platform_run):
    if ns.gdb is not None:
        raise Failure("--gdb does not go with --detach", USAGE)
    ns.name = ns.name or os.path.splitext(os.path.basename(ns.image))[0]
    ns.state = d = f"{folder()}/{ns.name}"
    if "/" in ns.name:
        raise Failure(f"--name {ns.name}: no name", USAGE)
    if os.path.isdir(d):
        if status_of(d) is None:
            raise Failure(f"{ns.name} is running: give another --name")
        shutil.rmtree(d)
    os.mkdir(d, 0o700)
    put(d, "image", os.path.abspath(ns.image))
    put(d, "platform", ns.platform)
    pid = os.fork()
    if pid == 0:
        watch(ns, platform_run, d)
    while not os.path.exists(f"{d}/status") and not running(ns, d):
        if os.waitpid(pid, os.WNOHANG)[0]:
            break
        time.sleep(0.02)
    if get(d, "status") in (str(NOSTART), str(USAGE)) and not os.path.exists(f"{d}/qmp"):
        sys.stderr.write(get(d, "log") + "\n")
        status = int(get(d, "status"))
        shutil.rmtree(d)
        return status
    print(ns.name)
    return 0


# ---- stop ----

def qmp(d, command):
    """Give QEMU a command; false when it is not there any more."""
    with contextlib.suppress(OSError, ValueError), \
            socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(f"{d}/qmp")
        f = s.makefile("rw")
        f.readline()                            # its greeting
        for c in ("qmp_capabilities", command):
            f.write(json.dumps({"execute": c}) + "\n")
            f.flush()
            while "return" not in json.loads(f.readline()):
                pass                            # events
        return True
    return False


def xl(*args):
    return subprocess.run(["xl", *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def ask(d, name, end):
    """The guest is to end by itself; or (end) ends now."""
    if get(d, "platform") == "xen":
        return xl("destroy" if end else "shutdown", name)
    return qmp(d, "quit" if end else "system_powerdown")


def wait(d, seconds):
    limit = time.monotonic() + seconds
    while (status := status_of(d)) is None and time.monotonic() < limit:
        time.sleep(0.05)
    return status


def stop(ns):
    d = state_of(ns.name)
    status = status_of(d)
    late = False
    if status is None:
        ask(d, ns.name, False)
        status = wait(d, ns.time)
    if status is None:
        late = True
        ask(d, ns.name, True)
        status = wait(d, 10)
    if status is None:
        raise Failure(f"{ns.name}: does not end (process {get(d, 'pid')})")
    print(f"{ns.name}: " + (f"still running after {ns.time:g} s, ended" if late
                            else f"exit status {status}"))
    shutil.rmtree(d)
    return TIMEOUT if late else 0


# ---- list ----

def show(ns):
    base = folder()
    for name in sorted(os.listdir(base)):
        d = f"{base}/{name}"
        status = status_of(d)
        print(f"{name}\t{'running' if status is None else f'exit status {status}'}\t"
              f"{get(d, 'platform')}\t{get(d, 'image')}\t{d}/log")
    return 0


def add_parsers(sub):
    s = sub.add_parser("stop", help="end a guest of run --detach in order: its power button")
    s.add_argument("name", metavar="NAME")
    s.add_argument("--time", metavar="S", type=float, default=30,
                   help="for its end; then it is ended (30)")
    s.set_defaults(call=stop)
    ls = sub.add_parser("list", help="the guests of run --detach")
    ls.set_defaults(call=show)
