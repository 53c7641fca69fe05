"""A backend in dom0 that lies (tests/xen/hostile): the guest says so by the
device's name or lives on quietly, never dies of it, and ends when it is asked to."""

from xencase import Case, static

# Lies that a guest must name on its console; of others it may make errors.
NET_NAMED = """tx-id tx-id-one-more tx-jump tx-back rx-id rx-other-id rx-length rx-offset
    rx-offset-wide rx-jump rx-back no-rx-copy mac-word state-word state-99""".split()
NET_QUIET = """none restart tx-twice tx-status rx-zero rx-error rx-flags rx-extra rx-endless
    rx-checksum features-words queues queues-zero state-back state-closing state-closed
    state-late-word vanish state-none""".split()
BLK_NAMED = """id id-one-more id-other jump back sector-0 sector-511 sector-huge no-sectors
    sectors-word sectors-minus state-word state-99""".split()
BLK_QUIET = """none restart twice operation status error unsupported silence ring-order
    indirect queues features-words info-word sectors-wide state-back state-closing
    state-closed state-late-word vanish state-none""".split()
# After these there is nobody to answer; the guest must end all the same.
SILENT = "silence state-back".split()


class Hostile(Case):
    def tearDown(self):
        self.bed.run("killall hostile 2>/dev/null; true")
        super().tearDown()

    def begin(self, kind, lie, lane=("pv", 1), **conf):
        """A guest, its back end's log in dom0, and whether it has ended already."""
        g = self.guest("monitor", lane=lane, paused=True, conf=conf)
        log = f"/tmp/hostile-{g.name}.log"
        self.bed.run(f"""setsid hostile {kind} {g.id} {lie} >{log} 2>&1 </dev/null &
            echo $! >{log}.pid
            for n in $(seq 200); do grep -q offered {log} && break; sleep 0.05; done
            cat {log}; grep -q offered {log} && xl unpause {g.name}""")
        m = g.expect("^ready$|^sirloin: exit", 60)
        return g, log, m[0] != "ready"

    def finish(self, g, log, ended, lie, named, device):
        if lie not in ("none", "silence"):
            self.assertIn("lied", self.bed.run(
                f"for n in $(seq 100); do grep -q lied {log} && break; sleep 0.1; done; cat {log}"))
        self.assertNotIn("panic", g.console)
        if named:
            self.assertRegex(g.console, rf"(?m)^.*{device}.*$")
        if not ended:
            self.bed.xl("shutdown", g.name)
        reason, status = g.wait(30)
        self.assertEqual(reason, "poweroff", g.console[-2000:])
        self.assertIsInstance(status, int, g.console[-2000:])
        self.bed.call(f"kill $(cat {log}.pid)")

    def net(self, lie, named, lane=("pv", 1)):
        g, log, ended = self.begin("net", lie, lane, net=[static()])
        if not ended:
            self.ask(g, "udp 10.9.255.255 30")
            self.ask(g, "udp 10.9.255.255 30")
            self.ask(g, "echo alive")
        self.finish(g, log, ended, lie, named, "(net0|vif)")

    def blk(self, lie, named, lane=("pv", 1)):
        g, log, ended = self.begin("blk", lie, lane)
        mark = len(g.console)
        g.send("write blk0 0 512 1\ncheck blk0 0 512 1\ncheck blk0 0 512 1\necho alive\n")
        if lie not in SILENT:
            g.expect("^alive$", 60, mark)
        if lie in ("none", "restart"):
            self.assertNotIn("error", g.console)
        self.finish(g, log, ended, lie, named, "(blk0|vbd)")

    def test_net(self):
        self.at_once(NET_NAMED + NET_QUIET, lambda lie: self.net(lie, lie in NET_NAMED))

    def test_blk(self):
        self.at_once(BLK_NAMED + BLK_QUIET, lambda lie: self.blk(lie, lie in BLK_NAMED))

    def test_pvh(self):
        """The same code as PV's, so a few."""
        self.at_once([("net", "rx-length"), ("net", "tx-jump"), ("blk", "id"),
                      ("blk", "jump")],
                     lambda case: getattr(self, case[0])(case[1], True, ("pvh", 1)))
