"""Units and fuzzers on the host (tests/host/tests.mk), and the rooms' arrows."""

import subprocess
import unittest

from guest import KERNEL, OUT, ROOT, RUMP

MAKE = ["make", "-s", "-C", ROOT, f"O={OUT}", f"RUMP={RUMP}"]


def call(cmd, timeout):
    return subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace",
                          timeout=timeout)


@unittest.skipIf(KERNEL == "netbsd", "the built-in kernel's lane has them")
class Host(unittest.TestCase):
    def test_host(self):
        built = call([*MAKE, "-j2", "host-tests"], 1800)
        self.assertEqual(built.returncode, 0, built.stdout[-3000:])
        names = call([*MAKE, "list-host-tests"], 60).stdout.splitlines()
        self.assertGreater(len(names), 5)
        for line in names:
            name, *args = line.split()
            with self.subTest(name=name):
                r = call([f"{OUT}/test/{name}", *args], 900)
                self.assertEqual(r.returncode, 0, r.stdout[-3000:])

    def test_arrows(self):
        r = call([*MAKE, "check-arrows"], 1800)
        self.assertEqual(r.returncode, 0, r.stdout[-3000:])
