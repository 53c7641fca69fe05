"""Programs for Linux: what room linux/ promises, and what cannot be."""

import re
import subprocess
import tempfile
import unittest

import program
from guest import KERNEL, ROOT, image, run, tap_lines

FORK = r"""
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 3; i++)
		if (fork() != -1 || errno != ENOSYS)
			return 1;
	return execl("/bin/x", "x", (char *)0) == -1 && errno == ENOSYS ? 0 : 2;
}
"""
FULL = r"""
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#define N	4096
#define SIZE	(64 * 4096UL)
int main(void)
{
	static char *p[N];
	int n = 0, k;
	while (n < N && (p[n] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0)) != MAP_FAILED) {
		for (size_t i = 0; i < SIZE; i += 4096)
			p[n][i] = (char)(n + i / 4096);
		n++;
	}
	/* a little is kept back for the kernel: files in memory take that, too */
	int fd = open("/tmp/fill", O_WRONLY | O_CREAT, 0600);
	while (fd >= 0 && write(fd, p[0], 4096) > 0)
		;
	for (k = 0; k < n && mprotect(p[k], SIZE, PROT_NONE) == 0; k++)
		;
	int error = errno;
	for (int i = k; i < n; i++)		/* what failed is as it was */
		for (size_t j = 0; j < SIZE; j += 4096)
			if (p[i][j]++ != (char)(i + j / 4096))
				return 2;
	for (int i = 0; i < k; i++) {
		if (mprotect(p[i], SIZE, PROT_READ | PROT_WRITE) != 0)
			return 3;
		for (size_t j = 0; j < SIZE; j += 4096)
			if (p[i][j] != (char)(i + j / 4096))
				return 4;
	}
	printf("%d of %d, errno %d\n", k, n, error);
	return k < n && error == ENOMEM && n > 100 ? 0 : 1;
}
"""
LEFT = r"""
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static int send_fd(int s, int fd)
{
	union { char b[CMSG_SPACE(sizeof(int))]; struct cmsghdr h; } u;
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u,
	    .msg_controllen = sizeof(u) };
	u.h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
	    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&u.h), &fd, sizeof(fd));
	return sendmsg(s, &m, 0) == 1 && close(fd) == 0;
}
int main(void)
{
	for (int i = 0; i < 4; i++) {
		int s[2], p[2], type = i & 1 ? SOCK_STREAM : SOCK_DGRAM;
		char c;
		if (socketpair(AF_UNIX, type, 0, s) != 0 || pipe(p) != 0 ||
		    !send_fd(s[0], p[1]))
			return 1;
		if (i < 2) {		/* received by a call that can't */
			if (recv(s[1], &c, 1, 0) != 1)
				return 2;
		}
		close(s[0]);
		close(s[1]);
		struct pollfd pfd = { p[0], POLLIN, 0 };
		if (poll(&pfd, 1, 10000) != 1 || read(p[0], &c, 1) != 0)
			return 3 + i;
		close(p[0]);
	}
	return 0;
}
"""
DEEP = r"""
#include <string.h>
int deeper(volatile char *p, int n)
{
	char b[1000];
	memset(b, n, sizeof(b));
	return deeper(b, n + 1) + b[n % 1000];
}
int main(int argc, char **argv) { return deeper((char *)argv, argc); }
"""
# What tests/programs/faults.c is asked for, how it ends, and what is said then.
FAULTS = (("deep", 0, "three times, deep"), ("smash", 0, "three times"),
          ("again", 134, "panic: null pointer, write at address 0x8\\b"),
          ("blocked", 134, "panic: null pointer, write"),
          ("nostack", 134, "panic: stack overflow"),
          ("call", 134, "handled here\\s+panic: .*address 0x700000000001"))
# Calls that a kernel of Linux's has: each says its name once, and fails.
ABSENT = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>
#define NOT(x) do { errno = 0; if ((x) != -1 || errno != ENOSYS) { \
	printf("%s: errno %d\n", #x, errno); bad = 1; } } while (0)
int main(void)
{
	int bad = 0;
	sigset_t s;
	pid_t pid;

	sigemptyset(&s);
	for (int i = 0; i < 2; i++) {
		NOT(inotify_init1(0));
		NOT(mount("a", "/tmp", "tmpfs", 0, NULL));
		NOT(ptrace(PTRACE_TRACEME, 0, 0, 0));
		NOT(semget(1, 1, 0));
		NOT(shmget(1, 4096, 0));
		NOT(signalfd(-1, &s, 0));
		NOT(syscall(425, 1, NULL));
		NOT(waitpid(-1, NULL, 0));
		NOT(unshare(CLONE_NEWNS));
		NOT((int)mq_open("/q", 0));
		NOT(syscall(999));
	}
	if (system("true") == 0 || posix_spawn(&pid, "/bin/true", NULL, NULL, NULL, NULL) == 0)
		bad = 1;
	return bad;
}
"""
NAMES = ("inotify_init1", "mount", "ptrace", "semget", "shmget", "signalfd4",
         "io_uring_setup", "wait4", "unshare", "mq_open")


class Linux(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lxtest = program.compile(f"{ROOT}/tests/programs/lxtest")
        cls.baked = program.bake(cls.lxtest, name="lxtest")

    def test_reference(self):
        """The same file on Linux itself: the test is right."""
        with tempfile.TemporaryDirectory() as d:
            r = subprocess.run([self.lxtest, d], stdout=subprocess.PIPE, text=True,
                               timeout=60)
        ok, bad, plan = tap_lines(r.stdout)
        self.assertEqual((bad, ok), ([], plan), r.stdout)

    def test_lxtest(self):
        for machine, cpus in (("microvm", 1), ("q35", 2), ("pc", 4)):
            with self.subTest(machine=machine, cpus=cpus):
                status, console = run(self.baked, "--machine", machine, "--smp", cpus,
                                      "--mem", 256, "--net", "user", timeout=120)
                ok, bad, plan = tap_lines(console)
                self.assertEqual(bad, [], console[-3000:])
                self.assertEqual((status, ok), (0, plan), console[-3000:])

    def test_cxx(self):
        """C++: exceptions, threads, streams, file systems; on Linux first."""
        test = program.compile(f"{ROOT}/tests/programs/cxxtest.cc", "-std=c++20")
        with tempfile.TemporaryDirectory() as d:
            r = subprocess.run([test, d], stdout=subprocess.PIPE, text=True, timeout=60)
        ok, bad, plan = tap_lines(r.stdout)
        self.assertEqual((bad, ok), ([], plan), r.stdout)
        status, console = run(program.bake(test, name="cxxtest"), "--machine", "q35",
                              "--smp", 2, "--mem", 256, timeout=120)
        ok, bad, plan = tap_lines(console)
        self.assertEqual((status, bad, ok), (0, [], plan), console[-3000:])
        self.assertIn("a static object's destructor", console)

    def source(self, name, text):
        with tempfile.TemporaryDirectory() as d:
            with open(f"{d}/{name}.c", "w") as f:
                f.write(text)
            return program.bake(program.compile(f"{d}/{name}.c", "-O0", "-w"), name=name)

    def test_no_fork(self):
        status, console = run(self.source("fork", FORK), "--mem", 64)
        self.assertEqual(status, 0, console)
        self.assertEqual(console.count("fork is not there"), 1, console)
        self.assertEqual(console.count("execve is not there"), 1, console)

    def test_absent(self):
        """What isn't there fails by its name: at the call, or when it is linked."""
        status, console = run(self.source("absent", ABSENT), "--mem", 64)
        self.assertEqual(status, 0, console)
        for name in NAMES:
            self.assertEqual(console.count(f"{name} is not there"), 1, console)
        self.assertIn("999", console)
        with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
            f.write("const char *gnu_get_libc_version(void);\n"
                    "int main(void) { return *gnu_get_libc_version(); }\n")
            f.flush()
            r = subprocess.run([program.cc(), f.name, "-o", "/dev/null"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertNotEqual(r.returncode, 0)
        self.assertIn("undefined reference to `gnu_get_libc_version'", r.stdout)

    def test_out_of_memory(self):
        """All memory, in every way: ENOMEM, a count in the status, and no panic."""
        oom = program.compile(f"{ROOT}/tests/programs/oom.c")
        status, console = run(program.bake(oom, name="oom"), "--mem", 64, "--smp", 2,
                              timeout=240)
        ok, bad, plan = tap_lines(console)
        self.assertEqual((status, bad, ok), (0, [], plan), console[-3000:])
        left = [int(n) for n in re.findall(r"threads leave ([1-9]\d*)", console)]
        self.assertGreaterEqual(len(left), 2, console)
        if KERNEL == "netbsd":          # its third is not for the stacks of programs' threads
            self.assertGreater(min(left), 12 << 20)

    def test_descriptors_left(self):
        """Sent, and never received: closed with the socket that they wait in."""
        status, console = run(self.source("left", LEFT), "--mem", 64)
        self.assertEqual(status, 0, console)

    @unittest.skipIf(KERNEL == "netbsd", "its kernel waits when a file finds no memory")
    def test_no_memory_to_protect(self):
        """What is to be inaccessible must be kept: no memory for that is ENOMEM."""
        status, console = run(self.source("full", FULL), "--mem", 96)
        self.assertEqual(status, 0, console)

    def test_runaway_recursion(self):
        status, console = run(self.source("deep", DEEP), "--mem", 64)
        self.assertEqual(status, 134, console)
        self.assertIn("stack overflow", console)

    def test_faults(self):
        """Faults with a handler that end the program all the same, and that don't."""
        prog = program.compile(f"{ROOT}/tests/programs/faults.c")
        baked = program.bake(prog, name="faults")
        for what, status, said in FAULTS:
            with self.subTest(what=what):
                r = subprocess.run([prog, what], stdout=subprocess.DEVNULL, timeout=60)
                if what != "call":      # there it is an error of the call
                    self.assertEqual(r.returncode, -11 if status else 0)
                got, console = run(baked, "--mem", 64, "--smp", 2, "--", what)
                self.assertEqual(got, status, console)
                self.assertRegex(console, said)

    def test_not_a_program(self):
        status, console = run(image("linux"), "--mem", 64, "--", "/nothing")
        self.assertEqual(status, 127, console)
        self.assertIn("no such file", console)
