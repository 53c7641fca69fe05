"""Guests from xl create to their end: console, status, shutdown reason."""

import json
import re
import time
import unittest

from guest import KERNEL, LONG, tap_lines
from xencase import COMMON, GUEST, LANES, Case, disk, image


class Hello(Case):
    def test_hello(self):
        for lane in LANES:
            with self.on(lane):
                g = self.guest("hello", "--exit", 7, "one", "two", lane=lane,
                               conf={"env": ["FRUIT=pear"]})
                self.ends(g, 7)
                for word in ("one", "two", "FRUIT=pear"):
                    self.assertIn(word, g.console)

    def test_exit_statuses(self):
        for status in (0, 1, 127, 255) if LONG else (0, 255):
            for lane in (("pv", 1), ("pvh", 1)):
                with self.on(lane):
                    self.ends(self.guest("hello", "--exit", status, lane=lane), status)

    def test_console_input(self):
        for lane in (("pv", 1), ("pvh", 1)):
            with self.on(lane):
                g = self.monitor(lane)
                for n in range(10):
                    word = f"{n}-" + "x" * 90
                    self.assertEqual(self.ask(g, f"echo {word}"), word + "\n")
                mark = len(g.console)
                g.send("".join(f"echo {n}{'z' * 60}\n" for n in range(40)))
                g.expect(rf"39{'z' * 60}\nok\n", 20, mark)
                self.assertEqual(g.console[mark:],
                                 "".join(f"{n}{'z' * 60}\nok\n" for n in range(40)))
                g.send("exit 3\n")
                self.ends(g, 3)

    def test_flood(self):
        """Much more than both rings hold, both ways at a time: nothing is lost."""
        lines = 1000
        for lane in COMMON:
            with self.on(lane):
                g = self.monitor(lane)
                mark = len(g.console)
                g.send("".join(f"echo {n:05d}{'z' * 70}\n" for n in range(lines)))
                g.expect(rf"{lines - 1:05d}z+\nok\n", 120, mark)
                self.assertEqual(g.console[mark:].split("\nok\n"),
                                 [f"{n:05d}{'z' * 70}" for n in range(lines)] + [""])
                self.shut_down(g)

    def test_much_output(self):
        """More than the console's ring: nothing is lost."""
        words = [f"{n:05d}" + "y" * 75 for n in range(10)]
        for lane in COMMON:
            with self.on(lane):
                g = self.guest("hello", *words, lane=lane)
                self.ends(g)
                for w in words:
                    self.assertIn(w, g.console)


class Suite(Case):
    def tap(self, app, *argv, least=10, timeout=180, **keys):
        g = self.guest(app, *argv, **keys)
        self.ends(g, timeout=timeout)
        ok, bad, plan = tap_lines(g.console)
        self.assertEqual(bad, [], g.console[-3000:])
        self.assertGreaterEqual(ok, least)
        self.assertEqual(ok, plan, "the plan and the tests differ")

    def disk(self):
        return {"disk": [disk(self.blank("/tmp/rumptest.img", 4))]}

    def test_rumptest(self):
        for lane in LANES:
            with self.on(lane):
                self.tap("rumptest", memory=128, lane=lane, **self.disk())

    @unittest.skipIf(KERNEL == "netbsd", "below the line: the same for both kernels")
    def test_kerntest(self):
        for lane in (("pv", 2),):
            with self.on(lane):
                self.tap("kerntest", memory=128, lane=lane)


class Crash(Case):
    CASES = {"null": r"null pointer|page fault", "wild": r"page fault|protection",
             "div0": r"divi", "rodata": r"read-only",
             "exec": r"page fault|protection|execut", "abort": r"abort|panic"}

    def crash(self, kind, text, lane):
        g = self.guest("rumptest", "--crash", kind, lane=lane, memory=128)
        self.ends(g, "panic", "crash")
        self.assertRegex(g.console, text)
        self.assertRegex(g.console, r"crasher")
        self.assertRegex(g.console, r"crash_\w+|main\+|main\b")

    def test_crash(self):
        for kind, text in self.CASES.items():
            with self.subTest(kind=kind):
                self.crash(kind, text, ("pv", 2))

    def test_stack(self):
        """Xen puts a PV guest's exceptions on the stack that has run out, and so
        ends it: its own log has the registers."""
        self.crash("stack", "stack overflow", ("pvh", 1))
        g = self.guest("rumptest", "--crash", "stack", memory=128)
        self.assertEqual(g.wait(30)[0], "crash")
        self.assertRegex(self.bed.log(), r"domain_crash|Failed to write.*frame|d\d+v0.*fault")

    def test_crash_pvh(self):
        self.crash("null", self.CASES["null"], ("pvh", 1))


class Control(Case):
    """What the toolstack asks for."""

    def test_shutdown(self):
        for lane in LANES:
            with self.on(lane):
                self.shut_down(self.monitor(lane))

    def test_reboot(self):
        for lane in (("pv", 2), ("pvh", 1)):
            with self.on(lane):
                g = self.monitor(lane, on_reboot="restart")
                was = g.id
                self.bed.xl("reboot", g.name)
                self.assertEqual(g.wait(15), ("reboot", "reboot"))
                g.expect("^ready$", 20, after=g.console.index("sirloin: reboot"), lives=2)
                self.assertNotEqual(g.id, was)
                self.shut_down(g, times=2)

    def test_pause(self):
        for lane in (("pv", 2),):
            with self.on(lane):
                g = self.monitor(lane)
                self.bed.run(f"xl pause {g.name}; sleep 2; xl unpause {g.name}")
                self.ask(g, "echo after")

    def test_requests(self):
        """What a guest need not know does it no harm."""
        for lane in (("pv", 2),):
            with self.on(lane):
                g = self.monitor(lane)
                self.bed.run(f"""xl sysrq {g.name} h
                    xenstore-write /local/domain/{g.id}/control/shutdown nonsense""")
                g.expect("nonsense")
                self.bed.run(f"""xenstore-write /local/domain/{g.id}/control/shutdown ''
                    sleep 0.5""")
                self.ask(g, "echo still-here")
                self.shut_down(g)

    def test_availability(self):
        """VCPUs that the domain may have, but is not to use yet."""
        for lane in (("pv", 2), ("pvh", 2)) if LONG else (("pv", 2),):
            with self.on(lane):
                g = self.monitor(lane, maxvcpus=4)
                self.assertEqual(len(json.loads(self.ask(g, "status"))["cpus"]), 2)
                self.shut_down(g)

    def vcpus(self, g, n, text):
        """xl vcpu-set, until the guest has done it."""
        mark = len(g.console)
        self.bed.xl("vcpu-set", "--ignore-host", g.name, n)
        g.expect(text, 60, mark)

    def down(self, g):
        """VCPUs that Xen sees down."""
        return [int(w[2]) for w in map(str.split, self.bed.xl("vcpu-list", g.name).splitlines())
                if w[0] == g.name and w[4] == "--p"]

    def test_vcpus(self):
        """xl vcpu-set: CPUs go and come, and threads, timers, traffic go on; across
        a save, too.  (A PVH guest's is at rest, but not down; LONG=1.)"""
        for lane in (("pv", 2), ("pvh", 2)) if LONG else (("pv", 2),):
            with self.on(lane):
                g = self.monitor(lane, net=True, maxvcpus=3, memory=Save.MEM,
                                 disk=[disk(self.blank("/tmp/v.img"))])
                self.ask(g, "stir blk0 4096")
                for _ in range(10 if LONG else 1):
                    self.vcpus(g, 1, "^xen: CPU 1 is not used any more")
                    self.echoes()
                    self.assertNotIn("back", self.ask(g, "spin 1 3"))
                    if lane[0] == "pv":
                        self.assertIn(1, self.down(g))
                    self.vcpus(g, 2, "^xen: CPU 1 is used again")
                    self.assertNotIn("back", self.ask(g, "spin 1 3"))
                    self.echoes()
                self.assertNotIn(1, self.down(g))
                self.vcpus(g, 3, "^xen: CPU 2 is not used: there were 2 at the boot")
                self.vcpus(g, 1, "^xen: CPU 1 is not used any more")
                mark = len(g.console)
                self.bed.xl("save", g.name, "/tmp/saved")
                self.restore()
                g.expect("^xen: resumed", 60, mark, lives=2)
                self.echoes()
                self.bed.xl("vcpu-set", "--ignore-host", g.name, 2)
                self.ask(g, "calm")
                self.assertNotIn("back", self.ask(g, "spin 1 3"))
                self.bed.xl("destroy", g.name)

    def test_sysrq(self):
        for lane in COMMON:
            for key, end in (("o", ("poweroff", 0)), ("b", ("reboot", "reboot")),
                             ("c", ("crash", "panic"))):
                with self.on(lane), self.subTest(key=key):
                    g = self.monitor(lane)
                    self.bed.xl("sysrq", g.name, key)
                    self.assertEqual(g.wait(60), end, g.console[-3000:])

    def test_nmi(self):
        """It may come at any instruction, on any stack: it does no harm."""
        g = self.monitor(("pv", 2))
        for _ in range(3):
            self.bed.xl("trigger", g.name, "nmi")
            self.ask(g, "echo still-here")
        self.shut_down(g)

    def test_time(self):
        """Goes on as dom0's, on every CPU, and never back."""
        for lane in (("pv", 2), ("pvh", 1)):
            with self.on(lane):
                g = self.monitor(lane)
                self.assertNotIn("back", self.ask(g, "spin 3 3"))
                before = int(self.bed.run("date +%s"))
                wall = int(self.ask(g, "time").split()[2]) / 1e9
                self.assertGreater(wall, before - 2)
                self.assertLess(wall, int(self.bed.run("date +%s")) + 3)


class Save(Case):
    """xl save and xl restore: another hypervisor's pages, the same guest."""
    MEM = 24 if KERNEL == "builtin" else 128    # less to save, which is what takes time

    def guest_to_save(self, lane):
        return self.monitor(lane, net=True, memory=self.MEM,
                            disk=[disk(self.blank("/tmp/save.img"))])

    def save(self, g):
        lives = len(g.reasons())
        self.bed.run(f"xl save {g.name} /tmp/saved")
        self.assertFalse(g.running())
        self.assertEqual(g.reasons()[lives:], ["suspend"])

    def clocks(self, g):
        return [int(v) / 1e9 for v in self.ask(g, "time").split()[1:]]

    def test_save_restore(self):
        for lane in LANES:
            with self.on(lane):
                g = self.guest_to_save(lane)
                self.ask(g, "write blk0 0 4096 1")
                for life in range(2 if LONG else 1):
                    mono, wall = self.clocks(g)
                    self.save(g)
                    self.bed.run("sleep 2")
                    self.restore()
                    self.ask(g, f"echo life-{life}")
                    later, wall2 = self.clocks(g)
                    self.assertGreater(later, mono)
                    self.assertLess(later - mono, 600)
                    self.assertGreater(wall2 - wall, 2)
                    self.ask(g, "check blk0 0 4096 1")
                    self.ask(g, f"write blk0 8388608 1024 {life}")
                    self.ask(g, f"check blk0 8388608 1024 {life}")
                    self.echoes()
                self.bed.xl("shutdown", g.name)
                g.expect("^sirloin: exit 0$", 20, lives=9)
                self.bed.run(f"for n in $(seq 50); do xl domid {g.name} || exit 0; sleep 0.2; "
                             f"done; exit 1")

    def test_under_load(self):
        """Network and disk go on across many of them, and every byte is right; who is away
        just then is called again."""
        for lane in (("pv", 2), ("pvh", 2)) if LONG else (("pv", 2),):
            with self.on(lane):
                g = self.guest_to_save(lane)
                self.ask(g, "stir blk0 8192")
                self.bed.run(f"""rm -f /bed/echoed
                    (while :; do client echo {GUEST} 7 1000000 2>/tmp/why || {{
                        cat /tmp/why; grep -q ^connect: /tmp/why && continue; break; }}
                    echo right >>/bed/echoed; done) \
                    >/tmp/echo.log 2>&1 </dev/null & echo $! >/tmp/echo.pid""")
                for life in range(10 if LONG else 2):
                    self.save(g)
                    self.restore()
                    self.ask(g, f"echo life-{life}")
                    had = self.rounds()
                    end = time.monotonic() + 200
                    while self.rounds() < had + 2 and time.monotonic() < end:
                        time.sleep(0.1)
                    if self.rounds() < had + 2:     # one that began in this life
                        self.fail("no traffic: " + self.bed.run("cat /tmp/echo.log"))
                self.bed.run("kill $(cat /tmp/echo.pid); cat /tmp/echo.log")
                self.ask(g, "calm")
                self.bed.xl("destroy", g.name)

    def rounds(self):
        return self.bed.log("echoed").count("right")

    def test_checkpoint(self):
        """xl save -c: a suspend that is called off, and the guest goes on; and from
        what was saved there comes another."""
        for lane in (("pv", 2), ("pvh", 2)) if LONG else (("pvh", 2),):
            with self.on(lane):
                g = self.guest_to_save(lane)
                self.ask(g, "write blk0 0 1024 1")
                for _ in range(2 if LONG else 1):
                    mono, wall = self.clocks(g)
                    self.bed.run(f"xl save -c {g.name} /tmp/saved")
                    self.ask(g, "check blk0 0 1024 1")
                    self.ask(g, "write blk0 8388608 1024 2")
                    self.echoes()
                    later, wall2 = self.clocks(g)
                    self.assertLess(abs((wall2 - wall) - (later - mono)), 1)
                self.bed.run(f"xl destroy {g.name}; sleep 1")
                self.restore()
                self.ask(g, "check blk0 0 1024 1")
                self.echoes()
                self.bed.xl("destroy", g.name)


class Events(Case):
    def ports(self, g):
        """Its event channels as Xen lists them; FIFO queues have no numbers there."""
        mark = len(self.bed.log())
        self.bed.xl("debug-keys", "e")
        want = rf"channel information for domain {g.id}:\n(?:.*\n){{6}}"
        for _ in range(300):
            if m := re.search(want, self.bed.log()[mark:]):
                return m[0]
            self.bed.run("sleep 0.1")
        self.fail(self.bed.log()[mark:])

    def test_tables(self):
        """Queues where Xen has them, and two levels of bits."""
        for lane in COMMON:
            for words, state in (("", r"\[0/[01]/ +-  "), ("nofifo", r"\[0/[01]/[01]\]")):
                with self.on(lane), self.subTest(words=words):
                    g = self.monitor(lane, words=words, net=True,
                                     disk=[disk(self.blank("/tmp/e.img"))])
                    self.assertRegex(self.ports(g), state)
                    self.ask(g, "stir blk0 4096")
                    self.echoes()
                    self.ask(g, "calm")
                    self.shut_down(g)


class Memory(Case):
    def total(self, g):
        return json.loads(self.ask(g, "status"))["memory"]["total"]

    def test_small(self):
        for mem in (32, 256) if KERNEL == "builtin" else (96, 256):
            for lane in COMMON:
                with self.on(lane):
                    g = self.monitor(lane, memory=mem)
                    self.assertGreater(self.total(g), mem * 0.9 * (1 << 20))
                    self.ask(g, f"memory {mem // 2}")

    def test_large(self):
        """5 GB (LONG=1: 6, and 3), all of it used."""
        for mem in (3072, 6144) if LONG else (5120,):
            with self.subTest(mem=mem):
                g = self.monitor(("pv", 2), memory=mem, timeout=60)
                self.assertGreater(self.total(g), mem * 0.97 * (1 << 20))
                self.ask(g, f"memory {mem * 9 // 10}", 120)
                self.shut_down(g)

    def test_balloon(self):
        for lane in (("pv", 2), ("pvh", 1)):
            with self.on(lane):
                g = self.monitor(lane, memory=256, maxmem=256)

                def has(mb):
                    """dom0 sees the guest arrive there."""
                    self.bed.run(f"for n in $(seq 40); do set -- $(xl list {g.name} | tail -1); "
                                 f"[ $3 -ge {mb - 3} ] && [ $3 -le {mb + 3} ] && exit 0; "
                                 f"sleep 0.2; done; xl list; exit 1")
                has(256)
                for mb in (128, 200, 64, 256):
                    self.bed.xl("mem-set", g.name, mb)
                    has(mb)
                    self.ask(g, f"memory {mb // 2}")
                self.shut_down(g)

    def test_balloon_up(self):
        """Beyond what it began with; and saved and restored with that."""
        small = 64 if KERNEL == "builtin" else 128
        g = self.monitor(("pv", 2), memory=small, maxmem=2 * small)
        for mb in (small * 7 // 4, small * 3 // 4, 2 * small):
            self.bed.xl("mem-set", g.name, mb)
            self.bed.run(f"for n in $(seq 60); do set -- $(xl list {g.name} | tail -1); "
                         f"[ $3 -ge {mb - 3} ] && [ $3 -le {mb + 3} ] && exit 0; "
                         f"sleep 0.2; done; xl list; exit 1")
            self.ask(g, f"memory {mb * 2 // 3}")
        self.bed.xl("save", g.name, "/tmp/saved")
        self.restore()
        self.ask(g, f"memory {small * 3 // 2}")
        self.shut_down(g)

    def test_balloon_beyond(self):
        """A target that can't be had: what can be is given, and all goes on."""
        g = self.monitor(("pv", 1), memory=128)
        self.ask(g, "memory 16")
        self.bed.run(f"xenstore-write /local/domain/{g.id}/memory/target 1024; sleep 2; "
                     f"xenstore-write /local/domain/{g.id}/memory/target many; sleep 1; "
                     f"xenstore-write /local/domain/{g.id}/memory/target 131072; sleep 2")
        self.ask(g, "memory 64")
        self.shut_down(g)


class Bad(Case):
    """What must be refused by name."""

    def test_hw_image_as_pv(self):
        with self.assertRaisesRegex(RuntimeError, "no loader found|Invalid kernel"):
            self.guest("hello", img=image("hello", "pvh"))

    def test_too_little_memory(self):
        """It runs, or xl refuses it, or it says what it lacks."""
        for kind in ("pv", "pvh"):
            for mem in (1, 2, 3, 4):
                with self.subTest(type=kind, memory=mem):
                    try:
                        g = self.guest("hello", lane=(kind, 1), memory=mem)
                    except RuntimeError as e:
                        self.assertRegex(str(e), "[Mm]emory|too small|failed")
                        continue
                    if g.wait(20) != ("poweroff", 0):
                        self.assertRegex(g.console, r"memory.*\d+")

    def test_bad_configuration(self):
        for lane in COMMON:
            with self.on(lane):
                g = self.guest("hello", lane=lane, conf={"hostnam": "x"})
                self.ends(g, 125)
                self.assertIn("hostnam", g.console)
                g = self.guest("hello", lane=lane, conf={"net": [
                    {"if": "virt3", "type": "inet", "method": "dhcp"}]})
                self.ends(g, 125)
                self.assertRegex(g.console, "virt3|net")
