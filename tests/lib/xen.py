"""The test bed: Xen and a small Linux dom0 in QEMU, guests by xl.

    with Bed() as bed:
        d = bed.create("hello", image("hello"), vcpus=2, extra="...")
        d.expect("hello")               # on its console
        reason, status = d.wait(20)     # ("poweroff", 0)
        bed.run("xl list")              # a script in dom0: its output

A bed keeps its files in a folder of its own under $(O)/xenbed: any number may
run side by side, each with about 1.5 GB.  That folder is dom0's /bed and the
build is dom0's /images, both also under their names on the host, live.  Guests
have their consoles in log/console/guest-NAME.log; Xen's and dom0's is xen.log."""

import contextlib
import fcntl
import functools
import itertools
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from guest import OUT, PATIENCE, ROOT, free_port

XENTESTS = f"{ROOT}/tests/xen"
QEMU = "qemu-system-x86_64"
REASONS = {0: "poweroff", 1: "reboot", 2: "suspend", 3: "crash", 4: "watchdog"}
XEN_OPTIONS = ("console=com1 com1=115200,8n1 dom0=pv dom0_max_vcpus=1 spec-ctrl=no,eager-fpu "
               "ucode=no cpufreq=none bootscrub=0 loglvl=info guest_loglvl=all")
# A program at another address is translated again.
LINUX_OPTIONS = "console=hvc0 rdinit=/init loglevel=4 mitigations=off nokaslr norandmaps"
# With FSGSBASE a PV kernel reads an MSR, through Xen, for each switch of threads.
DOM0_OPTIONS = (f"{LINUX_OPTIONS} earlyprintk=xen nofsgsbase init_on_alloc=0 "
                "hardened_usercopy=off lsm= panic=-1")


class Unavailable(RuntimeError):
    """No bed on this machine, and why."""


class Failed(RuntimeError):
    """A command in dom0 failed; status and output."""

    def __init__(self, script, status, output):
        super().__init__(f"dom0: {script.strip()[:120]}: status {status}\n{output[-2000:]}")
        self.status, self.output = status, output


@contextlib.contextmanager
def only_one():
    """What other processes must not do at the same time in $(O)/xenbed."""
    os.makedirs(f"{OUT}/xenbed", exist_ok=True)
    with open(f"{OUT}/xenbed/lock", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


@functools.cache
def files():
    """The folder with Xen, dom0 and the Linux domU."""
    if not shutil.which(QEMU):
        raise Unavailable(f"{QEMU} is not installed")
    with only_one():
        r = subprocess.run([f"{XENTESTS}/mkbed", f"{OUT}/xenbed"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=1800)
    if r.returncode:
        raise Unavailable(r.stderr.strip().splitlines()[-1])
    return r.stdout.strip()


def settings(name, kernel, **config):
    """The text of a domain's configuration."""
    cfg = {"name": name, "type": "pv", "kernel": kernel, "memory": 64, "vcpus": 1,
           "on_poweroff": "destroy", "on_reboot": "destroy", "on_crash": "destroy", **config}
    if cfg["type"] == "pvh":    # QEMU's nested guests get #UD for AVX
        cfg.setdefault("cpuid", "host,avx=0,avx2=0")
    return "".join(f"{k} = {v!r}\n" for k, v in cfg.items())


class Bed:
    def __init__(self, mem=3072, dom0_mem=768, smp=1, work=None, shell=False, timeout=3600,
                 qemu=(), pci=()):
        """pci: devices to be passed to guests, as QEMU's -device has them, each with
        addr=SLOT (0x10 and up are free); their back ends are in qemu.  Such a bed has
        an IOMMU, and the devices are in `xl pci-assignable-list' as 00:SLOT.0."""
        self.pci = tuple(pci)
        made = files()
        self.work = work or tempfile.mkdtemp(prefix="run-", dir=f"{OUT}/xenbed")
        self.keep = work is not None
        os.makedirs(self.work, exist_ok=True)
        self.port = free_port()
        with open(f"{self.work}/port", "w") as f:
            f.write(f"{self.port}\n")
        self.begin()
        shutil.rmtree(f"{self.work}/log", ignore_errors=True)
        os.makedirs(f"{self.work}/log/console")
        for f in os.listdir(self.work):
            if f == "ready" or f.endswith(".cfg"):
                os.unlink(f"{self.work}/{f}")
        if shell:
            shutil.copy(f"{XENTESTS}/motd", f"{self.work}/motd")
        argv = self.command(made, mem, dom0_mem, smp, shell) + list(qemu)
        if timeout:             # and not beyond this process
            argv = ["setpriv", "--pdeathsig", "TERM", "timeout", "-k", "5", str(timeout), *argv]
        with open(f"{self.work}/qemu.log", "w") as log:
            self.p = subprocess.Popen(argv, cwd=self.work, stderr=log,
                                      stdin=None if shell else subprocess.DEVNULL,
                                      stdout=None if shell else log)

    def begin(self):
        self.names, self.lock = set(), threading.Lock()
        self.count = itertools.count()

    def command(self, made, mem, dom0_mem, smp, shell):
        def share(name, path, ro):
            return ["-fsdev", f"local,id={name},path={path},security_model=none"
                    + (",readonly=on" if ro else ""),
                    "-device", f"virtio-9p-pci,fsdev={name},mount_tag={name}"]
        dom0 = (f"{DOM0_OPTIONS} sirloin.bed={self.work} sirloin.images={OUT}"
                + (" sirloin.shell" if shell else ""))
        # the IOMMU knows of the devices behind it on the command line
        machine = ["q35", "-device", "intel-iommu,intremap=on"] if self.pci else ["pc"]
        return [QEMU, "-accel", "tcg", "-M", *machine, "-cpu", "max,-smap,-rdtscp",
                "-smp", str(smp), "-m", str(mem), "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot",
                # Xen's console, and a socket to type its debug keys on (3 times ^A)
                "-chardev", "socket,id=xen,path=xen.sock,server=on,wait=off,"
                f"logfile={self.work}/xen.log", "-serial", "chardev:xen",
                "-monitor", "unix:qemu.sock,server=on,wait=off",
                *(["-chardev", "stdio,id=tty,signal=off", "-serial", "chardev:tty"]
                  if shell else ["-serial", "null"]),
                "-kernel", f"{made}/xen",
                "-append", f"{XEN_OPTIONS} dom0_mem={dom0_mem}M,max:{dom0_mem}M",
                "-initrd", f"{made}/vmlinux {dom0},{made}/dom0.cpio",
                "-netdev", f"user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:7",
                "-device", "virtio-net-pci,netdev=n0,romfile=",
                *[w for d in self.pci for w in ("-device", d)],
                *share("bed", self.work, False), *share("images", OUT, True),
                *share("src", ROOT, True), *share("usr", "/usr", True)]

    # ---- life ----

    def __enter__(self):
        try:
            self.ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def log(self, name="xen.log"):
        try:
            with open(f"{self.work}/{name}", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def ready(self, timeout=240):
        end = time.monotonic() + timeout * PATIENCE
        while not os.path.exists(f"{self.work}/ready"):
            if self.p.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the test bed did not start:\n" + self.log("qemu.log")[-500:]
                                   + self.log()[-2000:])
            time.sleep(0.05)
        for place in self.places():
            self.xl("pci-assignable-add", place)

    def places(self):
        """Where the devices to be passed are: "00:10.0"."""
        return [f"00:{int(m[1], 0):02x}.{m[2] or 0}" for m in (
            re.search(r"\baddr=(0x[0-9a-f]+|\d+)(?:\.(\d))?", d) for d in self.pci)]

    def alive(self):
        return self.p is None or self.p.poll() is None

    def close(self):
        if self.p is not None and self.p.poll() is None:
            self.p.terminate()
            try:
                self.p.wait(10)
            except subprocess.TimeoutExpired:
                self.p.kill()
                self.p.wait()
        if not self.keep:
            shutil.rmtree(self.work, ignore_errors=True)

    @classmethod
    def attach(cls, work):
        """One that runs already, in this folder (tests/xen/bed start)."""
        self = cls.__new__(cls)
        self.work, self.keep, self.p = work, True, None
        self.begin()
        with open(f"{work}/port") as f:
            self.port = int(f.read())
        return self

    # ---- dom0 ----

    def start(self, script, timeout=180, stdin=False):
        """A script in dom0: the socket its output comes from (dom0/agent.c)."""
        data, timeout = script.encode(), timeout * PATIENCE
        with self.lock:     # QEMU's user network takes one connection at a time
            s = socket.create_connection(("127.0.0.1", self.port), 10)
            s.sendall(b"%g %d %d\n" % (timeout, len(data), stdin) + data)
        s.settimeout(timeout + 10)
        return s

    def call(self, script, timeout=180):
        """(status, output) of a script in dom0; 124 when its time was over."""
        out = b""
        with self.start(script, timeout) as s:
            try:
                while part := s.recv(65536):
                    out += part
            except TimeoutError:        # not even its own time limit was kept
                self.close()
            except ConnectionError:
                pass
        if len(out) < 4 or out[-4]:
            raise RuntimeError(f"dom0 did not answer: {script[:80]}\n{self.log()[-1500:]}")
        return int(out[-3:]), out[:-4].decode(errors="replace")

    def run(self, script, timeout=180):
        """Output of a script that must succeed."""
        status, out = self.call(script, timeout)
        if status:
            raise Failed(script, status, out)
        return out

    def xl(self, *args, timeout=180):
        return self.run("xl " + " ".join(f"'{a}'" for a in args), timeout)

    def put(self, path, name=None):
        """A file of the host's into dom0's memory; its path there."""
        name, tmp = name or os.path.basename(path), self.temporary()
        shutil.copy(path, f"{self.work}/{tmp}")
        self.run(f"mkdir -p /tmp/f && cp /bed/{tmp} '/tmp/f/{name}'")
        os.unlink(f"{self.work}/{tmp}")
        return f"/tmp/f/{name}"

    def get(self, path):
        """Content of a file of dom0's."""
        tmp = self.temporary()
        self.run(f"cp '{path}' /bed/{tmp}")
        with open(f"{self.work}/{tmp}", "rb") as f:
            data = f.read()
        os.unlink(f"{self.work}/{tmp}")
        return data

    def temporary(self):
        return f"{os.getpid()}-{next(self.count)}.tmp"

    # ---- guests ----

    def create(self, name, kernel, paused=False, timeout=180, **config):
        """xl create; config as in xl.cfg(5), over defaults.  kernel: a path that
        dom0 sees as well (below the build or the work folder), or is copied."""
        n, base = 1, name
        with self.lock:
            while name in self.names or os.path.exists(f"{self.work}/{name}.cfg"):
                n += 1
                name = f"{base}{n}"
            self.names.add(name)
        if not kernel.startswith((f"{OUT}/", f"{self.work}/", "/images/", "/bed/", "/tmp/f/")):
            kernel = self.put(kernel)
        with open(f"{self.work}/{name}.cfg", "w") as f:
            f.write(settings(name, kernel, **config))
        for left in (2, 1, 0):
            try:
                self.run(f"xl create {'-p' if paused else ''} /bed/{name}.cfg", timeout)
                return Domain(self, name)
            except Failed as e:     # libxl's 10 s for a device: few on a busy host
                if not left or "unable to add device with path" not in e.output:
                    e.args = (f"{e}\n--- domains\n{self.call('xl list')[1]}\n--- Xen\n"
                              + "\n".join(self.log().splitlines()[-25:]),)
                    raise


class Domain:
    def __init__(self, bed, name):
        self.bed, self.name = bed, name
        self.tty = {}           # by id

    @property
    def console(self):
        return self.bed.log(f"log/console/guest-{self.name}.log").replace("\r", "")

    @property
    def events(self):
        """What xl has seen of it."""
        return self.bed.log(f"log/xl-{self.name}.log")

    @property
    def id(self):
        """In its present life; xl, which takes 0.15 s of dom0's CPU, is asked only when
        it has not said so yet."""
        text = self.events
        known = re.findall(r"^Waiting for domain .* \(domid (\d+)\)", text, re.M)
        if known and f"Domain {known[-1]} has shut down" not in text:
            return int(known[-1])
        return int(self.bed.xl("domid", self.name))

    def fail(self, why):
        tail = "\n".join(self.bed.log().splitlines()[-25:])
        raise AssertionError(f"{self.name}: {why}\n--- console\n{self.console[-3000:]}\n"
                             f"--- xl\n{self.events[-600:]}\n--- Xen\n{tail}")

    def expect(self, pattern, timeout=60, after=0, lives=1):
        """Wait for a regular expression on the console, past character `after`;
        no longer than it runs, for the lives-th time."""
        end = time.monotonic() + timeout * PATIENCE
        while not (m := re.compile(pattern, re.M).search(self.console, after)):
            over = len(self.reasons()) - self.reasons().count("suspend") >= lives
            if time.monotonic() > end or not self.bed.alive() or over:
                if m := re.compile(pattern, re.M).search(self.console, after):
                    return m
                self.fail(f"no {pattern!r} on the console")
            time.sleep(0.05)
        return m

    def reasons(self):
        """Why it has shut down, each time."""
        return [REASONS.get(int(n), f"reason {n}") for n in re.findall(
            r"has shut down, reason code (\d+)", self.events)]

    def wait(self, timeout=60, times=1):
        """Wait until it has shut down so often: (reason, status on the console or
        None, "panic" or "reboot")."""
        end = time.monotonic() + timeout * PATIENCE
        while len(self.reasons()) < times:
            if time.monotonic() > end or not self.bed.alive():
                self.fail(f"still running after {timeout * PATIENCE} s")
            time.sleep(0.05)
        self.gone(10)
        words = re.findall(r"^sirloin: (exit \d+|panic|reboot)$", self.console, re.M)
        word = words[-1] if words else None
        return self.reasons()[times - 1], int(word[5:]) if (word or "")[:4] == "exit" else word

    def ended(self):
        """xl has destroyed it, because it had shut down for good."""
        text = self.events
        return text.endswith("Done. Exiting now\n") and \
            text.count("has shut down, reason code") == text.count("needs to be cleaned up")

    def gone(self, timeout=10):
        """Wait until xl has done with it (all of the console is in the log)."""
        end = time.monotonic() + timeout * PATIENCE
        while time.monotonic() < end:
            if re.search(r"Done\. Exiting now|Domain \d+ needs to be|is being restarted|"
                         r"restarted? ", self.events):
                break
            time.sleep(0.05)

    def send(self, text):
        """Type on its console."""
        tmp, n = self.bed.temporary(), self.id
        if n not in self.tty:
            self.tty[n] = self.store("console/tty")
        with open(f"{self.bed.work}/{tmp}", "w") as f:
            f.write(text)
        self.bed.run(f"cat /bed/{tmp} >{self.tty[n]}")
        os.unlink(f"{self.bed.work}/{tmp}")

    def store(self, path):
        return self.bed.run(f"xenstore-read /local/domain/{self.id}/{path}").strip()

    def running(self):
        return self.bed.call(f"xl domid {self.name}")[0] == 0

    def destroy(self):
        """End it if it is there."""
        if self.bed.alive() and not self.ended():
            self.bed.call(f"xl destroy {self.name}")
