"""What platform/hw meets: clocks, CPUs without this or that, memory sizes,
machines without old parts, and the ways to end."""

import subprocess
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from guest import KERNEL, OUT, Guest, run, tap_lines

KERNTEST = f"{OUT}/builtin/hw/kerntest.elf"
QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-nodefaults", "-no-user-config",
        "-display", "none", "-serial", "stdio", "-no-reboot"]


def bare(*args, timeout=120, words="", stays=None):
    """QEMU without the status devices: (its exit status or None, console).  stays: what
    it says last before it runs on."""
    if stays:
        p = subprocess.Popen([*QEMU, *args, "-kernel", KERNTEST, "-append", words],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        timer = threading.Timer(timeout, p.kill)
        timer.start()
        console = ""
        while line := p.stdout.readline():
            console += line
            if stays in line:
                time.sleep(1.5)
                break
        timer.cancel()
        status = p.poll()
        p.kill()
        p.wait()
        p.stdout.close()
        return status, console
    try:
        p = subprocess.run([*QEMU, *args, "-kernel", KERNTEST, "-append", words],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=timeout, text=True)
        return p.returncode, p.stdout
    except subprocess.TimeoutExpired as e:
        return None, (e.stdout or b"").decode(errors="replace")


@unittest.skipIf(KERNEL == "netbsd", "below the line: the same for both kernels")
class Machine(unittest.TestCase):
    def passes(self, *opts, words=(), timeout=60):
        options = [x for w in words for x in ("--option", w)]
        status, console = run(KERNTEST, *opts, *options, timeout=timeout)
        self.assertEqual(status, 0, console[-3000:])
        ok, bad, plan = tap_lines(console)
        self.assertTrue(ok and plan and not bad, console[-3000:])
        return console

    def test_clocks(self):
        """Each clock by force: sleeps last as long as they should."""
        for machine, clock in (("pc", "tsc"), ("pc", "hpet"), ("q35", "pmtimer"),
                               ("pc", "pit"), ("microvm", "pit")):
            with self.subTest(machine=machine, clock=clock):
                console = self.passes("--machine", machine, "--smp", 2, "--mem", 64,
                                      words=[f"clock={clock}", "only=13"])
                self.assertRegex(console, rf"clock {clock}\b")

    def watch(self, machine, clock):
        """The guest's seconds less the host's, in three."""
        with Guest(KERNTEST, "--machine", machine, "--mem", 64, "--option",
                   f"clock={clock}", "--option", "watch") as g:
            first = int(g.expect(r"at (\d+) ns\n")[1])
            began = time.monotonic()
            last = int(g.expect(r"then (\d+) ns\n")[1])
            host = time.monotonic() - began
            self.assertEqual(g.wait(), 0, g.console)
        return (last - first) / 1e9 - host

    def wrong(self, machine, clock):
        """How wrong it is, again and again until it is not.  What is left is the way from
        the serial port to here, which takes longer now and then on a busy host: a wrong
        clock is always wrong."""
        seconds = []
        while len(seconds) < 5 and (not seconds or seconds[-1] >= 0.1):
            seconds.append(abs(self.watch(machine, clock)))
        return seconds

    def test_clock_right(self):
        """The guest's seconds are the host's."""
        cases = (("microvm", "tsc"), ("q35", "tsc"), ("q35", "hpet"), ("pc", "pit"))
        with ThreadPoolExecutor(len(cases)) as pool:    # they sleep
            wrong = pool.map(lambda case: self.wrong(*case), cases)
        for case, seconds in zip(cases, wrong):
            with self.subTest(case=case):
                self.assertLess(seconds[-1], 0.1, seconds)

    def test_processors(self):
        """Registers survive preemption with FXSAVE, XSAVE, MSRs, FSGSBASE."""
        for cpu in ("qemu64", "qemu64,-nx", "max,-fsgsbase,-xsaveopt",
                    "max,-xsave,-avx,-avx2,-fsgsbase", "max,-pdpe1gb,-smep,-umip",
                    "Nehalem", "EPYC"):
            with self.subTest(cpu=cpu):
                self.passes("--machine", "q35", "--smp", 2, "--mem", 64, "--qemu=-cpu",
                            f"--qemu={cpu}", words=["only=20"])

    def test_memory_sizes(self):
        for machine in ("microvm", "pc"):
            for mem in (5, 2047, 3072, 4096, 5000):
                with self.subTest(machine=machine, mem=mem):
                    self.passes("--machine", machine, "--mem", mem, words=["only=3"])

    def test_parts_missing(self):
        """No PIT, PIC, RTC; no ACPI; no HPET; no serial port."""
        for machine in ("microvm,pit=off,pic=off,rtc=off", "microvm,acpi=off",
                        "microvm,x-option-roms=off", "pc,hpet=off", "q35,smm=off"):
            with self.subTest(machine=machine):
                status, console = bare("-M", machine, "-m", "64", "-smp", "2",
                                       words="only=13",
                                       stays="1.." if "acpi=off" in machine else None)
                self.assertIn("ok 13", console)
                # Without ACPI nothing switches the machine off.
                self.assertEqual(status, None if "acpi=off" in machine else 0, console)
        status, console = bare("-M", "microvm,isa-serial=off", "-m", "64", words="only=13")
        self.assertEqual((status, console), (0, ""))

    def test_power_off(self):
        """ACPI alone ends the machine, also after a panic."""
        for machine in ("microvm", "pc", "q35"):
            for words in ("only=3", "crash=null"):
                with self.subTest(machine=machine, words=words):
                    status, console = bare("-M", machine, "-m", "64", "-smp", "2",
                                           words=words)
                    self.assertEqual(status, 0, console)
                    self.assertRegex(console, "ok 3" if "only" in words else "panic:")

    def test_reboot(self):
        """A reset starts the same image again, in whatever memory is left."""
        for machine in ("microvm", "pc", "q35"):
            with self.subTest(machine=machine):
                p = subprocess.Popen([a for a in QEMU if a != "-no-reboot"] +
                                     ["-M", machine, "-m", "64", "-smp", "2", "-kernel",
                                      KERNTEST, "-append", "reboot"],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True)
                timer = threading.Timer(120, p.kill)
                timer.start()
                try:
                    seen = 0
                    for line in p.stdout:
                        self.assertNotIn("panic", line)
                        seen += "kerntest:" in line
                        if seen == 3:
                            break
                finally:
                    timer.cancel()
                    p.kill()
                    p.wait()
                    p.stdout.close()
                self.assertEqual(seen, 3)

    def test_module(self):
        """A boot module is the configuration when the command line has none."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            f.write('{"cmdline":"only by module"}')
            f.flush()
            status, console = bare("-M", "microvm", "-m", "64", "-initrd", f.name,
                                   words="config")
            self.assertEqual(status, 0, console)
            self.assertRegex(console, r'config {"cmdline":"only by module"}')

    def test_no_boot_loader(self):
        """The image says so when it is not loaded as it should be."""
        out = subprocess.run(["readelf", "-lW", KERNTEST], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
        self.assertRegex(out, r"NOTE +0x")
        with open(KERNTEST, "rb") as f:
            head = f.read(32768)
        self.assertTrue(any(head[i:i + 4] == b"\xd6\x50\x52\xe8"
                            for i in range(0, len(head), 8)), "no multiboot2 header")
        self.assertFalse(any(head[i:i + 4] == b"\x02\xb0\xad\x1b"
                             for i in range(0, 8192, 4)), "a multiboot1 header")


if __name__ == "__main__":
    unittest.main()
