/*
 * agent PORT: runs scripts for the host (tests/lib/xen.py) in dom0.
 *
 * A connection is one script: "SECONDS LENGTH INPUT\n", then LENGTH bytes for
 * sh(1); with INPUT 1 it has a terminal, on which what follows is typed.  Its output
 * goes back as it comes, then NUL and three digits: the exit status, or 124 when
 * the time was over.  The end of the time or of the connection kills its process
 * group.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
die(const char *what)
{

	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Read n bytes, or up to and with a newline when line is set. */
static ssize_t
take(int s, char *buf, size_t n, int line)
{
	size_t got = 0;
	ssize_t k;

	while (got < n) {
		k = read(s, buf + got, line ? 1 : n - got);
		if (k <= 0)
			return -1;
		got += k;
		if (line && buf[got - 1] == '\n')
			break;
	}
	return got;
}

static pid_t
start(int s, int terminal, const char *script, sigset_t *old)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	sigprocmask(SIG_SETMASK, old, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (terminal >= 0) {
		dup2(terminal, 0);
		ioctl(0, TIOCSCTTY, 0);
		s = terminal;
	} else if (freopen("/dev/null", "r", stdin) == NULL) {
		_exit(127);
	}
	dup2(s, 1);
	dup2(s, 2);
	for (int fd = 3; fd < 32; fd++)
		close(fd);
	execl("/bin/sh", "sh", "-c", script, (char *)NULL);
	_exit(127);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* What is there to be read; 0: no more, now or ever. */
static ssize_t
relay(int from, int to)
{
	struct pollfd p = { from, POLLIN, 0 };
	char buf[4096];
	ssize_t n;

	if (poll(&p, 1, 0) <= 0 || (n = read(from, buf, sizeof(buf))) <= 0)
		return 0;
	return write(to, buf, n) == n ? n : 0;
}

/* Wait for the child, the end of its time, or the end of the connection. */
static int
finish(int s, int sig, int terminal, pid_t pid, double end)
{
	struct pollfd p[3] = { { sig, POLLIN, 0 },
	    { s, terminal >= 0 ? POLLIN : POLLRDHUP, 0 }, { terminal, POLLIN, 0 } };
	int status;
	double left;

	for (;;) {
		while (terminal >= 0 && relay(terminal, s) > 0)
			continue;
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
		left = end - now();
		if (p[1].revents == POLLIN && relay(s, terminal) > 0)
			p[1].revents = 0;
		if (left <= 0 || p[1].revents != 0) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return 124;
		}
		if (p[2].revents & POLLHUP)
			p[2].fd = -1;
		poll(p, 3, left * 1000 + 1);
		if (p[0].revents) {
			struct signalfd_siginfo si;
			if (read(sig, &si, sizeof(si)) < 0)
				return 125;
		}
	}
}

static void
serve(int s)
{
	char head[64], *script, tail[8];
	sigset_t chld, old;
	double seconds;
	size_t length;
	ssize_t n;
	pid_t pid;
	int status, input = 0, terminal[2] = { -1, -1 };
	struct termios raw = { .c_cflag = CREAD | B38400 };

	if ((n = take(s, head, sizeof(head) - 1, 1)) <= 0)
		return;
	head[n] = '\0';
	if (sscanf(head, "%lf %zu %d", &seconds, &length, &input) < 2 ||
	    length > 100000)
		return;
	script = calloc(1, length + 1);
	if (length != 0 && take(s, script, length, 0) < 0)
		return;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	cfmakeraw(&raw);
	if (input && openpty(&terminal[0], &terminal[1], NULL, &raw, NULL) != 0)
		return;
	pid = start(s, terminal[1], script, &old);
	close(terminal[1]);
	status = finish(s, signalfd(-1, &chld, 0), terminal[0], pid, now() + seconds);
	snprintf(tail, sizeof(tail), "%c%03d", '\0', status & 255);
	if (write(s, tail, 4) == 4)
		shutdown(s, SHUT_RDWR);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, s;

	sin.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&sin, sizeof(sin)) != 0 || listen(l, 64) != 0)
		die("bind");
	if (fork() != 0)	/* listening: who has started us may go on */
		return 0;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if ((s = accept4(l, NULL, NULL, SOCK_CLOEXEC)) < 0)
			continue;
		setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			serve(s);
			_exit(0);
		}
		close(s);
	}
}
