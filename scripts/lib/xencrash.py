"""What Xen says of a guest that it has ended (`xl dmesg'), with the image's names.

A PV guest gets its exceptions on the stack that it uses; one whose stack has run out
cannot report anything itself."""

import bisect
import re
import subprocess

VMAP = range(0x6000_0000_0000, 0x6800_0000_0000)    # include/xen/machine.h: stacks are there
ROOM = 0x2000


def functions(image):
    """([addresses], [names]) of the image's functions, ascending."""
    try:
        r = subprocess.run(["nm", "-n", image], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
    except OSError:         # no binutils here
        return [], []
    rows = [line.split() for line in r.stdout.splitlines()]
    rows = [(int(a, 16), n) for a, kind, n in (w for w in rows if len(w) == 3) if kind in "tTwW"]
    return [a for a, _ in rows], [n for _, n in rows]


def name(table, address):
    """"function+0x12", or None for what is no code."""
    addresses, names = table
    n = bisect.bisect_right(addresses, address) - 1
    if n < 0 or n == len(names) - 1:        # the last is where they end
        return None
    return f"{names[n]}+{address - addresses[n]:#x}"


def last_report(text, domid):
    """Xen's lines about the domain, the latest."""
    parts = re.split(rf"(?m)^.*Domain {domid} \(vcpu#\d+\) crashed on.*$", text)
    if len(parts) < 2:
        return None
    lines = [re.sub(r"^\(XEN\) ?(\[[^]]*\] )?", "", line) for line in parts[-1].splitlines()]
    return "\n".join(line for line in lines if line)


def explain(text, domid, image):
    """Lines for a person, or [] where Xen's log has nothing of it."""
    said = last_report(text, domid)
    regs = {k: int(v, 16) for k, v in re.findall(
        r"\b(rsp|rbp|cr2): *([0-9a-f]{16})", said or "")}
    rip = re.search(r"RIP: +\w+:\[<([0-9a-f]{16})>\]", said or "")
    if rip is None:
        return []
    table = functions(image)
    rip = int(rip[1], 16)
    where = name(table, rip) or f"{rip:#x}"
    lines = [f"Xen ended the guest at {where} (rip {rip:#x}, rsp {regs.get('rsp', 0):#x}, "
             f"cr2 {regs.get('cr2', 0):#x})"]
    rsp, cr2 = regs.get("rsp", 0), regs.get("cr2", 0)
    if "Fault while accessing guest memory" in said and rsp in VMAP and \
            abs(rsp - cr2) <= ROOM:
        lines[0] += ": stack overflow"
    trace = said.partition("Guest stack trace")[2].partition("\n")[2]
    for word in re.findall(r"(?m)\b[0-9a-f]{16}\b", re.split(r"(?m)^[^ ]", trace)[0]):
        if where := name(table, int(word, 16)):
            lines.append(f"  {where}")
    return lines
