"""sirloin run --gdb and --core: main, the guest's threads, other threads' frames."""

import os
import re
import subprocess
import tempfile
import unittest

import program
from guest import KERNEL, OUT, ROOT, SIRLOIN, free_port, image, run

SCRIPT = f"{ROOT}/scripts/gdb/sirloin.py"


def session(*args, commands, timeout=240):
    """sirloin run --gdb ARGS; what gdb says to these commands."""
    r = subprocess.run([SIRLOIN, "run", "--accel", "tcg", "--gdb", *map(str, args)],
                       input="\n".join(["set width 0", *commands]) + "\nkill\nquit\n", text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    return r.returncode, r.stdout


def on_core(elf, core, *commands):
    words = [w for c in (f"source {SCRIPT}", *commands) for w in ("-ex", c)]
    return subprocess.run(["gdb", "-q", "-batch", "-iex", "set pagination off", elf, core,
                           *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=240).stdout


@unittest.skipUnless(program.have("gdb"), "no gdb")
class Debug(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = program.compile(f"{ROOT}/tests/programs/debugme.c")
        cls.baked = program.bake(cls.program, name="debugme")

    def test_main(self):
        for app in ("hello", "httpd"):
            with self.subTest(app=app):
                _, text = session(image(app), "--mem", 96, commands=["bt", "threads"])
                self.assertRegex(text, rf"#0  main \(argc=1, .* at apps/{app}/main.c:")
                self.assertRegex(text, r"(?m)^(\(gdb\) )?\* +\d+  main +run +\d")

    def test_program(self):
        _, text = session(self.baked, "--mem", 96, "--smp", 2, commands=[
            "bt", "break deep if n == 0", "continue", "bt", "threads",
            "thread-apply all bt"])
        self.assertRegex(text, r"#0  main \(argc=1, .*debugme.c:\d")
        self.assertRegex(text, r"(?s)#0  deep \(n=n@entry=0.*#3 .* deep .*#4 .* in main ")
        self.assertRegex(text, r"(?m)^ +\d+  debugme +sleep +\d +16 .*futex")
        # the other thread, asleep: from the kernel up to the program
        self.assertRegex(text, r"(?s)in sched_switch .* in lx_syscall .* in sleep .* "
                               r"waits_here \(n=.*100\).*worker ")

    @unittest.skipIf(KERNEL == "netbsd", "below the line: the same for both kernels")
    def test_preempted(self):
        """Frames of a thread that an interrupt has stopped in the middle."""
        _, text = session(f"{OUT}/builtin/hw/kerntest.elf", "--mem", 128, commands=[
            "thbreak kern_preempt", "continue", "p 'kernel/sched.c'::cpu0.cur->id",
            "thbreak kern_switch_done", "continue", "threads", "thread-apply all bt 4"])
        self.assertNotIn("Python Exception", text)
        m = re.search(r"\$1 = (\d+)", text)
        self.assertIsNotNone(m, text)
        self.assertRegex(text, rf"(?m)^  +{m[1]}  .* ready ")
        name = re.search(rf'(?s)thread {m[1]} ".*?":(.*?)\n\n', text)
        self.assertIsNotNone(name, text)
        self.assertNotIn("sched_switch", name[1])

    def test_waits_for_a_debugger(self):
        port = free_port()
        p = subprocess.Popen([SIRLOIN, "run", "--accel", "tcg", "--gdb", str(port),
                              image("hello")], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(p.kill)
        line = p.stdout.readline()
        self.assertIn(f"target remote 127.0.0.1:{port}", line)
        r = subprocess.run(["gdb", "-q", "-batch", image("hello"), "-ex", f"source {SCRIPT}",
                            "-ex", f"target remote 127.0.0.1:{port}", "-ex", "sirloin-main",
                            "-ex", "threads", "-ex", "detach"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=240)
        self.assertRegex(r.stdout, r"\* +\d+  main +run")
        out, _ = p.communicate(timeout=240)
        self.assertIn("hello", out)
        self.assertEqual(p.returncode, 0)

    def test_core(self):
        with tempfile.TemporaryDirectory() as d:
            status, console = run("--core", f"{d}/core", "--smp", 2, "--mem", 128,
                                  image("rumptest"), "--", "--crash", "null")
            self.assertEqual(status, 134)
            self.assertIn("core: a core file", console)
            # every thread's frames are on the console, too
            self.assertRegex(console, r"(?m) main +(sleep|ready) .*\n(  (at|from) .*\n)*"
                                      r"  from .* test_crash.*\n(  from .*\n)*"
                                      r"  from .* main_thread")
            self.assertRegex(console, r"(?m) biodone +sleep .*\n(  from .*\n)*"
                                      r"  from .* bio_main")
            text = on_core(image("rumptest"), f"{d}/core", "threads", "thread-apply all bt")
            m = re.search(r"(?m)^. +(\d+)  crasher +run ", text)
            self.assertIsNotNone(m, text)
            crasher = text.split('"crasher":')[1]
            # through the exception to the function that it is in
            self.assertRegex(crasher, r"(?s)kern_trap.*signal handler called.*crash_null "
                                      r"\(.*\) at apps/rumptest/crash.c")
            self.assertRegex(text, r'(?s)"main":.* in test_crash ')
            self.assertLess(os.stat(f"{d}/core").st_blocks * 512, 64 << 20)

    def test_core_of_a_program(self):
        with tempfile.TemporaryDirectory() as d:
            status, console = run("--core", f"{d}/core", "--mem", 96, self.baked, "--",
                                  "crash")
            self.assertEqual(status, 134, console)
            text = on_core(self.baked, f"{d}/core", "sirloin-symbols", "thread-apply all bt")
            self.assertRegex(text, r"(?s)signal handler called.*deep \(n=.*0, .* in main \(argc=2")

    def test_no_core_without_a_panic(self):
        with tempfile.TemporaryDirectory() as d:
            status, console = run("--core", f"{d}/core", image("hello"), "--", "--exit", 9)
            self.assertEqual(status, 9, console)
            self.assertFalse(os.path.exists(f"{d}/core"))

    def test_core_that_cannot_be_written(self):
        status, console = run("--core", "/nowhere/core", "--mem", 96, image("rumptest"),
                              "--", "--crash", "null")
        self.assertEqual(status, 134)
        self.assertIn("no core file", console)
