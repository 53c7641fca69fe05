"""sirloin cc, c++ and bake: programs for Linux, on a rump kernel."""

import os
import shutil
import subprocess
import sys
import tempfile

from common import Failure

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("SIRLOIN_BUILD", os.path.join(ROOT, "build"))


def make(*args):
    """make in the checkout; its output goes where errors go."""
    r = subprocess.run(["make", "-s", "-C", ROOT, f"O={BUILD}", *args],
                       stdout=sys.stderr)
    if r.returncode != 0:
        raise Failure("make failed: " + " ".join(args))


def compiler(name, args):
    """Become the compiler; its library is built when there is none yet."""
    tool = os.path.join(BUILD, "musl", "bin", name)
    if not os.path.exists(tool):
        make(name.removeprefix("sirloin-"))
    if not os.path.exists(tool):
        raise Failure(f"{tool}: not there")
    os.execv(tool, [tool, *args])


def stage(folder, ns, name):
    """The file system that is baked in: a folder's files, and the program."""
    if ns.root:
        shutil.copytree(ns.root, folder, symlinks=True, dirs_exist_ok=True)
    bin_ = os.path.join(folder, "bin")
    os.makedirs(bin_, exist_ok=True)
    for n, prog in enumerate(ns.program):
        if not os.path.isfile(prog):
            raise Failure(f"{prog}: no such file")
        with open(prog, "rb") as f:
            head = f.read(18)
        if head[:5] != b"\x7fELF\x02" or head[16:18] != b"\x03\x00":
            raise Failure(f"{prog}: not a program made by sirloin cc")
        to = os.path.join(bin_, os.path.basename(prog))
        if subprocess.run(["strip", "-o", to, prog]).returncode != 0:
            raise Failure(f"{prog}: cannot be stripped")
        # what runs when nothing is said has the image's name
        if n == 0 and not os.path.lexists(os.path.join(bin_, name)):
            os.symlink(os.path.basename(prog), os.path.join(bin_, name))


def bake(ns):
    out = os.path.abspath(ns.output)
    name = os.path.splitext(os.path.basename(out))[0]
    with tempfile.TemporaryDirectory(prefix="sirloin-bake-") as tmp:
        root, rom = os.path.join(tmp, "root"), os.path.join(tmp, "rom.iso")
        os.mkdir(root)
        stage(root, ns, name)
        r = subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o",
                            rom, root], stderr=subprocess.PIPE, text=True)
        if r.returncode != 0:
            raise Failure("xorriso: " + r.stderr.strip()[-200:])
        make("bake", f"PLATFORM={ns.platform}", f"ROM={rom}", f"BAKED={out}",
             *([f"RUMP={os.path.abspath(ns.rump)}"] if ns.rump else []))
    return keep_symbols(ns, out, name)


def keep_symbols(ns, out, name):
    """The programs as they are, beside what is loaded: gdb takes their symbols from
    there (scripts/gdb), strip(1) takes them out."""
    args = []
    for n, prog in enumerate(ns.program):
        args += ["--add-section",
                 f".program.{name if n == 0 else os.path.basename(prog)}={prog}"]
    return subprocess.run(["objcopy", *args, out]).returncode


def add_parsers(sub):
    for name in ("cc", "c++"):
        c = sub.add_parser(name, help="compile for Sirloin: gcc's arguments",
                           add_help=False)
        c.set_defaults(call=None)
    b = sub.add_parser("bake", help="an image of a program, a rump kernel and "
                       "a platform")
    b.add_argument("program", metavar="PROGRAM", nargs="+",
                   help="made by sirloin cc; the first is what the image runs")
    b.add_argument("-o", "--output", metavar="FILE", required=True)
    b.add_argument("-p", "--platform", choices=["hw", "xen"], default="hw")
    b.add_argument("--root", metavar="FOLDER",
                   help="its files are in the image, read-only, under /")
    b.add_argument("--rump", metavar="DIR", help="NetBSD's rump kernel from there")
    b.set_defaults(call=bake)
