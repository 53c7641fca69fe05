"""TCP and HTTP over a tap device, with clients on the host."""

import os
import re
import statistics
import subprocess
import tempfile

from guest import Guest, files_disk
from netns import GUEST, Namespace

HERE = os.path.dirname(os.path.realpath(__file__))
RUNS = 3
MB = 256
NICS = ("virtio", "e1000", "e1000e")


def cpu(g):
    """Seconds of CPU time that QEMU has used."""
    pid = g.p.pid
    while children := open(f"/proc/{pid}/task/{pid}/children").read().split():
        pid = children[0]
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def guests(ns, image, *opts, ready):
    """Guests with the NICs that the image has drivers for."""
    for nic in NICS:
        try:
            g = guest(ns, image, nic, *opts, ready=ready)
        except AssertionError:
            if nic == "virtio":
                raise
            continue
        with g:
            yield nic, g


def guest(ns, image, nic, *opts, ready):
    g = Guest(image, "--machine", "q35", "--mem", 128, "--net", f"tap={ns.tap}",
              "--ip", f"{GUEST}/24", "--nic", nic, *opts, timeout=300, prefix=ns.prefix)
    try:
        g.expect(ready, 30)
    except AssertionError:
        g.stop()
        raise
    return g


def client(folder):
    out = f"{folder}/client"
    subprocess.run(["gcc", "-O2", "-o", out, f"{HERE}/client.c"], check=True)
    return out


def transfer(ns, tool, kind, port):
    """MB/s; the count of bytes and of wrong ones must be right."""
    rate, want, got, bad = ns.run(tool, kind, GUEST, port, MB << 20).split()
    if want != got or bad != "0":
        raise RuntimeError(f"{kind}: {got} of {want} bytes, {bad} wrong")
    return float(rate)


def tcp(out):
    with tempfile.TemporaryDirectory() as d, Namespace() as ns:
        tool = client(d)
        for nic, g in guests(ns, f"{out}/nettest.elf", "--", "serve", "7000",
                             ready="serving on"):
            runs = [[float(x) for x in ns.run(tool, "rtt", GUEST, 7000, 5000).split()]
                    for _ in range(RUNS)]
            yield {"bench": f"TCP round trip, {nic}", "unit": "us",
                   "value": statistics.median(r[0] for r in runs),
                   "p99": statistics.median(r[1] for r in runs)}
            for name, kind, port in (("host to guest", "send", 7001),
                                     ("guest to host", "recv", 7002)):
                before = cpu(g)
                rates = [transfer(ns, tool, kind, port) for _ in range(RUNS)]
                yield {"bench": f"TCP {name}, {nic}", "unit": "MB/s",
                       "value": statistics.median(rates)}
                yield {"bench": f"TCP {name}, {nic}, QEMU's CPU time", "unit": "s/GB",
                       "value": (cpu(g) - before) * 1024 / MB / RUNS}


def wrk(ns, conns, headers=()):
    args = [a for h in headers for a in ("-H", h)]
    text = ns.run("wrk", "-t", 1, "-c", conns, "-d", "4s", *args,
                  f"http://{GUEST}/page.html")
    bad = re.search(r"Non-2xx.*: (\d+)|Socket errors:.*", text)
    if bad and not headers:
        raise RuntimeError(bad.group(0))
    return float(re.search(r"Requests/sec:\s*([\d.]+)", text).group(1))


def http(out):
    with tempfile.TemporaryDirectory() as d, Namespace() as ns:
        disk = files_disk(f"{d}/d.img", {"page.html": b"x" * 612})
        for nic, _ in guests(ns, f"{out}/httpd.elf", "--disk", disk, ready="serving"):
            for conns in (1, 8, 30):
                yield {"bench": f"HTTP keep-alive, {conns} connections, {nic}",
                       "value": statistics.median(wrk(ns, conns) for _ in range(RUNS)),
                       "unit": "req/s"}
            yield {"bench": f"HTTP without keep-alive, 8 connections, {nic}",
                   "value": statistics.median(
                       wrk(ns, 8, ["Connection: close"]) for _ in range(RUNS)),
                   "unit": "req/s"}
