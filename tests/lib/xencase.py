"""Tests on the Xen bed: one bed for all of a run, guests that don't outlive a test."""

import atexit
import functools
import glob
import json
import os
import shutil
import subprocess
import time
import unittest

import xen
from guest import KERNEL, LONG, OUT, at_once

JOBS = 4        # guests at once, where they mostly wait
LANES = (("pv", 1), ("pv", 2), ("pvh", 1))
# Where the number of CPUs and the kind of guest are no case of their own: hello, rumptest, httpd,
# save and restore, and others have them all.
COMMON = LANES if LONG else LANES[1:2]
MEM = 128 if KERNEL == "netbsd" else 64
DOM0, GUEST = "10.9.0.1", "10.9.0.2"
TOOLS = {"load": [f"{xen.XENTESTS}/load.c"],
         "client": [f"{xen.ROOT}/tests/bench/client.c"],
         "hostile": [f"{xen.XENTESTS}/hostile/{f}.c" for f in ("common", "main", "net", "blk")],
         "hostilefront": [f"{xen.XENTESTS}/hostile/{f}.c"
                          for f in ("common", "front", "netfront", "blkfront")]}
XEN_LIBS = ["-lxenstore", "-lxengnttab", "-lxenevtchn", "-lxentoolcore", "-lxentoollog"]


def tool(name):
    """A static program for dom0, made when its sources are newer."""
    out = f"{OUT}/xenbed/tools/{name}"
    sources = TOOLS[name] + glob.glob(f"{os.path.dirname(TOOLS[name][0])}/*.h")
    with xen.only_one():
        if not os.path.exists(out) or os.path.getmtime(out) < max(map(os.path.getmtime, sources)):
            os.makedirs(os.path.dirname(out), exist_ok=True)
            subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-static",
                            "-D__XEN_INTERFACE_VERSION__=0x00040d00", "-o", out, *TOOLS[name],
                            *(XEN_LIBS if name.startswith("hostile") else []), "-lpthread"],
                           check=True)
    return out


def install(bed):
    """The tools in dom0's path."""
    for name in TOOLS:
        bed.run(f"cp {bed.put(tool(name))} /usr/bin/ && chmod 755 /usr/bin/{name}")


def install_sirloin(bed):
    """`sirloin' and its Python in dom0's memory."""
    py = f"{xen.files()}/python"
    shutil.rmtree(f"{bed.work}/scripts", ignore_errors=True)
    shutil.copytree(f"{xen.ROOT}/scripts", f"{bed.work}/scripts",
                    ignore=shutil.ignore_patterns("__pycache__"))
    bed.run(f"""[ -d /tmp/python ] || cp -r {py} /tmp/python || exit; rm -rf /tmp/scripts
        cp -r /bed/scripts /tmp/ && cat >/usr/bin/sirloin <<'END' && chmod 755 /usr/bin/sirloin
#!/bin/sh
export PYTHONHOME=/tmp/python LD_LIBRARY_PATH=/tmp/python/lib
exec /tmp/python/bin/python3 /tmp/scripts/sirloin "$@"
END""", 120)


def install_qemu(bed):
    """Xen's QEMU where libxl looks for it, in dom0's memory."""
    if not os.path.exists(f"{xen.files()}/qemu"):
        raise xen.Unavailable("no qemu-system-xen in this Debian")
    bed.run(f"""[ -d /tmp/qemu ] || cp -r {xen.files()}/qemu /tmp/ || exit
        mkdir -p /usr/libexec /tmp/qemu/keymaps; : >/tmp/qemu/keymaps/en-us
        cat >/usr/libexec/xen-qemu-system-i386 <<'END' &&
#!/bin/sh
LD_LIBRARY_PATH=/tmp/qemu/lib exec /tmp/qemu/qemu -L /tmp/qemu "$@"
END
        chmod 755 /usr/libexec/xen-qemu-system-i386""", 120)


def one_bed(make):
    """A function: the bed of this run that make() makes; another when it has died."""
    made = []

    def bed():
        if not made or not made[0].alive():
            new = make()
            try:
                new.ready()
            except BaseException:
                new.close()
                raise
            if not made:
                atexit.register(lambda: made[0].close())
            made[:] = [new]
        return made[0]
    return bed


class _Bed(xen.Bed):
    def ready(self, *args):
        super().ready(*args)
        install(self)


shared = one_bed(lambda: _Bed(mem=8400 if LONG else 7200, timeout=3600))


def image(app, kind):
    """An application's image for a PV or a PVH guest."""
    return f"{OUT}/{KERNEL}/{'xen' if kind == 'pv' else 'hw'}/{app}.elf"


def config(app, *argv, **keys):
    """The document for a guest (docs/configuration.md)."""
    return json.dumps({"rc": [{"bin": app, "argv": list(map(str, argv))}], **keys},
                      separators=(",", ":"))


def static(n=0, addr=GUEST):
    return {"if": f"virt{n}", "type": "inet", "method": "static", "addr": addr, "mask": "16",
            "gw": DOM0}


def disk(path, vdev="xvda", access="rw"):
    return f"format=raw,vdev={vdev},access={access},target={path}"


class Refused(AssertionError):
    """The monitor's "error N TEXT"."""


class Held(unittest.TestResult):
    """What a test says, and when, until it is told to another result."""

    def __init__(self):
        super().__init__()
        self.began, self.said = time.monotonic(), []
        for name in ("addSuccess", "addSkip", "addFailure", "addError", "addSubTest",
                     "addExpectedFailure", "addUnexpectedSuccess"):
            setattr(self, name, functools.partial(self.hold, name))

    def hold(self, name, *args):
        self.said.append((name, args, time.monotonic() - self.began))

    def failed(self):
        return any(name in ("addFailure", "addError") or name == "addSubTest" and args[2]
                   for name, args, _ in self.said)

    def tell(self, result):
        for name, args, took in self.said:
            result.began = time.monotonic() - took
            getattr(result, name)(*args)


# What a PVH guest says when QEMU delivers an interrupt once more than Xen has, in the middle
# of its handler (docs/xen.md, "The test bed"): nothing that a guest could live through.
TWICE = "panic: interrupt delivered twice"


class Case(unittest.TestCase):
    """self.bed, and what is common."""

    the_bed = staticmethod(shared)

    def run(self, result=None):
        """Again, when QEMU has delivered an interrupt to one of its guests twice."""
        if result is None:
            return super().run()
        result.startTest(self)
        for left in (2, 1, 0):
            held, since = Held(), time.time()
            super().run(held)
            if not (left and held.failed() and self.twice(since)):
                break
            print(f"again   {self.id()}: QEMU delivered an interrupt twice", flush=True)
        held.tell(result)
        result.stopTest(self)
        return result

    def twice(self, since):
        """It is on a console that has changed since."""
        bed = getattr(self, "bed", None)        # if there was one
        for name in glob.glob(f"{bed.work}/log/console/guest-*.log") if bed else ():
            if os.path.getmtime(name) >= since:
                with open(name, errors="replace") as f:
                    if TWICE in f.read():
                        return True
        return False

    def setUp(self):
        try:
            self.bed = self.the_bed()
        except xen.Unavailable as e:
            self.skipTest(str(e))
        self.guests = []

    def tearDown(self):
        for g in self.guests:
            g.destroy()

    def guest(self, app, *argv, lane=("pv", 1), words="", conf=None, img=None, bed=None, **keys):
        """A guest with the application; conf: more of its configuration; keys: xl.cfg(5)."""
        kind, cpus = lane
        keys.setdefault("memory", MEM)
        extra = f"{words} {config(app, *argv, **(conf or {}))}".strip()
        g = (bed or self.bed).create(app, img or image(app, kind), type=kind, vcpus=cpus,
                                     extra=extra, **keys)
        self.guests.append(g)
        return g

    def monitor(self, lane, net=False, timeout=60, **keys):
        """A guest that does what ask() tells it (apps/monitor)."""
        if net:
            keys.setdefault("vif", ["bridge=xenbr0"])
            keys["conf"] = {"net": [static()]}
        g = self.guest("monitor", lane=lane, **keys)
        g.expect("^ready$", timeout)
        return g

    def linux(self, name="linux", timeout=120, **keys):
        """A guest with Debian's kernel that does what ask() tells it, in shell
        (tests/xen/domu)."""
        made = xen.files()
        kernel = "/tmp/f/vmlinux"       # dom0's memory is faster than its share
        self.bed.run(f"[ -f {kernel} ] || {{ mkdir -p /tmp/f; cp {made}/vmlinux {kernel}; }}",
                     120)
        g = self.bed.create(name, kernel, ramdisk=f"{made}/client.cpio", timeout=timeout, **{
            "memory": 192, "extra": f"{xen.LINUX_OPTIONS} obey", **keys})
        self.guests.append(g)
        g.expect("^ready$", timeout)
        return g

    def ask(self, g, command, timeout=60):
        """What the monitor (or the Linux guest) prints."""
        mark = len(g.console)
        g.send(command + "\n")
        m = g.expect(r"^(?:ok|error (\d+.*))$", timeout, mark)
        if m[1]:
            raise Refused(f"{command}: error {m[1]}\n{g.console[mark:m.start()][-1500:]}")
        return g.console[mark:m.start()]

    def echoes(self, addr=GUEST, size=300000):
        """TCP to the monitor and back, byte for byte.  After a restore dom0's own part of
        the way may come late."""
        self.bed.run(f"""for n in $(seq 20); do
                timeout 100 client echo {addr} 7 {size} 2>/tmp/why && exit
                cat /tmp/why; grep -q "No route" /tmp/why || exit 1
            done; exit 1""", 200)

    def blank(self, path, mb=16):
        self.bed.run(f"rm -f {path}; truncate -s {mb}M {path}")
        return path

    def shut_down(self, g, timeout=30, times=1):
        self.bed.xl("shutdown", g.name)
        self.assertEqual(g.wait(timeout, times), ("poweroff", 0), g.console[-3000:])

    def grant_tables(self):
        """Xen's list of who maps what."""
        mark = len(self.bed.log())
        self.bed.xl("debug-keys", "g")
        for _ in range(300):
            if "print_all ] done" in (text := self.bed.log()[mark:]):
                break
            self.bed.run("sleep 0.1")
        return text

    def lie(self, kind, d, lies):
        """Front ends (vif or vbd) that lie to the driver domain, some at a time: what they
        say; all are gone after it."""
        out = self.bed.call(f"timeout 400 hostilefront {kind} {d.id} {' '.join(lies)} 2>&1",
                            420)[1]
        for lie in lies:
            if not lie.startswith("dies"):
                self.assertIn(f"{lie}: lied\n", out)
            self.assertIn(f"{lie}: removed\n", out)
        return out

    def nothing_stays(self, d):
        """Of dom0's pages the driver domain maps none."""
        text = self.grant_tables()
        mine = text[text.index("remote d0 "):].split("grant-table for", 1)[0]
        self.assertNotRegex(mine, rf"(?m)^\(XEN\) +\[0x[0-9a-f]+\] +{d.id} ")

    def restore(self):
        """From /tmp/saved.  Again when the tool stack could not: the guest has had no part
        in it so far."""
        out = self.bed.run("""for n in 1 2 3; do
            xl restore /tmp/saved 2>&1 && { rm /tmp/saved; exit; }
            echo "once more"; sleep 2; done; exit 1""", 300)
        if "once more" in out:
            print(out)

    def ends(self, g, status=0, reason="poweroff", timeout=60):
        """It ends by itself, and so."""
        self.assertEqual(g.wait(timeout), (reason, status), g.console[-3000:])

    def at_once(self, cases, check, jobs=JOBS):
        at_once(self, cases, check, jobs)

    def on(self, lane):
        return self.subTest(type=lane[0], vcpus=lane[1])
