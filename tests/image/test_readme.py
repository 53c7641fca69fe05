"""What the README says works as it stands there: an own application."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from guest import KERNEL, OUT, ROOT, free_port


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
        # the objects and sources that there are, so that it takes seconds
        os.mkdir(f"{cls.tree}/build")
        with open(f"{OUT}/.making", "w") as f:      # tests/lib/bin/make's
            fcntl.flock(f, fcntl.LOCK_EX)
            for d in ("include", "obj"):
                shutil.copytree(f"{OUT}/{d}", f"{cls.tree}/build/{d}")
        os.symlink(f"{OUT}/src", f"{cls.tree}/build/src")

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def sh(self, command, **kw):
        return subprocess.run(command, shell=True, cwd=self.tree, text=True, timeout=1800,
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

    def test_first_application(self):
        """docs/first-application.md, from top to bottom, with another port."""
        with open(f"{ROOT}/docs/first-application.md") as f:
            text = f.read().replace("8080", str(free_port()))
        os.mkdir(f"{self.tree}/first")
        with open(f"{self.tree}/first/main.c", "w") as f:
            f.write(re.search(r"```c\n(.*?)```", text, re.S).group(1))
        commands = re.findall(r"^    (\S.*)$", text, re.M)
        self.assertEqual(len(commands), 10)
        # the C library and the objects that there are, so that it takes seconds
        env = {**os.environ, "SIRLOIN_BUILD": OUT, "XDG_RUNTIME_DIR": self.dir.name}
        said = []
        try:
            for c in commands:
                r = self.sh(c, env=env)
                said.append(r.stdout)
                self.assertEqual(r.returncode, 0, f"{c}:\n{r.stdout[-2000:]}")
        finally:
            self.sh("scripts/sirloin stop visits --time 1", env=env)
        self.assertEqual(said.count("visitor 1\n"), 2, said)
        self.assertIn("running", said[8])

    def test_2_end_of_input(self):
        """Runs after the one above; the program ends where its input does."""
        image = f"{self.tree}/build/builtin/hw/guess.elf"
        if not os.path.exists(image):
            self.skipTest("guess was not built")
        r = self.sh(f"scripts/sirloin run {image} --timeout 20", input="")
        self.assertEqual(r.returncode, 0, r.stdout)
        self.assertRegex(r.stdout, r"^guess my number: yes$")
