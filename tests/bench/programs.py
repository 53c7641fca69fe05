"""Programs for Linux: Redis and nginx, the same files as a process of the host,
in a Linux guest and in ours, in turn, with the same clients."""

import os
import re
import statistics
import subprocess
import tempfile
import time

import measure
import nginx
import program
from guest import OUT, RUMP, Guest
from linuxguest import LinuxGuest
from netns import GUEST, Namespace

program.DIR = f"{OUT}/programs/O2"      # apart from the tests', which are built sooner
program.ENV["OPT"] = os.environ["OPT"] = "-O2"
MEM = 256
REDIS = ["--save", "", "--appendonly", "no", "--protected-mode", "no"]


class Redis:
    name, port, ready = "redis", 6379, "Ready to accept connections"
    args, contents = REDIS, {}

    def process(self, folder):
        return [program.build("redis"), *REDIS]

    def run(self, ns, address):
        text = ns.run(f"{program.DIR}/redis-benchmark", "-h", address, "-n", 100000, "-c", 30,
                      "-P", 16, "-d", 3, "-t", "get,set", "--csv", timeout=300)
        for what in ("SET", "GET"):
            rate = float(re.search(rf'"{what}[^"]*","([\d.]+)"', text).group(1))
            yield f"redis-benchmark {what}, 30 connections, 16 at a time", rate, 100000


class Nginx:
    name, port, ready = "nginx", 80, "."
    args = ["-p", "/nginx/", "-e", "stderr"]
    html, many = {"index.html": b"x" * 612}, "keepalive_requests 100000000;"

    def __init__(self):
        self.contents = {**nginx.PASSWD, **nginx.files(self.html, http=self.many)}

    def process(self, folder):
        for path, data in nginx.files(self.html, folder, folder, http=self.many).items():
            os.makedirs(os.path.dirname(f"/{path}"), exist_ok=True)
            with open(f"/{path}", "wb") as f:
                f.write(data)
        return [program.build("nginx"), "-p", f"{folder}/", "-e", "stderr"]

    def run(self, ns, address):
        text = ns.run("wrk", "-t2", "-c30", "-d", "4s", f"http://{address}/", timeout=60)
        if bad := re.search(r"Non-2xx.*: (\d+)|Socket errors:.*", text):
            raise RuntimeError(bad.group(0))
        yield ("wrk on nginx, 2 threads, 30 connections, 612 bytes",
               float(re.search(r"Requests/sec:\s*([\d.]+)", text).group(1)),
               int(re.search(r"(\d+) requests in", text).group(1)))


class Process:
    """The program as a process, in the namespace, over the loopback device."""

    def __init__(self, ns, argv):
        self.p = subprocess.Popen([*ns.prefix, *argv], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.terminate()
        self.p.wait(20)


def answers(ns, address, port):
    """Wait until somebody listens."""
    for _ in range(200):
        r = subprocess.run([*ns.prefix, "python3", "-c", "import socket, sys\n"
                            "socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)",
                            address, str(port)], stderr=subprocess.DEVNULL)
        if r.returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError(f"nobody listens on {address} port {port}")


def ours(ns, app, rump):
    image = program.bake(program.build(app.name), name=f"bench-{app.name}",
                         files=app.contents, rump=rump)
    return Guest(image, "--machine", "q35", "--mem", MEM, "--net", f"tap={ns.tap}", "--ip",
                 f"{GUEST}/24", "--", *app.args, timeout=300,
                 prefix=ns.prefix)


def sides(ns, app, folder, names, rump):
    """(column, address, what to start) of each."""
    for name in names:
        if name == "process":
            yield "linux-process", "127.0.0.1", lambda: Process(ns, app.process(folder))
        elif name == "linux":
            yield "linux-guest", GUEST, lambda: LinuxGuest(
                ns, folder, program.build(app.name), app.args, app.contents, app.ready)
        else:
            yield None, GUEST, lambda: ours(ns, app, rump)


def measured(ns, app, address, start):
    with start() as g:
        answers(ns, address, app.port)
        before = measure.cpu(g)
        rows = list(app.run(ns, address))
        used = (measure.cpu(g) - before) * 1e6 / sum(r[2] for r in rows)
    return rows, used


seen = []       # Linux's columns are measured beside the first image only


def programs(out):
    netbsd = "/netbsd/" in f"{out}/"
    names = (["process", "linux"] if not seen else []) + ["ours"]
    seen.append(out)
    for app in (Redis(), Nginx()):
        got = {}
        with tempfile.TemporaryDirectory() as d, Namespace() as ns:
            for _ in range(measure.RUNS):
                for column, address, start in sides(ns, app, d, names, RUMP if netbsd else ""):
                    rows, used = measured(ns, app, address, start)
                    for name, rate, _n in rows:
                        got.setdefault((column, name, "/s"), []).append(rate)
                    got.setdefault((column, f"{app.name}, CPU time of QEMU or the process", "us"),
                                   []).append(used)
        for (column, name, unit), values in got.items():
            yield {**({"image": column} if column else {}), "bench": name,
                   "value": statistics.median(values), "unit": unit}
