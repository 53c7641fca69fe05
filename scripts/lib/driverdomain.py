"""sirloin driverdomain: keeps a driver domain running.

A domain that serves devices to others has its id in many places: in the grants and
event channels of its clients, in their keys in xenstore, in the tool stack's.  So a
successor gets the id of the one that crashed, and the directories of its back ends as
the tool stack made them.  It then finds front ends that are connected, and goes on
with their rings where its predecessor stopped; they notice a pause and no more
(docs/driver-domain.md)."""

import json
import os
import select
import signal
import subprocess
import sys
import time

import xenlib
from common import Failure, USAGE, load_config

CLASSES = ("vif", "vbd")        # what has back ends here
PATIENCE = 30           # s for a destroyed domain's id to be free
RESTLESS = 5            # s: who crashes sooner after a start waits before the next
LONGEST = 30            # s of such a wait
POLITE = 15             # s for the end that it was asked for
STORE = 4000            # a value in xenstore (XENSTORE_PAYLOAD_MAX, with its path)


def say(text):
    print(f"driverdomain: {text}", flush=True)


def configuration(ns):
    """What xl makes of the file, as libxl takes it."""
    if not os.path.exists(ns.file):
        raise Failure(f"{ns.file}: no such file", USAGE)
    r = subprocess.run(["xl", "create", "-n", "-q", ns.file], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
    if r.returncode:
        raise Failure(f"{ns.file}: {r.stderr.strip()}")
    config = json.loads(r.stdout[r.stdout.index("{"):])
    if ns.config:
        text = load_config(ns.config)
        if len(text.encode()) > STORE:
            raise Failure(f"{ns.config}: {len(text.encode())} bytes; xenstore takes {STORE}")
        config["c_info"].setdefault("xsdata", {})["rumprun/cfg"] = text
    return config


class Keeper:
    def __init__(self, config, toolstack, store, clock=time.monotonic):
        self.config, self.xl, self.store, self.clock = config, toolstack, store, clock
        self.name = config["c_info"]["name"]
        self.note = f"/tool/sirloin/driverdomain/{self.name}"
        self.domid, self.started, self.wait = None, 0, 0
        self.stop, self.pipe = False, os.pipe()

    # ---- the store ----

    def clients(self):
        """(front end's domain, class, path of the tool stack's record) of each device
        that the domain serves."""
        prefix = f"/local/domain/{self.domid}/backend/"
        for dom in self.store.list("/libxl"):
            for cls in CLASSES:
                for n in self.store.list(f"/libxl/{dom}/device/{cls}"):
                    record = f"/libxl/{dom}/device/{cls}/{n}"
                    if (self.store.read(f"{record}/backend") or "").startswith(prefix):
                        yield int(dom), cls, record

    def restore(self, dom, record):
        """The back end's directory as the tool stack made it; and the front end's may
        be read again: what a dead domain was allowed is not its successor's."""
        path, front = (self.store.read(f"{record}/{k}") for k in ("backend", "frontend"))
        self.store.remove(path)
        self.store.mkdir(path, (self.domid, xenlib.NONE), (dom, xenlib.READ))
        for key in self.store.list(record):
            if key not in ("backend", "frontend", "state"):
                self.store.write(f"{path}/{key}", self.store.read(f"{record}/{key}"))
        self.store.write(f"{path}/frontend", front)
        self.store.write(f"{path}/state", "1")
        self.share(front, dom)

    def share(self, path, dom):
        self.store.allow(path, (dom, xenlib.NONE), (self.domid, xenlib.READ))
        for key in self.store.list(path):
            self.share(f"{path}/{key}", dom)

    # ---- life ----

    def create(self):
        if self.domid is not None:
            self.config["c_info"]["domid"] = self.domid
            self.xl.reuse(self.domid)
        new = self.xl.create(self.config)
        if self.domid not in (None, new):
            raise Failure(f"{self.name} got the id {new}, not {self.domid}")
        self.domid = new
        self.store.write(self.note, str(new))
        n = 0
        for dom, _, record in list(self.clients()):
            self.restore(dom, record)
            n += 1
        self.xl.unpause(new)
        self.started = self.clock()
        return n

    def begin(self):
        """The first one; or the one that runs already; or in the place of one that has
        died since."""
        running = self.xl.find(self.name)
        note = self.store.read(self.note)
        if running is not None:
            self.domid, self.started = running, self.clock()
            say(f"{self.name} runs already: domain {running}")
            return
        if note and self.xl.info(int(note)) is None:
            self.domid = int(note)
        n = self.create()
        say(f"{self.name}: domain {self.domid}" + (f", {n} devices of clients" if n else ""))

    def state(self):
        """Why it is to be begun anew, "poweroff", or None: it runs."""
        info = self.xl.info(self.domid)
        if info is None or info.get("dying"):
            return "destroyed"
        return info["reason"]

    def forget_pci(self):
        """libxl asks a domain's front end to give each of its devices back, and waits
        10 s for one that is dead.  With the record gone, the hypervisor takes the
        devices back as it destroys the domain, and pciback when its directory goes; the
        next creation resets them."""
        for place in self.store.list("/libxl/pci"):
            if self.store.read(f"/libxl/pci/{place}/domid") == str(self.domid):
                self.store.remove(f"/libxl/pci/{place}/domid")
        self.store.remove(f"/libxl/{self.domid}/device/pci")
        self.store.remove(f"/local/domain/0/backend/pci/{self.domid}")

    def left(self):
        return self.xl.info(self.domid) is not None or os.path.exists(
            f"/sys/bus/xen-backend/devices/pci-{self.domid}-0")

    def free(self):
        """End what is left of it, and wait for its id and its devices."""
        end = self.clock() + PATIENCE
        self.forget_pci()
        if self.xl.info(self.domid) is not None:
            self.xl.destroy(self.domid)
        while self.left():
            if self.clock() > end:
                raise Failure(f"domain {self.domid} does not go away")
            time.sleep(0.005)

    def again(self, why):
        t = self.clock()
        if t - self.started < RESTLESS:
            self.wait = min(max(self.wait * 2, 0.5), LONGEST) if self.wait else 0.001
        else:
            self.wait = 0
        self.free()
        freed = self.clock()
        if self.wait > 0.1:
            say(f"{self.name}: {why} again, so soon: waits {self.wait:g} s")
            self.sleep(self.wait)
            if self.stop:
                return
        made = self.clock()
        n = self.create()
        now = self.clock()
        say(f"{self.name}: {why}: begun anew in {now - t:.3f} s (freed in {freed - t:.3f}, made "
            f"in {now - made:.3f}): domain {self.domid}, {n} devices of clients")

    # ---- the loop ----

    def asked(self, *_):
        self.stop = True
        os.write(self.pipe[1], b"x")

    def sleep(self, seconds):
        if select.select([self.store, self.pipe[0]], [], [], seconds)[0]:
            self.store.drain()

    def run(self):
        self.store.watch("@releaseDomain")
        self.begin()
        while not self.stop:
            why = self.state()
            if why == "poweroff":
                self.free()
                self.store.remove(self.note)
                say(f"{self.name} has ended")
                return 0
            if why:
                self.again(why)
            else:
                self.sleep(60)
        return self.end()

    def end(self):
        if self.state() is None:
            self.xl.shutdown(self.domid)
        end = self.clock() + POLITE
        while self.state() is None and self.clock() < end:
            self.sleep(0.2)
        self.free()
        say(f"{self.name} is ended; its clients wait for another")
        return 0


def run(ns):
    config = configuration(ns)
    keeper = Keeper(config, xenlib.Toolstack(), xenlib.Store())
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, keeper.asked)
    try:
        return keeper.run()
    except Failure as f:
        print(f"driverdomain: {f}", file=sys.stderr)
        return f.status
