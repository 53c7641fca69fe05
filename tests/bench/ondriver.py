"""A driver domain on Xen beside Linux dom0's bridge and netback, on the same emulated
NIC (e1000): from outside, which is a network stack of its own in dom0, to a Linux
guest.  And how long its clients are without it when it crashes."""

import json
import os
import re
import statistics
import time

import driverbed
import xen
from onxen import start_time
from xencase import disk

MB = 16
RUNS = 3
GUEST, OUTSIDE = "10.9.0.4", "ip netns exec outside"
CLIENT = {"memory": 192, "extra": "console=hvc0 rdinit=/init loglevel=4 mitigations=off "
          f"ip={GUEST}/16 run=serve+tcp+7000"}


def document():
    return json.dumps({"rc": [{"bin": "driverdomain"}],
                       "bridge": [{"if": "bridge0", "members": ["wm0", "virt0"]}],
                       "net": [{"if": "wm0", "type": "inet", "method": "static",
                                "addr": "10.9.0.5", "mask": "16"}],
                       "export": [{"name": "data", "path": "/dev/ld0d"}]})


def client(bed, vif, **keys):
    made = xen.files()
    g = bed.create("client", f"{made}/vmlinux", ramdisk=f"{made}/client.cpio", vif=[vif],
                   timeout=200, **CLIENT, **keys)
    g.expect("serving", 200)
    return g


def rows(bed, what):
    runs = [[float(x) for x in bed.run(f"{OUTSIDE} client rtt {GUEST} 7000 1000", 120).split()]
            for _ in range(RUNS)]
    yield {"bench": f"{what}: TCP round trip", "unit": "us",
           "value": statistics.median(r[0] for r in runs),
           "p99": statistics.median(r[1] for r in runs)}
    for name, kind, port in (("to the guest", "send", 7001), ("from the guest", "recv", 7002)):
        rates = []
        for _ in range(RUNS):
            rate, want, got, bad = bed.run(
                f"{OUTSIDE} client {kind} {GUEST} {port} {MB << 20}", 300).split()
            if want != got or bad != "0":
                raise RuntimeError(f"{kind}: {got} of {want} bytes, {bad} wrong")
            rates.append(float(rate))
        yield {"bench": f"{what}: TCP {name}", "unit": "MB/s",
               "value": statistics.median(rates)}


def outside(bed):
    """dom0's other end of the wire, in a network stack of its own."""
    bed.run("ip link set eth1 nomaster; ip netns add outside; ip link set eth1 netns outside; "
            f"{OUTSIDE} ip addr add 10.9.0.9/16 dev eth1; {OUTSIDE} ip link set eth1 up")


def ours(bed, out):
    places = [driverbed.NIC[0], driverbed.DISKS["nvme"][0]]
    image = bed.put(f"{out}/driverdomain.elf")
    keys = {"memory": 64, "driver_domain": 1, "pci": places, "extra": document()}
    boots = [start_time(bed, image, keys, b"ready") for _ in range(RUNS)]
    yield {"bench": "driver domain: xl create to ready", "unit": "ms",
           "value": statistics.median(boots)}
    with open(f"{bed.work}/driver.cfg", "w") as f:
        f.write(xen.settings("driver", image, **keys))
    bed.run("""(sirloin driverdomain /bed/driver.cfg >/bed/driver.log 2>&1 &
        echo $! >/run/driverdomain.pid)
        n=0; until grep -q ': domain' /bed/driver.log || [ $n -gt 600 ]; do n=$((n+1))
        sleep 0.2; done""", 140)
    g = client(bed, "backend=driver,mac=00:16:3e:00:05:04", disk=[
        "format=raw,vdev=xvda,access=rw,backend=driver,backendtype=phy,target=data"])
    try:
        yield from rows(bed, "driver domain")
        gaps = []
        for _ in range(RUNS):
            time.sleep(6)
            ms, _ = bed.run(f"({OUTSIDE} client gap {GUEST} 0 12 >/tmp/gap) & sleep 2; "
                            "xl destroy driver; wait; cat /tmp/gap", 60).split()
            gaps.append(float(ms))
        yield {"bench": "driver domain: destroyed, to the first packet", "unit": "ms",
               "value": statistics.median(gaps)}
        made = re.findall(r"begun anew in ([\d.]+) s", bed.log("driver.log"))
        yield {"bench": "driver domain: destroyed, to the successor's first instruction",
               "unit": "ms", "value": statistics.median(float(m) * 1e3 for m in made)}
    finally:
        g.destroy()
        bed.run("kill $(cat /run/driverdomain.pid); sleep 3")


def dom0(bed):
    """The NIC in dom0, in a bridge with the guest's vif."""
    place = driverbed.NIC[0]
    bed.run(f"""xl pci-assignable-remove {place}; insmod /lib/modules/e1000.ko
        echo 0000:{place} >/sys/bus/pci/drivers/e1000/bind 2>/dev/null
        i=$(ls /sys/bus/pci/devices/0000:{place}/net) && ip link set $i master xenbr0 up""")
    g = client(bed, "bridge=xenbr0,mac=00:16:3e:00:05:04", disk=[disk("/tmp/bench.img")])
    try:
        yield from rows(bed, "driver domain")
    finally:
        g.destroy()


def driver_domain(out):
    with driverbed.Bed(timeout=1800) as bed:
        bed.run("truncate -s 64M /tmp/bench.img")
        outside(bed)
        yield from ours(bed, os.path.join(os.path.dirname(out.rstrip("/")), "xen"))
        for row in dom0(bed):
            yield {"image": "linux-dom0", **row}
