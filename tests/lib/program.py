"""Programs for Linux under test: built by sirloin cc, baked, run."""

import fcntl
import glob
import os
import shutil
import subprocess
import tempfile

from guest import LONG, OUT, ROOT, RUMP, SIRLOIN

DIR = f"{OUT}/programs"
ENV = {**os.environ, "SIRLOIN_BUILD": OUT}


def own(name):
    """A path for what this group of tests makes (tests/run): others that run beside it
    make the same names of other things."""
    path = os.path.join(DIR, os.environ.get("SIRLOIN_GROUP", ""), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def cc(name="cc"):
    """The compiler, cc or c++; its library is built first."""
    subprocess.run(["make", "-s", "-C", ROOT, f"O={OUT}", name], check=True,
                   timeout=1800)
    return f"{OUT}/musl/bin/sirloin-{name}"


def compile(source, *flags, libs=()):
    """A program from a file or from all files of a folder; its path."""
    sources = sorted(glob.glob(f"{source}/*.c")) or [source]
    out = own(os.path.splitext(os.path.basename(source))[0])
    tool = cc("c++" if source.endswith(".cc") else "cc")
    subprocess.run([tool, "-O1", "-g", *flags, *sources, *libs, "-o", out], check=True,
                   timeout=1800)
    return out


# Programs whose recipe needs other sources than one of their name, or C++.
SOURCES = {"leveldb_tests": ["leveldb", "googletest"]}
# Programs that link with another's libraries: nginx has TLS where that is tested.
NEEDS = {"nginx": [("openssl", "openssl/libssl.a")]} if LONG else {}


def build(name, output=None):
    """A program from Debian's source packages, once; its path."""
    path = f"{DIR}/{output or name}"
    needs = [build(*other) for other in NEEDS.get(name, [])]
    os.makedirs(DIR, exist_ok=True)
    with open(f"{DIR}/.{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path) or any(os.path.getmtime(n) > os.path.getmtime(path)
                                           for n in needs):
            _build(name)
    return path


def _build(name):
    sources = SOURCES.get(name, [name])
    subprocess.run(["make", "-s", "-C", ROOT, f"O={OUT}",
                    *[f"{OUT}/src/{s}/.sha256" for s in sources],
                    *(["c++"] if name.startswith("leveldb") else [])],
                   check=True, timeout=1800)
    with open(f"{DIR}/{name}.log", "w") as log:
        # its make needs no turn: it is in a folder of its own
        r = subprocess.run([f"{ROOT}/tests/programs/build", name, cc(),
                            f"{OUT}/src/{sources[0]}", DIR], stdout=log, stderr=log,
                           timeout=1800, env={**os.environ, "SIRLOIN_MAKING": "1"})
    if r.returncode != 0:
        with open(f"{DIR}/{name}.log") as log:
            raise AssertionError(f"{name} was not built:\n" + log.read()[-2000:])


def bake(*programs, name, files=None, platform="hw", rump=RUMP):
    """An image with the programs and files {path: bytes}."""
    out = own(f"{name}.elf")
    with tempfile.TemporaryDirectory() as d:
        for path, data in (files or {}).items():
            os.makedirs(os.path.dirname(f"{d}/{path}"), exist_ok=True)
            with open(f"{d}/{path}", "wb") as f:
                f.write(data)
        subprocess.run([SIRLOIN, "bake", *programs, "-o", out, "-p", platform,
                        "--root", d, *(["--rump", rump] if rump else [])],
                       check=True, timeout=1800, env=ENV)
    return out


def have(tool):
    return shutil.which(tool) is not None
