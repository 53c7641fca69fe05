"""The command line of sirloin(1): what each command takes."""

import argparse
import sys

import check
import detached
import driverdomain
import gdb
import iso
import qemu
import report
import toolchain
import xl
from common import Failure, USAGE

HELP_STATUS = """exit status of run: the program's own; 2 wrong usage, 124 --timeout
passed, 125 could not be started, 134 the guest panicked"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        print(f"sirloin: {message}", file=sys.stderr)
        sys.exit(USAGE)


def config_options(p):
    p.add_argument("--config", metavar="FILE",
                   help="configuration (JSON), see docs/configuration.md")
    p.add_argument("--env", metavar="K=V", action="append", default=[])
    p.add_argument("--hostname", metavar="NAME")
    p.add_argument("--workdir", metavar="DIR", help="the programs' working directory")
    p.add_argument("--bin", metavar="NAME", help="the program to run (the image's first)")
    p.add_argument("--ip", metavar="[N=]dhcp|auto|ADDR/LEN[,GATEWAY]|none",
                   action="append", default=[],
                   help="address of network N (0), IPv4 or IPv6 (user: 10.0.2.15/24)")
    p.add_argument("--tmpfs", metavar="DIR", action="append", default=[],
                   help="an empty file system in memory")
    p.add_argument("--option", metavar="WORD", action="append", default=[],
                   help="a word for the platform, as heapdebug or clock=hpet")


def xen_options(p):
    p.add_argument("--mem", metavar="MB", type=int, default=64)
    p.add_argument("--smp", metavar="N", type=int, default=1)
    p.add_argument("--name", help="of the domain, or for --detach (the image's)")
    p.add_argument("--type", choices=["pv", "pvh"], help="how Xen runs it (by the image)")
    p.add_argument("--pci", metavar="BDF[,KEY=VALUE...]", action="append", default=[],
                   help="a device of the machine, for a PV guest on Xen (00:04.0)")
    p.add_argument("--xl", metavar="KEY=VALUE", action="append", default=[],
                   help="one more line of xl.cfg(5)")


def run(ns):
    platform = xl if ns.platform == "xen" else qemu
    return detached.run(ns, platform.run) if ns.detach else platform.run(ns)


def parser():
    p = Parser(prog="sirloin", description="Run rump kernel images.",
               epilog=HELP_STATUS)
    sub = p.add_subparsers(dest="command", metavar="COMMAND", required=True)

    r = sub.add_parser("run", help="boot an image and stream its console",
                       epilog=HELP_STATUS)
    r.add_argument("image", metavar="IMAGE", help="an .elf or .iso")
    r.add_argument("--platform", choices=["qemu", "xen"], default="qemu")
    r.add_argument("--machine", choices=["pc", "q35", "microvm"], default="q35")
    r.add_argument("--firmware", choices=["bios", "uefi"], default="bios",
                   help="what boots an .iso")
    xen_options(r)
    r.add_argument("--net", metavar="user[,HOST:GUEST...]|tap=IF|bridge[=NAME]|none",
                   action="append", default=[])
    r.add_argument("--nic", metavar="MODEL", default="virtio")
    r.add_argument("--disk", metavar="FILE[,virtio|nvme|ahci][,ro][,raw][,mount=DIR|,root]"
                   "[,fstype=TYPE]",
                   action="append", default=[])
    r.add_argument("--share", metavar="FOLDER[:/DIR[:ro]]", action="append", default=[],
                   help="a folder of this machine's, by 9P (/share)")
    r.add_argument("--rng", action="store_true", help="a virtio-rng device")
    r.add_argument("--timeout", metavar="S", type=float)
    r.add_argument("--gdb", metavar="PORT", nargs="?", type=int, const=gdb.OURSELVES,
                   help="run gdb, at main; with PORT wait for one at 127.0.0.1:PORT")
    r.add_argument("--core", metavar="FILE", help="a core file for gdb if it panics")
    r.add_argument("--trace", metavar="FILE",
                   help="a timeline for Perfetto or `sirloin report'")
    r.add_argument("--accel", choices=["auto", "kvm", "tcg"], default="auto")
    r.add_argument("--qemu", metavar="ARG", action="append", default=[],
                   help="one more argument for QEMU")
    r.add_argument("--verbose", action="store_true", help="print QEMU's command")
    r.add_argument("--detach", action="store_true",
                   help="print a name and let the guest run; stop and list know it")
    config_options(r)
    r.set_defaults(call=run, state=None)

    i = sub.add_parser("iso", help="make a bootable ISO (BIOS and UEFI)")
    i.add_argument("image", metavar="IMAGE")
    i.add_argument("-o", dest="output", metavar="FILE", required=True)
    i.add_argument("--disk", action="append", default=[], metavar="blkN|ldN|wdN[,mount=DIR][,ro]",
                   help="a disk that the program will find and mount")
    i.add_argument("--net", action="append", default=[], metavar="user|dhcp|none")
    i.add_argument("--nic", choices=["virtio", "e1000", "e1000e"], default="virtio",
                   help="what the networks will be on")
    config_options(i)
    i.set_defaults(call=iso.make)

    x = sub.add_parser("xlcfg", help="print a domain configuration for xl, to keep")
    x.add_argument("image", metavar="IMAGE")
    xen_options(x)
    x.add_argument("--net", metavar="bridge[=NAME][,mac=ADDRESS]|none", action="append",
                   default=[])
    x.add_argument("--disk", metavar="FILE[,ro][,raw][,mount=DIR]", action="append",
                   default=[])
    x.add_argument("--share", metavar="FOLDER[:/DIR[:ro]]", action="append", default=[])
    config_options(x)
    x.set_defaults(call=xl.xlcfg)

    d = sub.add_parser("driverdomain", help="create a driver domain (dom0) and keep it running")
    d.add_argument("file", metavar="FILE.cfg", help="as for xl create")
    d.add_argument("--config", metavar="FILE", help="its configuration, by xenstore")
    d.set_defaults(call=driverdomain.run)

    c = sub.add_parser("check", help="look for red-zone and TLS use in archives")
    c.add_argument("archives", metavar="ARCHIVE", nargs="+")
    c.set_defaults(call=check.archives)

    detached.add_parsers(sub)
    t = sub.add_parser("report", help="draw a trace as one HTML page")
    t.add_argument("trace", metavar="FILE", help="of run --trace")
    t.add_argument("-o", dest="output", metavar="FILE",
                   help="(the trace's name, with .html)")
    t.set_defaults(call=report.make)

    toolchain.add_parsers(sub)
    return p


def gdb_alone(args):
    """--gdb takes a number, and nothing else that follows it."""
    follows = [*args[1:], ""]
    return [f"--gdb={gdb.OURSELVES}" if a == "--gdb" and not f.isdigit() else a
            for a, f in zip(args, follows)]


def main(argv):
    if argv[:1] in (["cc"], ["c++"]):       # all that follows is the compiler's
        try:
            toolchain.compiler("sirloin-" + argv[0], argv[1:])
        except Failure as f:
            print(f"sirloin: {f}", file=sys.stderr)
            return f.status
    args, rest = argv if argv[:1] != ["help"] else [*argv[1:2], "--help"], []
    if "--" in argv:
        n = argv.index("--")
        args, rest = argv[:n], argv[n + 1:]
    ns = parser().parse_args(gdb_alone(args))
    ns.args = rest
    try:
        return ns.call(ns)
    except Failure as f:
        print(f"sirloin: {f}", file=sys.stderr)
        return f.status
    except KeyboardInterrupt:
        return 130
