"""What the commands share: failures, images, the configuration."""

import json
import os
import re
import struct

USAGE, TIMEOUT, NOSTART, PANIC = 2, 124, 125, 134


class Failure(Exception):
    def __init__(self, text, status=NOSTART):
        super().__init__(text)
        self.status = status


def elf_notes(path):
    """((owner, type) of every ELF note, end of what is loaded); Failure when it
    is no x86-64 ELF."""
    try:
        with open(path, "rb") as f:
            data = f.read()
    except OSError as e:
        raise Failure(f"{path}: {e.strerror}")
    if data[:5] != b"\x7fELF\x02" or len(data) < 64 or data[18] != 62:
        raise Failure(f"{path}: not an x86-64 ELF image")
    phoff, phnum = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    notes, top = [], 0
    try:
        for n in range(phnum):
            kind, _, off, _, pa, size, memsize = struct.unpack_from(
                "<IIQQQQQ", data, phoff + 56 * n)
            end = off + size
            if kind == 1:
                top = max(top, pa + memsize)
            while kind == 4 and off + 12 <= end:
                nlen, dlen, ntype = struct.unpack_from("<III", data, off)
                notes.append((data[off + 12:off + 12 + nlen].rstrip(b"\0"), ntype))
                off += 12 + (nlen + 3 & ~3) + (dlen + 3 & ~3)
    except struct.error:
        raise Failure(f"{path}: truncated ELF image")
    return notes, top


def image_platform(path, mem_mb=None):
    """"hw" or "xen", by the notes that say how it is entered; Failure when it
    can't even be loaded into mem_mb."""
    notes, top = elf_notes(path)
    if mem_mb is not None and top > mem_mb << 20:
        raise Failure(f"{path}: {mem_mb} MB of memory can't hold the image, which ends at "
                      f"{top / (1 << 20):.1f} MB")
    types = {t for owner, t in notes if owner == b"Xen"}
    if 18 in types:         # XEN_ELFNOTE_PHYS32_ENTRY: PVH
        return "hw"
    if 1 in types:          # XEN_ELFNOTE_ENTRY: PV
        return "xen"
    raise Failure(f"{path}: not a Sirloin image (no entry note)")


def sniff(path):
    """File system type on a disk image, by its magic numbers."""
    with open(path, "rb") as f:
        head = f.read(512)
        f.seek(1024 + 56)
        ext = f.read(2)
        f.seek(32769)
        iso = f.read(5)
        f.seek(34817)           # behind BEA01: a disk that is UDF only
        udf = f.read(5)
        ffs = b""
        for sb in (8192, 65536):
            f.seek(sb + 1372)
            magic = f.read(4)
            if magic in (b"\x54\x19\x01\x00", b"\x19\x01\x54\x19"):
                ffs = magic
    if iso == b"CD001":
        return "cd9660"
    if ffs:
        return "ffs"
    if udf in (b"NSR02", b"NSR03"):
        return "udf"
    if ext == b"\x53\xef":
        return "ext2fs"
    if head[510:512] == b"\x55\xaa" and (b"FAT" in head[54:90] or head[3:8] == b"EXFAT"):
        return "msdos"
    return None


def disk_options(spec, n):
    """(path, read-only?, what makes its entry in the configuration without the device
    or None, options that are not for every machine) of a --disk."""
    path, *opts = spec.split(",")
    ro, raw, fstype, mount, rest = False, False, None, f"/data{n or ''}", []
    for o in opts:
        if o == "ro":
            ro = True
        elif o == "raw":
            raw = True
        elif o == "root":
            ro, mount = True, "/rom"
        elif o.startswith("fstype="):
            fstype = o[7:]
        elif o.startswith("mount=/"):
            mount = o[6:]
        else:
            rest.append(o)
    if not os.path.exists(path):
        raise Failure(f"{path}: no such disk image")
    if not os.access(path, os.R_OK if ro else os.R_OK | os.W_OK):
        raise Failure(f"{path}: permission denied")

    def entry():
        kind = fstype or sniff(path)
        if kind is None:
            raise Failure(f"{path}: no file system that I know (truncated? use "
                          f"--disk {path},raw to give it to the program as it is)")
        return {"fstype": kind, "mountpoint": mount, **({"ro": True} if ro else {})}
    return path, ro, None if raw else entry, rest


def shares(ns):
    """((folder, read-only?) of every --share, their entries in the configuration)."""
    folders, conf = [], []
    for n, spec in enumerate(ns.share):
        path, mount, flag = (spec.split(":") + ["", ""])[:3]
        if spec.count(":") > 2 or flag not in ("", "ro") or mount[:1] not in ("", "/"):
            raise Failure(f"--share {spec}: FOLDER[:/DIR[:ro]]", USAGE)
        if not os.path.isdir(path):
            raise Failure(f"{path}: no such folder")
        folders.append((os.path.abspath(path), flag == "ro"))
        conf.append({"source": "etfs", "path": f"share{n}", "fstype": "9p",
                     "mountpoint": mount or f"/share{n or ''}",
                     **({"ro": True} if flag else {})})
    return folders, conf


def tmpfs_entries(ns):
    return [{"fstype": "tmpfs", "mountpoint": d} for d in ns.tmpfs]


def load_config(path):
    try:
        with open(path) as f:
            text = f.read()
    except (OSError, UnicodeDecodeError) as e:
        raise Failure(f"{path}: {getattr(e, 'strerror', None) or 'not a text file'}")
    try:
        doc = json.loads(text)
    except ValueError as e:
        raise Failure(f"{path}:{getattr(e, 'lineno', 1)}: not JSON: {getattr(e, 'msg', e)}")
    if not isinstance(doc, dict):
        raise Failure(f"{path}:1: the configuration is not an object")
    return text


def disk_source(name):
    """blk0 and serial numbers are the platform's; ld0, wd0 and sd0, and partitions
    of them, the rump kernel's own: all of a disk is NetBSD's partition d."""
    m = re.fullmatch(r"(?:ld|wd|sd)\d+([a-p]|s\d+)?", name)
    if m is None:
        return {"source": "etfs", "path": name}
    return {"source": "dev", "path": f"/dev/{name}" + ("" if m[1] else "d")}


def address(ifname, ip):
    """An interface's entry in the configuration, of one --ip."""
    if ip in ("dhcp", "auto"):
        return {"if": ifname, "type": "inet" if ip == "dhcp" else "inet6", "method": ip}
    addr, _, gw = ip.partition(",")
    addr, slash, mask = addr.partition("/")
    if not slash:
        raise Failure(f"--ip {ip}: no /LENGTH", USAGE)
    entry = {"if": ifname, "type": "inet6" if ":" in addr else "inet", "method": "static",
             "addr": addr, "mask": mask}
    if gw:
        entry["gw"] = gw
    return entry


def net_entries(ns, n, default, ifname="virt"):
    """Interface n: the platform's device, or one of the rump kernel's driver.  Each
    --ip is for network 0, or as N=... for network N."""
    specs = []
    for ip in ns.ip:
        m = re.fullmatch(r"(?:(\d+)=)?(.+)", ip)
        if m is None:
            raise Failure("--ip: empty", USAGE)
        if int(m[1] or 0) == n:
            specs.append(m[2])
    return [address(f"{ifname}{n}", ip) for ip in specs or [default] if ip != "none"]


MODES = ("&&", ";", "&", "|")
MAXPROGRAMS = 8


def programs(ns, name):
    """What runs: the image's program with all the words; or, when a word is one of a
    shell's between commands, commands that each begin with a program's name."""
    if not any(w in MODES for w in ns.args):
        return [{"bin": ns.bin or name, "argv": [unquote(w) for w in ns.args]}]
    if ns.bin:
        raise Failure("--bin goes with one program's arguments", USAGE)
    out, words = [], []
    for w in [*ns.args, None]:
        if w not in (*MODES, None):
            words.append(unquote(w))
            continue
        if not words and (w is not None or not out or out[-1]["runmode"] == "|"):
            raise Failure(f"no program {'before ' + w if w else 'after |'}", USAGE)
        if words:
            out.append({"bin": words[0], "argv": words[1:], "runmode": w or "&&"})
        words = []
    if len(out) > MAXPROGRAMS:
        raise Failure(f"more than {MAXPROGRAMS} programs", USAGE)
    return out


def unquote(word):
    """\\; is the word ; and so on."""
    return word[1:] if word[:1] == "\\" and word[1:] in MODES else word


def make_config(ns, nets, blks):
    """The configuration text from options; --config FILE gives it whole."""
    if ns.config:
        if ns.args or ns.env or ns.hostname or ns.ip or ns.workdir or ns.bin:
            raise Failure("--config goes with neither arguments nor --env, "
                          "--hostname, --ip, --workdir, --bin", USAGE)
        return load_config(ns.config)
    name = os.path.basename(ns.image).rsplit(".", 1)[0]
    doc = {"rc": programs(ns, name)}
    if ns.workdir:
        for p in doc["rc"]:
            p["workdir"] = ns.workdir
    for kv in ns.env:
        if "=" not in kv:
            raise Failure(f"--env {kv}: not K=V", USAGE)
    if ns.env:
        doc["env"] = ns.env
    if ns.hostname:
        doc["hostname"] = ns.hostname
    if nets:
        doc["net"] = nets
    if blks:
        doc["blk"] = blks
    return json.dumps(doc, separators=(",", ":"))
