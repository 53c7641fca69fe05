"""Programs for Linux in a PV and in a PVH guest."""

import program
from guest import ROOT, tap_lines
from xencase import LANES, Case


class Linux(Case):
    def test_lxtest(self):
        prog = program.compile(f"{ROOT}/tests/programs/lxtest.c")
        images = {"pv": program.bake(prog, name="lxtest-xen", platform="xen"),
                  "pvh": program.bake(prog, name="lxtest")}
        for lane in LANES:
            with self.on(lane):
                g = self.guest("lxtest-xen" if lane[0] == "pv" else "lxtest", lane=lane,
                               img=images[lane[0]], memory=256, conf={"net": []})
                self.ends(g, timeout=180)
                ok, bad, plan = tap_lines(g.console)
                self.assertEqual((bad, ok), ([], plan), g.console[-3000:])
