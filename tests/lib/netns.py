"""A network namespace with a tap device: a network that only we are on."""

import os
import subprocess

HOST, GUEST = "192.0.2.1", "192.0.2.2"


def sh(*cmd):
    subprocess.run(cmd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Namespace:
    """Context manager; run commands in it with prefix."""

    def __init__(self):
        self.name = f"sirloin{os.getpid()}"
        self.tap = "tap0"
        self.prefix = ("ip", "netns", "exec", self.name)

    def __enter__(self):
        sh("ip", "netns", "add", self.name)
        try:
            sh("ip", "-n", self.name, "tuntap", "add", self.tap, "mode", "tap")
            sh("ip", "-n", self.name, "addr", "add", f"{HOST}/24", "dev", self.tap)
            for dev in ("lo", self.tap):
                sh("ip", "-n", self.name, "link", "set", dev, "up")
        except subprocess.CalledProcessError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL)

    def run(self, *cmd, timeout=480):
        r = subprocess.run([*self.prefix, *map(str, cmd)], timeout=timeout, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if r.returncode:
            raise RuntimeError(f"{cmd[0]}: {r.stdout[-300:]}")
        return r.stdout
