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
WATCHED = 20            # s of echoes around an end
IP = "/sbin/ip"         # `ip' is the shell's own
GUEST, OUTSIDE = "10.9.0.4", f"{IP} netns exec outside"
CLIENT = {"memory": 192, "extra": "console=hvc0 rdinit=/init loglevel=4 mitigations=off "
          f"ip={GUEST}/16 run=serve+tcp+7000"}


def document(path):
    return json.dumps({"rc": [{"bin": "driverdomain"}],
                       "bridge": [{"if": "bridge0", "members": ["wm0", "virt0"]}],
                       "net": [{"if": "wm0", "type": "inet", "method": "static",
                                "addr": "10.9.0.5", "mask": "16"}],
                       "export": [{"name": "data", "path": path}]})


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
    bed.run(f"""{IP} link set eth1 nomaster; {IP} netns add outside
        {IP} link set eth1 netns outside && {OUTSIDE} {IP} addr add 10.9.0.9/16 dev eth1 &&
        {OUTSIDE} {IP} link set eth1 up""")


STORED = "/tmp/bench.img"
PLACES = [driverbed.NIC[0], driverbed.DISKS["nvme"][0]]


def is_netbsd(out):
    """It has no driver for these disks and serves one of dom0's."""
    return "/netbsd/" in out


def sirloin_domain(bed, out):
    """(image, keys of xl.cfg, what it says when it is ready)"""
    if is_netbsd(out):
        keys = {"pci": PLACES[:1], "disk": [disk(STORED)], "extra": document("blk0")}
    else:
        keys = {"pci": PLACES, "extra": document("/dev/ld0d")}
    return bed.put(f"{out}/driverdomain.elf"), {"driver_domain": 1, **keys}, b"ready"


def linux_domain():
    """Debian's kernel with the same devices and back ends and nothing else: the NIC in a
    bridge, the disk there."""
    made = xen.files()
    run = ("n=0;until [ -b /dev/nvme0n1 ]||[ $n -gt 200 ];do sleep 0.05;n=$((n- -1));done;"
           "ip link add br0 type bridge;ip link set eth0 master br0 up&&ip link set br0 up&&"
           "[ -b /dev/nvme0n1 ]&&echo ready")
    return f"{made}/vmlinux", {
        "driver_domain": 1, "pci": PLACES, "ramdisk": f"{made}/driver.cpio",
        "extra": "console=hvc0 rdinit=/init loglevel=3 mitigations=off iommu=soft run="
                 + run.replace(" ", "+")}, b"\nready"


def boots(bed, domain, mb):
    image, keys, word = domain
    try:
        return start_time(bed, image, {**keys, "memory": mb}, word, "xl destroy start")
    except (RuntimeError, OSError):
        bed.call("xl destroy start")    # one that hangs
        return None


def least(bed, domain, low, high, step):
    """MB, of those that are low + n * step, in which it gets ready."""
    while high - low > step:
        mid = low + (high - low) // (2 * step) * step
        low, high = (low, mid) if boots(bed, domain, mid) else (mid, high)
    return high


def beginnings(bed, domain, low, high, step):
    times = [boots(bed, domain, high) for _ in range(RUNS)]
    if None in times:
        raise RuntimeError(f"{domain[0]}: not ready: {bed.log('log/xl-start.log')[-300:]}")
    yield {"bench": "driver domain: xl create to ready", "unit": "ms",
           "value": statistics.median(times)}
    yield {"bench": "driver domain: least memory", "unit": "MB",
           "value": least(bed, domain, low, high, step)}


ENDS = {"panic": "xl sysrq driver c", "destroyed": "xl destroy driver"}


def gap(bed, command):
    """ms without an answer, for a client's client, around an end."""
    time.sleep(6)       # who ends sooner after its beginning waits
    ms, _ = bed.run(f"({OUTSIDE} client gap {GUEST} 0 {WATCHED} >/tmp/gap) & sleep 2; "
                    f"{command} >/dev/null 2>&1; wait; cat /tmp/gap", 60 + WATCHED).split()
    return float(ms)


def ours(bed, out):
    image, keys, _ = domain = sirloin_domain(bed, out)
    low, keys["memory"], step = (8, 128, 8) if is_netbsd(out) else (4, 64, 1)
    yield from beginnings(bed, domain, low, keys["memory"], step)
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
        for how, command in ENDS.items():
            yield {"bench": f"driver domain: {how}, to the first packet", "unit": "ms",
                   "value": statistics.median(gap(bed, command) for _ in range(RUNS))}
        made = re.findall(r"begun anew in ([\d.]+) s", bed.log("driver.log"))
        yield {"bench": "driver domain: an end seen, to the successor's first instruction",
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
    g = client(bed, "bridge=xenbr0,mac=00:16:3e:00:05:04", disk=[disk(STORED)])
    try:
        yield from rows(bed, "driver domain")
    finally:
        g.destroy()


def driver_domain(out):
    with driverbed.Bed(timeout=1800) as bed:
        bed.run(f"truncate -s 64M {STORED}")
        outside(bed)
        yield from ours(bed, os.path.join(os.path.dirname(out.rstrip("/")), "xen"))
        if is_netbsd(out):      # Linux is measured beside the built-in kernel
            return
        for row in beginnings(bed, linux_domain(), 32, 256, 8):
            yield {"image": "linux-domain", **row}
        for row in dom0(bed):
            yield {"image": "linux-dom0", **row}
