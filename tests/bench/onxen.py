"""On Xen (tests/xen's bed): a PV guest of ours and a Linux one, in turn, with the
same clients in dom0, one VCPU each."""

import os
import statistics
import time

import measure
import xen
from guest import files_disk
from inside import lines
from xencase import GUEST, config, disk, install, static

MB = 32


class Sirloin:
    name = None             # the column of the image folder

    def __init__(self, bed, out):
        self.bed, self.out = bed, out.replace("/hw", "/xen")

    def boot(self, app, *argv, net=False, wait=None, **keys):
        conf = {"net": [static()]} if net else {}
        conf.update(keys.pop("conf", {}))
        g = self.bed.create(app, f"{self.out}/{app}.elf", memory=128,
                            extra=config(app, *argv, **conf),
                            **({"vif": ["bridge=xenbr0"]} if net else {}), **keys)
        if wait:
            g.expect(wait, 60)
        return g

    def hello(self):
        return (f"{self.out}/hello.elf", {"extra": config("hello")}, b"hello from")

    def tcp(self):
        return self.boot("nettest", "serve", 7000, net=True, wait="serving on")

    def http(self, page):
        return self.boot("httpd", net=True, wait="serving", disk=[disk(page, access="ro")], conf={
            "blk": [{"source": "etfs", "path": "blk0", "fstype": "auto", "mountpoint": "/data",
             "ro": True}]})

    def disk(self, path):
        return self.boot("bench", "disk", "diskwrite", disk=[disk(path)])


class Linux:
    name = "linux-pv"

    def __init__(self, bed, made):
        self.bed, self.made = bed, made

    def keys(self, run, net=False):
        return {"ramdisk": f"{self.made}/domu.cpio", "memory": 256,
                "extra": "console=hvc0 rdinit=/init loglevel=3 mitigations=off "
                         + (f"ip={GUEST}/16 " if net else "") + "run=" + run.replace(" ", "+")}

    def boot(self, run, net=False, wait=None, **keys):
        g = self.bed.create("linux", f"{self.made}/vmlinux", **self.keys(run, net),
                            **({"vif": ["bridge=xenbr0"]} if net else {}), **keys)
        if wait:
            g.expect(wait, 90)
        return g

    def hello(self):
        return (f"{self.made}/vmlinux", self.keys("true"), b"linux: init")

    def tcp(self):
        return self.boot("serve tcp 7000", net=True, wait="serving")

    http = None

    def disk(self, path):
        return self.boot("serve disk /dev/xvda", disk=[disk(path)])


def start_time(bed, kernel, keys, word, end="true"):
    """ms from xl create's start to the first word of main, on the console; end: a script
    in dom0 that ends the guest."""
    with open(f"{bed.work}/start.cfg", "w") as f:
        f.write(xen.settings("start", kernel, **{"memory": 128, **keys}))
    bed.run(f"cp '{kernel}' /tmp/kernel; sed -i 's,^kernel = .*,kernel = \"/tmp/kernel\",' "
            "/bed/start.cfg")
    t, seen = time.monotonic(), b""
    with bed.start("exec xl create -F -c /bed/start.cfg </dev/zero 2>&1", 60) as s:
        while word not in seen:
            part = s.recv(4096)
            if not part:
                raise RuntimeError(seen[-300:])
            seen += part
        ms = (time.monotonic() - t) * 1000
        bed.call(end)
        while s.recv(4096):
            pass
    return ms


def transfer(bed, kind, port):
    rate, want, got, bad = bed.run(f"client {kind} {GUEST} {port} {MB << 20}", 120).split()
    if want != got or bad != "0":
        raise RuntimeError(f"{kind}: {got} of {want} bytes, {bad} wrong")
    return float(rate)


def network(bed, side):
    """(bench, unit, value, p99 or None) of one guest."""
    g = side.tcp()
    try:
        rtt, p99 = map(float, bed.run(f"client rtt {GUEST} 7000 2000", 120).split())
        yield "PV TCP round trip", "us", rtt, p99
        for name, kind, port in (("dom0 to guest", "send", 7001), ("guest to dom0", "recv", 7002)):
            yield f"PV TCP {name}", "MB/s", transfer(bed, kind, port), None
        if side.http:
            g.destroy()
            g = side.http("/tmp/page.img")
        for conns in (1, 30):
            n, s = bed.run(f"load {GUEST} 80 {conns} 3000 /page.html=/tmp/f/page.html",
                           200).split()
            yield (f"PV HTTP keep-alive, {conns} connection{'s' * (conns > 1)}", "req/s",
                   int(n) / float(s), None)
    finally:
        g.destroy()


def disks(bed, side):
    g = side.disk("/tmp/bench.img")
    if g.wait(60)[1] != 0:
        g.fail("the disk benchmark failed")
    for r in lines(g.console):
        yield f"PV {r['bench']}", r["unit"], r["value"], None


def start(bed, side):
    yield "PV xl create to main", "ms", start_time(bed, *side.hello()), None


def in_turn(bed, sides, measurement, runs):
    """Each side once, then again, so that the machine's other work is the same for
    all; medians."""
    seen = {}
    for _ in range(runs):
        for side in sides:
            for bench, unit, value, p99 in measurement(bed, side):
                seen.setdefault((side.name, bench, unit), []).append((value, p99))
    for (name, bench, unit), values in seen.items():
        row = {"image": name} if name else {}
        row.update(bench=bench, unit=unit, value=statistics.median(v for v, _ in values))
        if values[0][1] is not None:
            row["p99"] = statistics.median(p for _, p in values)
        yield row


def pv(out):
    with xen.Bed(timeout=1500) as bed:
        install(bed)
        with open(f"{bed.work}/page.html", "wb") as f:
            f.write(b"x" * 612)
        bed.put(f"{bed.work}/page.html")
        image = bed.put(files_disk(f"{bed.work}/page.img", {"page.html": b"x" * 612}))
        bed.run(f"mv {image} /tmp/page.img; "
                "dd if=/dev/urandom of=/tmp/bench.img bs=1M count=128", 120)
        sides = [Sirloin(bed, out), Linux(bed, os.path.dirname(xen.files() + "/x"))]
        for measurement, runs in ((start, max(5, measure.RUNS)), (network, measure.RUNS),
                                  (disks, measure.RUNS)):
            yield from in_turn(bed, sides, measurement, runs)
