"""QEMU's monitor, for what a test does to a machine while it runs."""

import json
import socket
import time


class Qmp:
    """Arguments for QEMU first (Qmp.args), then a connection."""

    @staticmethod
    def args(path):
        return ["--qemu=-qmp", f"--qemu=unix:{path},server=on,wait=off"]

    def __init__(self, path, timeout=20):
        end = time.monotonic() + timeout
        while True:
            try:
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.f = self.sock.makefile("rw")
        json.loads(self.f.readline())
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        self.f.write(json.dumps({"execute": command, "arguments": arguments}))
        self.f.flush()
        while True:
            answer = json.loads(self.f.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")

    def hmp(self, line):
        return self("human-monitor-command", **{"command-line": line})

    def close(self):
        self.f.close()
        self.sock.close()
