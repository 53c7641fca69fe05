"""What the README says works as it stands there: an own application."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from guest import KERNEL, ROOT


@unittest.skipIf(KERNEL == "netbsd", "the README's commands are the built-in kernel's")
class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(f"{ROOT}/README.md") as f:
            cls.text = f.read()
        cls.dir = tempfile.TemporaryDirectory()
        cls.tree = f"{cls.dir.name}/tree"
        skip = shutil.ignore_patterns("build", ".git", "__pycache__")
        shutil.copytree(ROOT, cls.tree, ignore=skip)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def sh(self, command, **kw):
        return subprocess.run(command, shell=True, cwd=self.tree, text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kw)

    def test_1_own_application(self):
        os.mkdir(f"{self.tree}/apps/guess")
        for name, kind in (("main.c", "c"), ("files.mk", "make")):
            block = re.search(rf"```{kind}\n(.*?)```", self.text, re.S).group(1)
            with open(f"{self.tree}/apps/guess/{name}", "w") as f:
                f.write(block)
        commands = re.findall(r"^    (make APPS=guess|scripts/sirloin run .*guess.*)$",
                              self.text, re.M)
        self.assertEqual(len(commands), 2)
        r = self.sh(commands[0])
        self.assertEqual(r.returncode, 0, r.stdout[-2000:])
        # every number there is: one of them is right
        r = self.sh(f"{commands[1]} --timeout 30",
                    input="".join(f"{n}\n" for n in range(100)))
        self.assertEqual(r.returncode, 0, r.stdout)
        self.assertRegex(r.stdout, r"^guess my number: (more: )*yes$")

    def test_2_end_of_input(self):
        """Runs after the one above; the program ends where its input does."""
        image = f"{self.tree}/build/builtin/hw/guess.elf"
        if not os.path.exists(image):
            self.skipTest("guess was not built")
        r = self.sh(f"scripts/sirloin run {image} --timeout 20", input="")
        self.assertEqual(r.returncode, 0, r.stdout)
        self.assertRegex(r.stdout, r"^guess my number: yes$")
