"""The kernel below the line, beyond kerntest's ordinary run (test_suites)."""

import re
import subprocess
import unittest

from guest import KERNEL, LONG, OUT, Guest, run, tap_lines

KERNTEST = f"{OUT}/builtin/hw/kerntest.elf"


@unittest.skipIf(KERNEL == "netbsd", "below the line: the same for both kernels")
class Kernel(unittest.TestCase):
    def kerntest(self, *opts, words=(), timeout=60):
        options = [x for w in words for x in ("--option", w)]
        return run(KERNTEST, *opts, *options, timeout=timeout)

    def passes(self, *opts, **kw):
        status, console = self.kerntest(*opts, **kw)
        self.assertEqual(status, 0, console[-3000:])
        ok, bad, plan = tap_lines(console)
        self.assertEqual(bad, [], console[-3000:])
        self.assertTrue(ok and plan, console[-3000:])
        return console

    def test_soak(self):
        """Everything at once; a watchdog panics when anything stands still.  LONG=1: an
        hour in all."""
        for cpus in (1, 2, 4):
            with self.subTest(cpus=cpus):
                seconds = 1200 if LONG else 5
                self.passes("--machine", "microvm", "--smp", cpus, "--mem", 64,
                            words=[f"soak={seconds}"], timeout=seconds + 50)

    def test_heapdebug(self):
        self.passes("--machine", "microvm", "--smp", 2, "--mem", 64,
                    words=["heapdebug"], timeout=120)
        self.passes("--machine", "microvm", "--smp", 2, "--mem", 64,
                    words=["heapdebug", "soak=2"])

    def test_8_gb(self):
        """Memory above 4 GB is used (kerntest 16 asks for it by address)."""
        self.passes("--machine", "q35", "--smp", 2, "--mem", 8192, words=["only=16"])

    def test_small(self):
        self.passes("--machine", "microvm", "--mem", 4, words=["only=1"])

    def test_console_input(self):
        for machine in ("microvm", "q35", "pc"):
            with self.subTest(machine=machine), \
                    Guest(KERNTEST, "--machine", machine, "--option", "echo",
                          stdin=subprocess.PIPE) as g:
                g.expect("type: $")
                g.send("hello, guest\n")
                g.expect('got "hello, guest"')
                long = "x" * 100
                g.send(f"{long}\none more\nend\n")
                g.expect(f'got "{long}"\\s+got "one more"\\s+got "end"')
                self.assertEqual(g.wait(), 0)

    def test_crash(self):
        """A panic names what happened, the thread and the function."""
        for how, what, function in (
                ("null", "null pointer, write", "crash_function"),
                ("wild", "0x123456789000", "crash_function"),
                ("stack", "stack overflow", "crash_recursion"),
                ("div", "division error", "crash_function"),
                ("jump", "jump to a null pointer", "crash_thread"),
                ("text", "write to read-only", "crash_function"),
                ("data", "jump to data", "kern_thread_main"),
                ("smash", "stack smashed", "crash_canary"),
                ("assert", 'assertion "zero == 1" failed', "crash_function"),
                ("free", "freed twice", "crash_thread")):
            with self.subTest(how=how):
                status, console = self.kerntest("--machine", "microvm", "--smp", 2,
                                                words=[f"crash={how}"])
                self.assertEqual(status, 134, console)
                self.assertRegex(console, f"panic: .*{re.escape(what)}")
                self.assertIn('in thread "crasher"', console)
                self.assertRegex(console, rf"(at|from) \w+ {function}")
                self.assertRegex(console, r"threads:\n(.*\n)+ +\d+ crasher")

    def test_crash_recursive(self):
        """A panic that cannot be printed still ends, with the right status."""
        status, console = self.kerntest("--machine", "microvm", words=["crash=recursive"])
        self.assertEqual(status, 134, console)
        self.assertRegex(console, "panic: and")
        self.assertRegex(console, "panic: page fault, read at address 0x123456789000")

    def test_crash_interrupt(self):
        status, console = self.kerntest("--machine", "q35", words=["crash=interrupt"])
        self.assertEqual(status, 134, console)
        self.assertRegex(console, r"at \w+ crash_timer")

    def test_heapdebug_report(self):
        status, console = self.kerntest("--machine", "microvm",
                                        words=["heapdebug", "crash=overrun"])
        self.assertEqual(status, 134, console)
        self.assertRegex(console, "bytes behind the block were written: .*"
                         'allocated by thread "crasher".*crash_function')


if __name__ == "__main__":
    unittest.main()
