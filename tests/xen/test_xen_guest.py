"""Guests from xl create to their end: console, status, shutdown reason."""

import unittest

from guest import KERNEL, tap_lines
from xencase import LANES, Case, image


class Hello(Case):
    def test_hello(self):
        for lane in self.lanes():
            g = self.guest("hello", "--exit", 7, "one", "two", lane=lane,
                           conf={"env": ["FRUIT=pear"]})
            self.ends(g, 7)
            for word in ("one", "two", "FRUIT=pear"):
                self.assertIn(word, g.console)

    def test_exit_statuses(self):
        for status in (0, 1, 127, 255):
            for lane in self.lanes(("pv", 1), ("pvh", 1)):
                self.ends(self.guest("hello", "--exit", status, lane=lane), status)

    def test_console_input(self):
        for lane in self.lanes(("pv", 1), ("pvh", 1)):
            g = self.guest("hello", "--cat", lane=lane)
            g.expect("hello")
            for n in range(30):
                g.send(f"line {n} " + "x" * 60 + "\n")
                g.expect(rf"line {n} x{{60}}$", 10)
            g.send("\x04")
            self.ends(g)

    def test_much_output(self):
        """More than the console's ring: nothing is lost."""
        words = [f"{n:05d}" + "y" * 95 for n in range(8)]
        for lane in self.lanes(("pv", 2), ("pvh", 1)):
            g = self.guest("hello", *words * 1, lane=lane)
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
        self.bed.run("dd if=/dev/zero of=/tmp/rumptest.img bs=1M count=4")
        return {"disk": ["format=raw,vdev=xvda,access=rw,target=/tmp/rumptest.img"]}

    def test_rumptest(self):
        for lane in self.lanes():
            self.tap("rumptest", memory=128, lane=lane, **self.disk())

    @unittest.skipIf(KERNEL == "netbsd", "below the line: the same for both kernels")
    def test_kerntest(self):
        for lane in self.lanes(("pv", 2)):
            self.tap("kerntest", memory=128, lane=lane)


class Crash(Case):
    CASES = {"null": r"null pointer|page fault", "wild": r"page fault|protection",
             "stack": r"stack overflow", "div0": r"divi", "rodata": r"page fault|protection",
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

    def test_crash_pvh(self):
        self.crash("null", self.CASES["null"], ("pvh", 1))


class Control(Case):
    """What the toolstack asks for."""

    def waiting(self, lane, **keys):
        g = self.guest("hello", "--cat", lane=lane, **keys)
        g.expect("hello")
        return g

    def test_shutdown(self):
        for lane in self.lanes():
            g = self.waiting(lane)
            self.bed.xl("shutdown", g.name)
            self.ends(g, 0, timeout=15)

    def test_reboot(self):
        for lane in self.lanes(("pv", 2), ("pvh", 1)):
            g = self.waiting(lane, on_reboot="restart")
            was = g.id
            self.bed.xl("reboot", g.name)
            self.assertEqual(g.wait(15), ("reboot", "reboot"))
            g.expect("hello", after=g.console.index("sirloin: reboot"))
            self.assertNotEqual(g.id, was)
            self.bed.xl("shutdown", g.name)
            self.assertEqual(g.wait(15, times=2), ("poweroff", 0))

    def test_pause(self):
        for lane in self.lanes(("pv", 2)):
            g = self.waiting(lane)
            self.bed.run(f"xl pause {g.name}; sleep 2; xl unpause {g.name}")
            g.send("after\n")
            g.expect("^after")

    def test_trigger(self):
        """Requests and triggers that a guest need not know do it no harm."""
        for lane in self.lanes(("pv", 2)):
            g = self.waiting(lane)
            self.bed.run(f"""xl sysrq {g.name} h
                xl trigger {g.name} nmi
                xenstore-write /local/domain/{g.id}/control/shutdown nonsense; sleep 0.5
                xenstore-write /local/domain/{g.id}/control/shutdown ''; sleep 0.5""")
            g.send("still here\n")
            g.expect("^still here")
            self.bed.xl("shutdown", g.name)
            self.ends(g, 0, timeout=15)

    def save(self, lane, times):
        g = self.waiting(lane)
        for n in range(times):
            self.bed.run(f"xl save {g.name} /tmp/saved", 60)
            self.assertFalse(g.running())
            self.bed.run("xl restore /tmp/saved && rm /tmp/saved", 60)
            g.send(f"life {n}\n")
            g.expect(f"^life {n}$", 20)
        self.bed.xl("shutdown", g.name)
        g.expect("^sirloin: exit 0", 20)

    def test_save_restore(self):
        for lane in self.lanes():
            self.save(lane, 2)


class Bad(Case):
    """What must be refused by name."""

    def test_hw_image_as_pv(self):
        with self.assertRaisesRegex(RuntimeError, "no loader found|Invalid kernel"):
            self.guest("hello", img=image("hello", "pvh"))

    def test_too_little_memory(self):
        for lane in self.lanes(("pv", 1), ("pvh", 1)):
            try:
                g = self.guest("hello", lane=lane, memory=2)
            except RuntimeError as e:       # xl has refused it
                self.assertRegex(str(e), "[Mm]emory|too small|failed")
                continue
            reason, status = g.wait(20)
            self.assertIn(reason, ("crash", "poweroff"))
            self.assertNotEqual(status, 0)
            self.assertRegex(g.console, r"memory.*\d+")

    def test_bad_configuration(self):
        for lane in self.lanes(("pv", 1), ("pvh", 1)):
            g = self.guest("hello", lane=lane, conf={"hostnam": "x"})
            self.ends(g, 125)
            self.assertIn("hostnam", g.console)
            g = self.guest("hello", lane=lane, conf={"net": [
                {"if": "virt3", "type": "inet", "method": "dhcp"}]})
            self.ends(g, 125)
            self.assertRegex(g.console, "virt3|net")
