"""sirloin check: what in an archive matters to a platform."""

import os
import re
import subprocess

from common import Failure

REDZONE = re.compile(r"mov.*,-0x([0-9a-f]+)\(%rsp[,)]")


def archive(path):
    if not os.path.exists(path):
        raise Failure(f"{path}: no such file")
    p = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", path],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    red = tls = syscalls = 0
    for line in p.stdout:
        if "%rsp" in line and REDZONE.search(line):
            red += 1
        if "%fs:0x28" not in line and "%fs:" in line:
            tls += 1
        if line.rstrip().endswith("\tsyscall"):
            syscalls += 1
    if p.wait():
        raise Failure(f"{path}: objdump can't read it")
    return red, tls, syscalls


def archives(ns):
    bad = 0
    for path in ns.archives:
        red, tls, syscalls = archive(path)
        xen = "yes" if red == 0 and syscalls == 0 else "events stay masked"
        print(f"{path}: red-zone stores {red}, thread-local accesses {tls}, "
              f"syscall instructions {syscalls}; hw: {'yes' if not syscalls else 'no'}, "
              f"xen: {xen if not syscalls else 'no'}")
        bad += syscalls != 0
    return 1 if bad else 0
