/* t_tcp.c: moving data over TCP. */
#include "nettest.h"

static void
simple(int family)
{
	char buf[64];
	struct iovec iov[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
	struct iovec rv[2] = { { buf, 3 }, { buf + 3, 10 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	int fd[2], n = -1;

	IS("a connection", pair(family, fd), 0);
	IS("write", write(fd[0], "hello", 5), 5);
	IS("read", read(fd[1], buf, sizeof(buf)), 5);
	OK("what was written", memcmp(buf, "hello", 5) == 0);
	IS("writev", writev(fd[1], iov, 3), 5);
	OK("readable", readable(fd[0], 1000));
	IS("FIONREAD", ioctl(fd[0], FIONREAD, &n), 0);
	IS("bytes", n, 5);
	IS("readv", readv(fd[0], rv, 2), 5);
	OK("in order", memcmp(buf, "abcde", 5) == 0);
	IS("sendmsg", sendmsg(fd[0], &msg, 0), 5);
	msg.msg_iov = rv;
	msg.msg_iovlen = 2;
	IS("recvmsg", recvmsg(fd[1], &msg, 0), 5);
	IS("send of nothing", send(fd[0], "", 0, 0), 0);
	IS("recv of nothing", recv(fd[1], buf, 0, MSG_DONTWAIT), 0);
	FAILS("MSG_DONTWAIT", recv(fd[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	FAILS("pread", pread(fd[1], buf, 1, 0), ESPIPE);
	n = 1;
	IS("FIONBIO", ioctl(fd[1], FIONBIO, &n), 0);
	FAILS("no waiting", read(fd[1], buf, 1), EAGAIN);
	close(fd[0]);
	close(fd[1]);
}

static void
peek_and_waitall(int family)
{
	char buf[64];
	struct timeval tv = { 0, 100000 };
	socklen_t len = sizeof(tv);
	uint64_t t;
	int fd[2];

	pair(family, fd);
	write(fd[0], "peekaboo", 8);
	OK("readable", readable(fd[1], 1000));
	IS("MSG_PEEK", recv(fd[1], buf, 4, MSG_PEEK), 4);
	IS("again", recv(fd[1], buf, 8, MSG_PEEK), 8);
	IS("then for good", recv(fd[1], buf, 8, 0), 8);
	OK("the same", memcmp(buf, "peekaboo", 8) == 0);
	IS("SO_RCVTIMEO", setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof(tv)), 0);
	memset(&tv, 0, sizeof(tv));
	IS("reads back", getsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, &len), 0);
	OK("the same", tv.tv_sec == 0 && tv.tv_usec == 100000);
	t = now_us();
	FAILS("and times out", read(fd[1], buf, 1), EAGAIN);
	t = now_us() - t;
	OK("after 0.1 s", t >= 99000 && t < 1500000);
	write(fd[0], "ab", 2);
	if (on_netbsd()) {	/* leaves it where it is (2016, 11) */
		FAILS("MSG_WAITALL does without", recv(fd[1], buf, 10,
		    MSG_WAITALL), EAGAIN);
		IS("which is still there", recv(fd[1], buf, 10, 0), 2);
	} else
		IS("MSG_WAITALL gets what came in time",
		    recv(fd[1], buf, 10, MSG_WAITALL), 2);
	close(fd[0]);
	close(fd[1]);
}

/* ---- a stream of some size, read and written in odd pieces ---- */

struct stream { int fd; size_t total, piece; bool good; };

static void *
sender(void *arg)
{
	struct stream *s = arg;
	uint8_t *buf = malloc(s->piece);
	size_t done = 0, n;
	ssize_t k;

	s->good = true;
	while (done < s->total && s->good) {
		n = s->total - done < s->piece ? s->total - done : s->piece;
		pattern_fill(buf, done, n);
		for (size_t o = 0; o < n; o += k)
			if ((k = write(s->fd, buf + o, n - o)) <= 0) {
				s->good = false;
				break;
			}
		done += n;
	}
	shutdown(s->fd, SHUT_WR);
	free(buf);
	return NULL;
}

static bool
stream(int family, size_t total, size_t wpiece, size_t rpiece, int rcvbuf,
    int waitall)
{
	struct stream s = { .total = total, .piece = wpiece };
	uint8_t *buf = malloc(rpiece);
	size_t got = 0;
	ssize_t n;
	pthread_t t;
	bool good = true;
	int fd[2];

	if (pair(family, fd) != 0)
		return false;
	if (rcvbuf)
		setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(int));
	s.fd = fd[0];
	pthread_create(&t, NULL, sender, &s);
	while ((n = recv(fd[1], buf, rpiece, waitall ? MSG_WAITALL : 0)) > 0) {
		good = good && pattern_check(buf, got, n);
		if (waitall && (size_t)n < rpiece && got + n < total)
			good = false;
		got += n;
	}
	pthread_join(t, NULL);
	close(fd[0]);
	close(fd[1]);
	free(buf);
	if (got != total)
		printf("# %zu of %zu bytes\n", got, total);
	return good && s.good && n == 0 && got == total;
}

static void
nodelay(int family)
{
	char c = 'x';
	uint64_t t;
	int fd[2], one = 1, i;

	pair(family, fd);
	IS("TCP_NODELAY", setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one)), 0);
	t = now_us();
	for (i = 0; i < 1000; i++) {
		if (write(fd[0], &c, 1) != 1 || read(fd[1], &c, 1) != 1 ||
		    write(fd[1], &c, 1) != 1 || read(fd[0], &c, 1) != 1)
			break;
	}
	t = now_us() - t;
	IS("1000 round trips", i, 1000);
	printf("# %u ns each\n", (unsigned)t);
	/* two small writes, then wait: Nagle and delayed ACK must not meet */
	t = now_us();
	for (i = 0; i < 20; i++) {
		write(fd[0], &c, 1);
		write(fd[0], &c, 1);
		recv(fd[1], (char [2]){ 0 }, 2, MSG_WAITALL);
		write(fd[1], &c, 1);
		read(fd[0], &c, 1);
	}
	OK("no delay between small writes", now_us() - t < 1000000);
	close(fd[0]);
	close(fd[1]);
}

/* A full pipe: writes stop, poll says so, reading lets them go on. */
static void
full(int family)
{
	static char buf[65536];
	struct pollfd pfd;
	size_t in = 0, out = 0;
	ssize_t n;
	int fd[2];

	pair(family, fd);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 3 && in < 64u << 20; ) {
		n = write(fd[0], buf, sizeof(buf));
		if (n > 0) {
			in += n;
			idle = 0;
			continue;
		}
		pfd = (struct pollfd){ .fd = fd[0], .events = POLLOUT };
		idle = poll(&pfd, 1, 100) == 0 ? idle + 1 : 0;
	}
	while (in < 64u << 20 && write(fd[0], buf, 1) == 1)
		in++;
	OK("writing without a reader comes to an end", in < 64u << 20);
	shutdown(fd[0], SHUT_WR);
	while ((n = read(fd[1], buf, sizeof(buf))) > 0)
		out += n;
	OK("all of it arrives", n == 0 && in == out);
	close(fd[0]);
	close(fd[1]);
}

void
test_tcp(int family)
{

	simple(family);
	peek_and_waitall(family);
	OK("4 MB, large pieces", stream(family, 4 << 20, 65536, 65536, 0, 0));
	OK("1 MB, odd pieces", stream(family, 1 << 20, 1461, 4097, 0, 0));
	OK("64 KB, bytes", stream(family, 1 << 16, 1, 1, 0, 0));
	OK("1 MB, MSG_WAITALL", stream(family, 1 << 20, 3000, 10000, 0, 1));
	/* NetBSD's sender waits 5 s for each window that is less than half of
	 * the largest it saw (tcp_output.c, silly window avoidance) */
	if (!on_netbsd())
		OK("1 MB, small SO_RCVBUF", stream(family, 1 << 20, 65536, 1000,
		    4096, 0));
	nodelay(family);
	full(family);
}
