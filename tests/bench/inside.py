"""What apps/bench measures inside the guest and prints as JSON lines."""

import json
import os
import re
import statistics
import tempfile
import time

import measure
from guest import Guest, run

KERNEL = ("boot", "hypercall", "syscall", "clock", "malloc", "mutex", "contended", "switch",
          "cond", "pipe", "thread", "sleep")
# and what the guest calls it; ld, scsi and usb are drivers of NetBSD's
DISKS = (("virtio", "blk0"), ("nvme", "/dev/rld0d"), ("ahci", "/dev/rwd0d"),
         ("ld", "/dev/rld0d"), ("scsi", "/dev/rsd0d"), ("usb", "/dev/rsd0d"))


def lines(console):
    for line in re.findall(r'^\{"bench".*\}\s*$', console, re.M):
        yield json.loads(line)


def medians(runs):
    seen = {}
    for r in runs:
        seen.setdefault((r["bench"], r["unit"]), []).append(r["value"])
    for (name, unit), values in seen.items():
        yield {"bench": name, "value": statistics.median(values), "unit": unit}


def collect(image, *opts, args=()):
    for _ in range(measure.RUNS):
        status, console = run(image, *opts, "--", *args, timeout=300)
        if status:
            raise RuntimeError(f"status {status}: {console[-500:]}")
        yield from lines(console)


def kernel(out):
    for cpus in (1, 2):
        for r in medians(collect(f"{out}/bench.elf", "--machine", "q35", "--smp", cpus,
                                 "--mem", 128, args=KERNEL)):
            r["bench"] += f", {cpus} CPU" + "s" * (cpus > 1)
            yield r


def follow(g):
    """The lines as they come, and the CPU time of each, for what it counts."""
    n, used, at = 0, 0, time.monotonic()
    while True:
        with g.lock:
            alive = g.t.is_alive()
            rows = list(lines(g.console[:g.console.rfind("\n") + 1]))
            if len(rows) == n and alive:
                g.lock.wait(1)
                continue
        for r in rows[n:]:
            now, t = measure.cpu(g) if alive else used, time.monotonic()
            yield r
            each = (now - used) / ((t - at) * r["value"] or 1)
            if alive and r["unit"] in ("MB/s", "op/s"):
                value, unit = (each * 1e6, "us") if r["unit"] == "op/s" else \
                    (each * 1e3, "s/GB")
                yield {"bench": f"{r['bench']}, QEMU's CPU time", "value": value,
                       "unit": unit}
            used, at = now, t
        if len(rows) == n:
            return
        n = len(rows)


def disk_runs(out, path, kind, name):
    for _ in range(measure.RUNS):
        # the first word's line comes when the guest is up
        with Guest(f"{out}/bench.elf", "--machine", "q35", "--mem", 128, "--disk",
                   f"{path},{kind},raw", "--", name, "boot", "disk", "diskwrite",
                   timeout=300) as g:
            rows = list(follow(g))
            if g.wait():
                raise RuntimeError(f"{kind}: {g.console[-500:]}")
            yield from (r for r in rows if r["bench"].startswith("disk_"))


def disk(out):
    """Those that the image has drivers for."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as d:
        path = f"{d}/d.img"
        with open(path, "wb") as f:
            f.write(os.urandom(1 << 20) * 256)
        for kind, name in DISKS:
            if not measure.wanted(kind):
                continue
            for r in medians(disk_runs(out, path, kind, name)):
                what, _, cost = r["bench"].partition(", ")
                r["bench"] = f"{what}, {kind}" + (f", {cost}" if cost else "")
                yield r
