"""TCP and HTTP over a tap device, with clients on the host."""

import os
import re
import statistics
import subprocess
import sys
import tempfile

import measure
from guest import Guest, files_disk
from netns import GUEST, Namespace

HERE = os.path.dirname(os.path.realpath(__file__))
MB = 256
# vioif and pcnet are NetBSD's alone; vioif drives virtio
NICS = ("virtio", "vioif", "e1000", "e1000e", "pcnet")


def guests(ns, image, *opts, ready):
    """Guests with the NICs that the image has drivers for."""
    for nic in filter(measure.wanted, NICS):
        try:
            g = guest(ns, image, nic, *opts, ready=ready)
        except AssertionError:
            if nic == "virtio":
                raise
            print(f"bench: {image} does not start with {nic}", file=sys.stderr)
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
                    for _ in range(measure.RUNS)]
            yield {"bench": f"TCP round trip, {nic}", "unit": "us",
                   "value": statistics.median(r[0] for r in runs),
                   "p99": statistics.median(r[1] for r in runs)}
            for name, kind, port in (("host to guest", "send", 7001),
                                     ("guest to host", "recv", 7002)):
                before = measure.cpu(g)
                rates = [transfer(ns, tool, kind, port) for _ in range(measure.RUNS)]
                yield {"bench": f"TCP {name}, {nic}", "unit": "MB/s",
                       "value": statistics.median(rates)}
                yield {"bench": f"TCP {name}, {nic}, QEMU's CPU time", "unit": "s/GB",
                       "value": (measure.cpu(g) - before) * 1024 / MB / measure.RUNS}


def wrk(ns, conns, headers=()):
    """Requests, and how many a second."""
    args = [a for h in headers for a in ("-H", h)]
    text = ns.run("wrk", "-t", 1, "-c", conns, "-d", "2s", *args,
                  f"http://{GUEST}/page.html")
    bad = re.search(r"Non-2xx.*: (\d+)|Socket errors:.*", text)
    if bad and not headers:
        raise RuntimeError(bad.group(0))
    return (int(re.search(r"(\d+) requests in", text).group(1)),
            float(re.search(r"Requests/sec:\s*([\d.]+)", text).group(1)))


def http(out):
    with tempfile.TemporaryDirectory() as d, Namespace() as ns:
        disk = files_disk(f"{d}/d.img", {"page.html": b"x" * 612})
        for nic, g in guests(ns, f"{out}/httpd.elf", "--disk", disk, ready="serving"):
            for what, conns, headers in (("keep-alive", 1, ()), ("keep-alive", 8, ()),
                                         ("keep-alive", 30, ()),
                                         ("without keep-alive", 8, ["Connection: close"])):
                before = measure.cpu(g)
                runs = [wrk(ns, conns, headers) for _ in range(measure.RUNS)]
                name = f"HTTP {what}, {conns} connections, {nic}"
                yield {"bench": name, "value": statistics.median(r[1] for r in runs),
                       "unit": "req/s"}
                yield {"bench": f"{name}, QEMU's CPU time", "unit": "us",
                       "value": (measure.cpu(g) - before) * 1e6 / sum(r[0] for r in runs)}
