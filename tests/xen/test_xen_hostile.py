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
        self.clean()
        super().tearDown()

    def clean(self):
        for g in self.guests:
            g.destroy()
        self.guests.clear()
        self.bed.run("killall hostile 2>/dev/null; true")

    def begin(self, kind, lie, lane=("pv", 1), **conf):
        g = self.guest("monitor", lane=lane, paused=True, conf=conf)
        self.bed.run(f"""setsid hostile {kind} {g.id} {lie} >/tmp/hostile.log 2>&1 </dev/null &
            for n in $(seq 50); do grep -q offered /tmp/hostile.log && break; sleep 0.05; done
            cat /tmp/hostile.log; grep -q offered /tmp/hostile.log && xl unpause {g.name}""")
        g.expect("^ready$|^sirloin: exit", 40)
        return g

    def told(self, lie):
        log = self.bed.run("cat /tmp/hostile.log")
        if lie not in ("none", "silence"):
            self.assertIn("lied", log)

    def finish(self, g, lie, named, device):
        self.assertNotIn("panic", g.console)
        if named:
            self.assertRegex(g.console, rf"(?m)^.*{device}.*$")
        if not g.reasons():
            self.bed.xl("shutdown", g.name)
        reason, status = g.wait(20)
        self.assertEqual(reason, "poweroff", g.console[-2000:])
        self.assertIsInstance(status, int, g.console[-2000:])

    def net(self, lie, named, lane=("pv", 1)):
        g = self.begin("net", lie, lane, net=[static()])
        if not g.reasons():
            self.ask(g, "udp 10.9.255.255 30")
            self.ask(g, "udp 10.9.255.255 30")
            self.ask(g, "echo alive")
        self.told(lie)
        self.finish(g, lie, named, "(net0|vif)")

    def test_net(self):
        for lie in NET_NAMED + NET_QUIET:
            with self.subTest(lie=lie):
                self.clean()
                self.net(lie, lie in NET_NAMED)

    def blk(self, lie, named, lane=("pv", 1)):
        g = self.begin("blk", lie, lane)
        mark = len(g.console)
        g.send("write blk0 0 512 1\ncheck blk0 0 512 1\ncheck blk0 0 512 1\necho alive\n")
        if lie not in SILENT:
            g.expect("^alive$", 30, mark)
        if lie in ("none", "restart"):
            self.assertNotIn("error", g.console)
        self.told(lie)
        self.finish(g, lie, named, "(blk0|vbd)")

    def test_blk(self):
        for lie in BLK_NAMED + BLK_QUIET:
            with self.subTest(lie=lie):
                self.clean()
                self.blk(lie, lie in BLK_NAMED)

    def test_pvh(self):
        """The same code as PV's, so a few."""
        for kind, lie in (("net", "rx-length"), ("net", "tx-jump"), ("blk", "id"),
                          ("blk", "jump")):
            with self.subTest(kind=kind, lie=lie):
                self.clean()
                getattr(self, kind)(lie, True, ("pvh", 1))
