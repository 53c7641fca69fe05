"""What is measured from outside the guest: sizes, boot times, least memory."""

import os
import statistics
import subprocess
import tempfile
import time

from guest import SIRLOIN, Guest, files_disk, free_port

RUNS = 7


def sizes(out):
    for app in ("hello", "httpd"):
        with tempfile.NamedTemporaryFile() as f:
            subprocess.run(["strip", "-o", f.name, f"{out}/{app}.elf"], check=True)
            yield {"bench": f"size of {app}, stripped",
                   "value": os.path.getsize(f.name) / 1024, "unit": "KB"}


def to_line(args, pattern):
    """ms from QEMU's start (its command is made beforehand) to a line."""
    t = time.monotonic()
    with Guest(*args, timeout=60) as g:
        g.expect(pattern, 60)
        return (time.monotonic() - t) * 1000


def python_start():
    """sirloin's own start, which is not the guest's."""
    t = time.monotonic()
    subprocess.run([SIRLOIN, "run", "/nonexistent"], stderr=subprocess.DEVNULL)
    return (time.monotonic() - t) * 1000


def boots(out):
    own = statistics.median(python_start() for _ in range(5))
    for machine in ("microvm", "pc", "q35"):
        runs = [to_line([f"{out}/hello.elf", "--machine", machine, "--", "ready"], "ready")
                for _ in range(RUNS)]
        yield {"bench": f"QEMU start to main, hello, {machine}",
               "value": statistics.median(runs) - own, "unit": "ms"}
    with tempfile.TemporaryDirectory() as d:
        disk = files_disk(f"{d}/d.img", {"index.html": b"x"})
        runs = [to_line([f"{out}/httpd.elf", "--machine", "microvm", "--net",
                         f"user,{free_port()}:80", "--disk", disk], "serving")
                for _ in range(RUNS)]
        yield {"bench": "QEMU start to serving, httpd, microvm",
               "value": statistics.median(runs) - own, "unit": "ms"}


def boots_in(out, app, mb, *opts):
    with Guest(f"{out}/{app}.elf", "--machine", "microvm", "--mem", mb, *opts,
               timeout=20) as g:
        try:
            g.expect("hello from|serving", 15)
            return True
        except AssertionError:
            return False


def least_memory(out):
    with tempfile.TemporaryDirectory() as d:
        disk = files_disk(f"{d}/d.img", {"index.html": b"x"})
        for app, opts in (("hello", ()), ("httpd", ("--net", "user", "--disk", disk))):
            low, high = 1, 64
            while high - low > 1:
                mid = (low + high) // 2
                low, high = (low, mid) if boots_in(out, app, mid, *opts) else (mid, high)
            yield {"bench": f"least memory, {app}", "value": high, "unit": "MB"}
