/* t_close.c: how connections end. */
#include <signal.h>

#include "nettest.h"

static void
half_close(int family)
{
	char buf[16];
	int fd[2];

	pair(family, fd);
	write(fd[0], "last", 4);
	IS("shutdown(SHUT_WR)", shutdown(fd[0], SHUT_WR), 0);
	FAILS("no more writing", send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	IS("the other reads the rest", recv(fd[1], buf, 16, MSG_WAITALL), 4);
	IS("then the end", read(fd[1], buf, 16), 0);
	IS("and again", read(fd[1], buf, 16), 0);
	OK("poll says so", readable(fd[1], 0));
	IS("it still can write", write(fd[1], "back", 4), 4);
	IS("which arrives", recv(fd[0], buf, 4, MSG_WAITALL), 4);
	close(fd[1]);
	IS("then ends too", read(fd[0], buf, 16), 0);
	close(fd[0]);
}

/*
 * As many pieces as the receiver takes without reading, or as asked for.  Of
 * 4096 bytes, since the window is told in units of 32.
 */
static int
fill(int fd[2], int most)
{
	static char buf[4096];
	int one = 1, got = 0, n = 0;

	setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (n < most && got == n * 4096 && send(fd[0], buf, sizeof(buf),
	    MSG_DONTWAIT) == sizeof(buf)) {
		n++;
		for (int i = 0; i < 100 && got != n * 4096; i++) {
			if (i > 0)
				usleep(1000);
			ioctl(fd[1], FIONREAD, &got);
		}
	}
	return got / 4096;
}

/* A window that is full to the byte keeps no end of file out. */
static void
end_at_full_window(int family)
{
	static char buf[4096];
	int fd[2], room, n = 0;
	ssize_t k;

	pair(family, fd);
	room = fill(fd, 100000);
	close(fd[0]);
	close(fd[1]);
	pair(family, fd);
	IS("what fits the window", fill(fd, room), room);
	shutdown(fd[0], SHUT_WR);
	usleep(10000);
	while (n < room * 4096 && (k = read(fd[1], buf, sizeof(buf))) > 0)
		n += k;
	IS("all of it", n, room * 4096);
	/* NetBSD waits for it to be sent again */
	OK("and then its end, at once", readable(fd[1], on_netbsd() ? 5000 :
	    50) && read(fd[1], buf, 1) == 0);
	close(fd[0]);
	close(fd[1]);
}

static void
shut_rd(int family)
{
	char buf[16];
	int fd[2];

	pair(family, fd);
	IS("shutdown(SHUT_RD)", shutdown(fd[1], SHUT_RD), 0);
	IS("reads the end", read(fd[1], buf, 16), 0);
	FAILS("shutdown: what?", shutdown(fd[1], 17), EINVAL);
	IS("writing goes on", write(fd[1], "a", 1), 1);
	IS("and arrives", read(fd[0], buf, 16), 1);
	close(fd[0]);
	close(fd[1]);
}

static void
reset(int family)
{
	struct linger l = { 1, 0 };
	struct pollfd pfd;
	socklen_t len = sizeof(l);
	char buf[16];
	int fd[2];

	pair(family, fd);
	IS("SO_LINGER", setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, len), 0);
	memset(&l, 0, sizeof(l));
	IS("reads back", getsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, &len), 0);
	OK("the same", l.l_onoff != 0 && l.l_linger == 0);
	close(fd[0]);
	pfd = (struct pollfd){ .fd = fd[1], .events = POLLIN };
	IS("a reset wakes poll", poll(&pfd, 1, 2000), 1);
	FAILS("read: ECONNRESET", read(fd[1], buf, 16), ECONNRESET);
	IS("once", read(fd[1], buf, 16), 0);
	FAILS("send after a reset", send(fd[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	close(fd[1]);

	/* data to a peer that is gone is answered by a reset */
	pair(family, fd);
	close(fd[0]);
	IS("the end", read(fd[1], buf, 16), 0);
	send(fd[1], "x", 1, MSG_NOSIGNAL);
	usleep(50000);
	FAILS("writing to nobody", send(fd[1], "x", 1, MSG_NOSIGNAL) == -1 &&
	    (errno == EPIPE || errno == ECONNRESET) ? (errno = EPIPE, -1) : 0,
	    EPIPE);
	close(fd[1]);
}

static void
lingering(int family)
{
	struct linger l = { 1, 2 };
	static char big[20000];		/* fits in the other end's buffer */
	size_t got = 0;
	ssize_t n;
	int fd[2];

	pair(family, fd);
	setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	IS("write much", write(fd[0], big, sizeof(big)), sizeof(big));
	IS("close lingers", close(fd[0]), 0);
	while ((n = read(fd[1], big, sizeof(big))) > 0)
		got += n;
	OK("nothing is lost", n == 0 && got == sizeof(big));
	close(fd[1]);
}

/* ---- others wait meanwhile ---- */

struct waiter { int fd; ssize_t n; int error; };

static void *
reader(void *arg)
{
	struct waiter *w = arg;
	char c;

	w->n = read(w->fd, &c, 1);
	w->error = errno;
	return NULL;
}

static void *
accepter(void *arg)
{
	struct waiter *w = arg;

	w->n = accept(w->fd, NULL, NULL);
	w->error = errno;
	return NULL;
}

static void
waking(int family)
{
	struct waiter w;
	pthread_t t;
	int fd[2], l, port;

	pair(family, fd);
	w.fd = fd[0];
	pthread_create(&t, NULL, reader, &w);
	usleep(50000);
	shutdown(fd[0], SHUT_RD);
	pthread_join(t, NULL);
	IS("shutdown wakes a reader", w.n, 0);
	close(fd[0]);
	close(fd[1]);

	pair(family, fd);
	w.fd = fd[0];
	pthread_create(&t, NULL, reader, &w);
	usleep(50000);
	close(fd[1]);
	pthread_join(t, NULL);
	IS("the end wakes a reader", w.n, 0);
	close(fd[0]);

	l = listener(family, 5, &port);
	w.fd = l;
	pthread_create(&t, NULL, accepter, &w);
	usleep(50000);
	fd[0] = dial(family, port);
	pthread_join(t, NULL);
	OK("a connection wakes accept", w.n >= 0);
	close(w.n);
	close(fd[0]);
	close(l);
}

/* Connections that nobody accepted are reset when the listener goes. */
static void
unaccepted(int family)
{
	char c;
	int l, port, fd;
	int e;

	l = listener(family, 5, &port);
	fd = dial(family, port);
	OK("connect before accept", fd >= 0);
	usleep(20000);
	close(l);
	e = read(fd, &c, 1) == -1 ? errno : 0;
	OK("closing the listener ends it", e == 0 || e == ECONNRESET);
	close(fd);
}

void
test_close(int family)
{

	half_close(family);
	end_at_full_window(family);
	shut_rd(family);
	reset(family);
	lingering(family);
	waking(family);
	unaccepted(family);
}
