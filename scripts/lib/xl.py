"""sirloin run on Xen, and sirloin xlcfg: the domain configuration, xl, status."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty

import timeline
import xencrash
from common import (Failure, NOSTART, PANIC, TIMEOUT, USAGE, image_platform,
                    disk_options, make_config, net_entries, shares, tmpfs_entries)

CMDLINE = 1023          # a PV guest's command line (MAX_GUEST_CMDLINE, with its end)
STORE = 4000            # a value in xenstore (XENSTORE_PAYLOAD_MAX, with its path)
STATUS = re.compile(rb"(?:^|\n)sirloin: (exit \d{1,3}|panic|reboot)\r?\n?\Z")
HELD = re.compile(rb"(?:^|\n)(s|si|sir|sirl|sirlo|sirloi|sirloin|sirloin: ?|"
                  rb"sirloin: [a-z]{1,6} ?\d{0,3}\r?\n?)\Z")
CHATTER = re.compile(r"Parsing config|Waiting for domain|has shut down, reason|"
                     r"Action for shutdown|needs to be cleaned up|Done\. Exiting|^\s*$")


def quote(text):
    """A string of xl.cfg(5)."""
    table = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return "'" + "".join(table.get(c, c) for c in text) + "'"


def networks(ns):
    vifs, conf = [], []
    for n, spec in enumerate(s for s in ns.net if s != "none"):
        m = re.fullmatch(r"bridge(?:=([\w.-]+))?(?:,mac=([0-9a-fA-F:]{17}))?", spec)
        if not m:
            raise Failure(f"--net {spec}: on Xen bridge[=NAME][,mac=ADDRESS] or none", USAGE)
        vifs.append(",".join(f"{k}={v}" for k, v in (("bridge", m[1]), ("mac", m[2])) if v))
        conf += net_entries(ns, n, "dhcp")
    return vifs, conf


def disks(ns):
    entries, conf = [], []
    for n, spec in enumerate(ns.disk):
        if n > 25:
            raise Failure("--disk: more than 26 disks", USAGE)
        path, ro, entry, rest = disk_options(spec, n)
        if rest:
            raise Failure(f"--disk {spec}: {rest[0]}? (on Xen ro, raw, root, mount=DIR, "
                          "fstype=TYPE)", USAGE)
        entries.append(f"format=raw,vdev=xvd{chr(97 + n)},access={'ro' if ro else 'rw'},"
                       f"target={os.path.abspath(path)}")
        if entry is not None and not ns.config:
            conf.append({"source": "etfs", "path": f"blk{n}", **entry()})
    return entries, conf + tmpfs_entries(ns)


def folders(ns):
    """p9: folders of dom0's, by QEMU; a guest's mounts may be read-only, the folder's
    server knows of no such thing."""
    found, conf = shares(ns)
    for path, _ in found:
        if "," in path:
            raise Failure(f"--share {path}: xl takes no comma in a folder's name")
    return [f"tag=share{n},security_model=none,path={path}"
            for n, (path, _) in enumerate(found)], [] if ns.config else conf


def devices(ns, kind):
    """pci: the machine's devices, by their places (xl-pci-configuration(5))."""
    for spec in ns.pci:
        if not re.fullmatch(r"(?:[0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7*]"
                            r"(?:@[0-9a-fA-F]{1,2})?(?:,\w+=\w+)*", spec):
            raise Failure(f"--pci {spec}: a place as 00:04.0 or 0000:00:04.0", USAGE)
    if ns.pci and kind != "pv":
        raise Failure("--pci: only a PV guest is given devices of the machine; "
                      f"{ns.image} is for {kind}")
    return ns.pci


def domain_type(ns):
    """pv or pvh, by the image; --type that says otherwise is a mistake."""
    if not os.path.exists(ns.image):
        raise Failure(f"{ns.image}: no such image")
    if ns.image.endswith(".iso"):
        raise Failure(f"{ns.image}: xl boots an .elf, not an ISO", USAGE)
    kind = image_platform(ns.image, ns.mem)
    natural = {"xen": "pv", "hw": "pvh"}[kind]
    if ns.type not in (None, natural):
        raise Failure(f"{ns.image}: an image for {kind}, which xl boots with "
                      f"type = '{natural}', not '{ns.type}'")
    return natural


def domain(ns):
    """(settings for xl, the configuration text of a guest that can't take it on
    its command line or None)."""
    if ns.mem < 1 or ns.smp < 1:
        raise Failure("--mem and --smp take a number from 1", USAGE)
    kind = domain_type(ns)
    vifs, netconf = networks(ns)
    entries, blkconf = disks(ns)
    p9, shareconf = folders(ns)
    config = make_config(ns, netconf, blkconf + shareconf)
    extra = " ".join([*ns.option, config])
    store = None
    if kind == "pv" and len(extra.encode()) > CMDLINE:
        extra, store = " ".join(ns.option), config
    base = os.path.basename(ns.image).rsplit(".", 1)[0]
    cfg = {"name": ns.name or f"{base}-{os.getpid()}" if ns.command == "run"
           else ns.name or base,
           "type": kind, "kernel": os.path.abspath(ns.image), "memory": ns.mem,
           "vcpus": ns.smp, "extra": extra}
    if vifs:
        cfg["vif"] = vifs
    if entries:
        cfg["disk"] = entries
    if p9:
        cfg["p9"] = p9
    if devices(ns, kind):
        cfg["pci"] = ns.pci
    return cfg, store


def text_of(cfg, more):
    lines = []
    for k, v in cfg.items():
        if isinstance(v, list):
            v = "[" + ", ".join(quote(e) for e in v) + "]"
        else:
            v = str(v) if isinstance(v, int) else quote(v)
        lines.append(f"{k} = {v}")
    return "\n".join([*lines, *more]) + "\n"


def xlcfg(ns):
    cfg, store = domain(ns)
    cfg.update(on_poweroff="destroy", on_reboot="restart", on_crash="destroy")
    if store is not None:
        raise Failure(f"the configuration has {len(store.encode())} bytes, and a PV guest's "
                      f"command line {CMDLINE}: keep it in xenstore (docs/xen.md)")
    sys.stdout.write(text_of(cfg, ns.xl))
    return 0


class Console:
    """What the guest says, on to our standard output, without its last word."""

    def __init__(self, source):
        self.source, self.held, self.word = source, b"", None
        self.thread = threading.Thread(target=self.relay, daemon=True)
        self.thread.start()

    def relay(self):
        while data := self.read():
            data = self.held + data
            m = HELD.search(data)
            cut = m.start(1) if m else len(data)
            self.held = data[cut:]
            self.show(data[:cut])
        if m := STATUS.search(self.held):
            self.word = m[1].decode()
        else:
            self.show(self.held)

    def read(self):
        try:
            return os.read(self.source, 65536)
        except OSError:     # a terminal's end
            return b""

    @staticmethod
    def show(data):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


class Tracing(Console):
    """A trace's lines are not for the person (kernel/trace_out.c)."""

    def __init__(self, source):
        self.part, self.trace = b"", b""
        super().__init__(source)

    def show(self, data):
        *lines, self.part = (self.part + data).split(b"\n")
        text = b""
        for line in lines:
            if line.startswith(timeline.LINE):
                self.trace += line + b"\n"
            else:
                text += line + b"\n"
        if not self.part.startswith(timeline.LINE[:len(self.part)]):
            text, self.part = text + self.part, b""
        super().show(text)


def xl(*args):
    r = subprocess.run(["xl", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60)
    return r.returncode, r.stdout.strip()


def relay_errors(p, lines):
    for line in p.stderr:
        line = line.decode(errors="replace")
        lines.append(line)
        if not CHATTER.search(line):
            sys.stderr.write(f"sirloin: {line}")


def relay_input(terminal):
    """Ours to the console; its end becomes an EOT."""
    try:
        while data := os.read(0, 4096):
            os.write(terminal, data)
        os.write(terminal, b"\x04")
    except OSError:
        pass                # the guest has ended


def start(argv):
    """(xl, the other side of its terminal): the console's client takes input
    only where it has one, so it gets one of its own."""
    terminal, theirs = os.openpty()
    tty.setraw(theirs)
    p = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                         start_new_session=True,
                         preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    return p, terminal


def hand_over(name, p, store):
    """A paused guest's configuration by xenstore (rumprun/cfg), then let it run."""
    while p.poll() is None:
        status, domid = xl("domid", name)
        if status == 0:
            r = subprocess.run(["xenstore-write", f"/local/domain/{domid}/rumprun/cfg", store])
            if r.returncode:
                raise Failure("xenstore-write failed")
            xl("unpause", name)
            return
        time.sleep(0.1)


def reap(p, timeout, name):
    """Wait; True when the time was over."""
    try:
        p.wait(timeout)
        return False
    except subprocess.TimeoutExpired:
        xl("destroy", name)
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        return True


def report_crash(image, said):
    """A guest that Xen has ended says nothing itself; Xen's log does."""
    domid = re.findall(r"\(domid (\d+)\)", said)
    if domid:
        for line in xencrash.explain(xl("dmesg")[1], domid[-1], image):
            print(f"sirloin: {line}", file=sys.stderr)


def once(ns, cfg_file, name, store):
    """Create once: ("exit", n) or ("reboot", 0)."""
    argv = ["xl", "create", "-F", "-c", *(["-p"] if store is not None else []), cfg_file]
    p, terminal = start(argv)
    lines = []
    console = (Tracing if ns.trace else Console)(terminal)
    threading.Thread(target=relay_input, args=(terminal,), daemon=True).start()
    errors = threading.Thread(target=relay_errors, args=(p, lines), daemon=True)
    errors.start()

    def end(*_):
        raise KeyboardInterrupt
    old = signal.signal(signal.SIGTERM, end)
    try:
        if store is not None:
            hand_over(name, p, store)
        late = reap(p, ns.timeout, name)
    finally:
        if p.poll() is None:
            xl("destroy", name)
            p.kill()
            p.wait()
        signal.signal(signal.SIGTERM, old)
        console.thread.join(5)
        os.close(terminal)
        errors.join(2)
    reason = re.search(r"has shut down, reason code (\d+)", "".join(lines))
    if ns.trace:
        ns.traced = timeline.from_console(console.trace)
    word = (console.word or "").split()
    if not word and reason and int(reason[1]) == 3:
        report_crash(ns.image, "".join(lines))
    if word[:1] == ["exit"]:
        return "exit", int(word[1]) & 255
    if word[:1] == ["reboot"] or reason and int(reason[1]) == 1:
        return "reboot", 0
    if word[:1] == ["panic"] or reason and int(reason[1]) in (3, 4):
        return "exit", PANIC
    if late:
        print(f"sirloin: still running after {ns.timeout:g} s, ended", file=sys.stderr)
        return "exit", TIMEOUT
    if p.returncode and not reason:
        return "exit", NOSTART
    print("sirloin: the guest stopped without an exit status", file=sys.stderr)
    return "exit", PANIC


def run(ns):
    for option, given in (("--gdb", ns.gdb is not None), ("--qemu", ns.qemu),
                          ("--rng", ns.rng), ("--core", ns.core)):
        if given:
            raise Failure(f"{option} is for QEMU, not for --platform xen", USAGE)
    ns.option = timeline.with_option(ns)
    cfg, store = domain(ns)
    if store is not None and len(store.encode()) > STORE:
        raise Failure(f"the configuration has {len(store.encode())} bytes; xenstore "
                      f"takes {STORE}")
    if not shutil.which("xl"):
        raise Failure("no xl: --platform xen is for a dom0 of Xen (Debian: xen-system-amd64)")
    cfg.update(on_poweroff="destroy", on_reboot="destroy", on_crash="destroy")
    with tempfile.TemporaryDirectory(prefix="sirloin-run-") as d:
        with open(f"{d}/domain.cfg", "w") as f:
            f.write(text_of(cfg, ns.xl))
        if ns.verbose:
            print(text_of(cfg, ns.xl), end="", file=sys.stderr)
        what = "reboot"
        while what == "reboot":
            what, status = once(ns, f"{d}/domain.cfg", cfg["name"], store)
        if ns.trace:
            timeline.save(ns, ns.traced)
        return status
