"""What apps/bench measures inside the guest and prints as JSON lines."""

import json
import os
import re
import statistics
import tempfile

from guest import run

RUNS = 3
KERNEL = ("boot", "hypercall", "syscall", "clock", "malloc", "mutex", "contended", "switch",
          "cond", "pipe", "thread", "sleep")


def lines(console):
    for line in re.findall(r'^\{"bench".*\}\s*$', console, re.M):
        yield json.loads(line)


def collect(image, *opts, args=()):
    seen = {}
    for _ in range(RUNS):
        status, console = run(image, *opts, "--", *args, timeout=300)
        if status:
            raise RuntimeError(f"status {status}: {console[-500:]}")
        for r in lines(console):
            seen.setdefault((r["bench"], r["unit"]), []).append(r["value"])
    for (name, unit), values in seen.items():
        yield {"bench": name, "value": statistics.median(values), "unit": unit}


def kernel(out):
    for cpus in (1, 2):
        for r in collect(f"{out}/bench.elf", "--machine", "q35", "--smp", cpus,
                         "--mem", 128, args=KERNEL):
            r["bench"] += f", {cpus} CPU" + "s" * (cpus > 1)
            yield r


def disk(out):
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as d:
        path = f"{d}/d.img"
        with open(path, "wb") as f:
            f.write(os.urandom(1 << 20) * 256)
        for kind, name in (("virtio", "blk0"), ("nvme", "/dev/rld0d"), ("ahci", "/dev/rwd0d")):
            for r in collect(f"{out}/bench.elf", "--machine", "q35", "--mem", 128,
                             "--disk", f"{path},{kind},raw",
                             args=(f"disk={name}", "disk", "diskwrite")):
                r["bench"] += f", {kind}"
                yield r
