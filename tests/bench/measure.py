"""What the groups share: how often, and what QEMU uses meanwhile."""

import os

RUNS = 3        # of each measurement; the median is shown (run --runs N)
DEVICES = []    # only these (run --device NAME)


def wanted(device):
    return not DEVICES or device in DEVICES


def cpu(g):
    """Seconds of CPU time that a guest's QEMU has used."""
    pid = g.p.pid
    while children := open(f"/proc/{pid}/task/{pid}/children").read().split():
        pid = children[0]
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
