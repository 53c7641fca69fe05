"""Units and fuzzers on the host (tests/host/tests.mk), and the rooms' arrows."""

import contextlib
import os
import subprocess
import unittest

from guest import KERNEL, OUT, ROOT, RUMP

MAKE = ["make", "-s", "-C", ROOT]
# A build folder of its own, so that no other make has to wait for this one's turn.
HOST = f"{OUT}/hosttests"
OWN = [*MAKE, f"O={HOST}"]


def call(cmd, timeout, **env):
    return subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace",
                          timeout=timeout, env={**os.environ, **env})


@unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's lane has them")
class Host(unittest.TestCase):
    def test_host(self):
        os.makedirs(HOST, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.symlink("../src", f"{HOST}/src")
        built = call([*OWN, "-j2", "host-tests"], 1800, SIRLOIN_MAKING="1")
        self.assertEqual(built.returncode, 0, built.stdout[-3000:])
        names = call([*OWN, "list-host-tests"], 60, SIRLOIN_MAKING="1").stdout.splitlines()
        self.assertGreater(len(names), 5)
        for line in names:
            name, *args = line.split()
            with self.subTest(name=name):
                r = call([f"{HOST}/test/{name}", *args], 900)
                self.assertEqual(r.returncode, 0, r.stdout[-3000:])

    def test_arrows(self):
        r = call([*MAKE, f"O={OUT}", f"RUMP={RUMP}", "check-arrows"], 1800)
        self.assertEqual(r.returncode, 0, r.stdout[-3000:])
