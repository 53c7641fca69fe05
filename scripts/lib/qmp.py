"""QEMU's monitor protocol."""

import json
import socket
import time


class Qmp:
    """Arguments for QEMU first (Qmp.args), then a connection."""

    @staticmethod
    def args(path):
        return ["--qemu=-qmp", f"--qemu=unix:{path},server=on,wait=off"]

    def __init__(self, path, timeout=20, alive=lambda: True):
        end = time.monotonic() + timeout
        while True:
            try:
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(path)
                break
            except OSError:
                if time.monotonic() > end or not alive():
                    raise
                time.sleep(0.05)
        self.f = self.sock.makefile("rw")
        self.events = []
        self.receive()
        self("qmp_capabilities")

    def receive(self):
        line = self.f.readline()
        if not line:
            raise OSError("QEMU has closed its monitor")
        return json.loads(line)

    def send(self, command, **arguments):
        self.f.write(json.dumps({"execute": command, "arguments": arguments}))
        self.f.flush()

    def __call__(self, command, **arguments):
        self.send(command, **arguments)
        while True:
            answer = self.receive()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "event" in answer:
                self.events.append(answer["event"])

    def event(self, name):
        """Wait for an event, and let all else pass."""
        while name not in self.events:
            answer = self.receive()
            if "event" in answer:
                self.events.append(answer["event"])
        self.events.remove(name)

    def hmp(self, line):
        return self("human-monitor-command", **{"command-line": line})

    def close(self):
        self.f.close()
        self.sock.close()
