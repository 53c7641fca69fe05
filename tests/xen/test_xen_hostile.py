"""A backend in dom0 that lies (tests/xen/hostile): the guest says so by the
device's name or lives on quietly, never dies of it, and ends when it is asked to."""

import time
import unittest

from guest import LONG
from xencase import Case, static

# Lies that a guest must name on its console; of others it may make errors.  A group is
# the devices of one guest; "none" and "restart" are no lies, and come first.
NET_NAMED = """tx-id tx-id-one-more tx-jump tx-back rx-id rx-other-id rx-length rx-offset
    rx-offset-wide rx-jump rx-back no-rx-copy mac-word state-word state-99""".split()
NET = ("none restart tx-id tx-id-one-more tx-jump tx-back rx-id rx-other-id",
       "rx-length rx-offset rx-offset-wide rx-jump rx-back mac-word tx-twice tx-status",
       "rx-zero rx-error rx-flags rx-extra rx-endless rx-checksum features-words queues",
       "queues-zero state-back state-closing state-closed state-late-word vanish",
       "no-rx-copy state-word state-99 state-none")     # of these there come no devices
BLK_NAMED = """id id-one-more id-other jump back sector-0 sector-511 sector-huge no-sectors
    sectors-word sectors-minus state-word state-99""".split()
BLK = ("none restart id id-one-more id-other jump back twice",
       "operation status error unsupported ring-order indirect queues features-words",
       "state-closing state-closed state-late-word vanish",
       "sector-0 sector-511 sector-huge no-sectors sectors-word sectors-minus info-word "
       "sectors-wide",
       "state-word state-99 state-none", "silence", "state-back")
# After these there is nobody to answer; the guest must end all the same.
SILENT = "silence state-back".split()


class Hostile(Case):
    def tearDown(self):
        self.bed.run("killall hostile 2>/dev/null; true")
        super().tearDown()

    def begin(self, kind, lies, lane=("pv", 1), **conf):
        """A guest, its back ends' log, and whether it has ended already."""
        g = self.guest("monitor", lane=lane, paused=True, conf=conf, memory=96,
                       words="vbdwait=5")
        log = f"hostile-{g.name}.log"
        self.bed.run(f"""setsid hostile {kind} {g.id} {' '.join(lies)} >/bed/{log} 2>&1 </dev/null \
            && xl unpause {g.name}""")
        m = g.expect("^ready$|^sirloin: exit", 60)
        return g, log, m[0] != "ready"

    def finish(self, g, log, ended, lies, named, device):
        told = [f"lied: {lie}\n" for lie in lies if lie not in ("none", "silence")]
        end = time.monotonic() + 60
        while not all(t in self.bed.log(log) for t in told) and time.monotonic() < end:
            time.sleep(0.05)
        for t in told:
            self.assertIn(t, self.bed.log(log))
        self.assertNotIn("panic", g.console)
        for n, lie in enumerate(lies):
            if lie in named:
                self.assertRegex(g.console, rf"(?m)^.*{device(n)}.*$", lie)
        if not ended:
            self.bed.xl("shutdown", g.name)
        reason, status = g.wait(60)
        self.assertEqual(reason, "poweroff", g.console[-2000:])
        self.assertIsInstance(status, int, g.console[-2000:])
        self.bed.call("kill -- -" + self.bed.log(log).split("offered by ")[1].split()[0])

    def net(self, lies, lane=("pv", 1)):
        g, log, ended = self.begin("net", lies, lane, net=[
            {**static(n, f"10.{20 + n}.0.2"), "gw": f"10.{20 + n}.0.1"}
            for n in range(len(lies))])
        if not ended:
            for _ in range(2):
                for n in range(len(lies)):
                    self.ask(g, f"udp 10.{20 + n}.255.255 30")
            self.ask(g, "echo alive")
        self.finish(g, log, ended, lies, NET_NAMED, lambda n: rf"(net{n}|vif {n})\b")

    def blk(self, lies, lane=("pv", 1)):
        g, log, ended = self.begin("blk", lies, lane)
        mark = len(g.console)
        g.send("".join(f"write blk{n} 0 512 1\ncheck blk{n} 0 512 1\ncheck blk{n} 0 512 1\n"
                       f"echo done-{n}\n" for n in range(len(lies))) + "echo alive\n")
        if lies[0] not in SILENT:
            g.expect("^alive$", 120, mark)
        for n, lie in enumerate(lies):
            if lie in ("none", "restart"):
                self.assertNotIn("error", g.console[mark:g.console.index(f"done-{n}\n")])
        self.finish(g, log, ended, lies, BLK_NAMED,
                    lambda n: rf"(blk{n}|vbd {51712 + 16 * n})\b")

    def test_net(self):
        self.at_once([lies.split() for lies in NET], self.net)

    def test_blk(self):
        self.at_once([lies.split() for lies in BLK], self.blk)

    @unittest.skipUnless(LONG, "LONG=1: the same code as PV's")
    def test_pvh(self):
        """A few."""
        self.net(["rx-length", "tx-jump"], ("pvh", 1))
        self.blk(["id", "jump"], ("pvh", 1))
