/* worker.c: threads that serve connections. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpd.h"

const char *httpd_root = HTTPD_ROOT;
int httpd_nlisten, httpd_listen[MAXLISTEN];
struct worker **httpd_worker;
int httpd_nworker;

uint64_t
httpd_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

/*
 * NetBSD's rump kernel (2016 to 11) has two flaws in poll(): an assertion in
 * selnotify() fails when two threads poll one descriptor, so the first worker
 * alone has the listening sockets and hands connections out by pipes; and a
 * thread that is woken for another's sake just then misses its own wake-up, so
 * a poll has a time limit (docs/applications.md).
 */
#define POLL_BUSY	100		/* ms, while there are connections */
#define POLL_IDLE	5000

/* ---- a worker's connections ---- */

static bool
grow(struct worker *w)
{
	int size = w->size != 0 ? w->size * 2 : 16;
	struct conn **c = realloc(w->conn, size * sizeof(*c));
	struct pollfd *p;

	if (c == NULL)
		return false;
	w->conn = c;
	p = realloc(w->pfd, (size + w->nfixed) * sizeof(*p));
	if (p == NULL)
		return false;
	w->pfd = p;
	w->size = size;
	return true;
}

static void
remove_conn(struct worker *w, int i)
{

	conn_free(w->conn[i]);
	__atomic_sub_fetch(&w->load, 1, __ATOMIC_RELAXED);
	w->nconn--;
	w->conn[i] = w->conn[w->nconn];
	w->pfd[w->nfixed + i] = w->pfd[w->nfixed + w->nconn];
}

/* Room for a new one: the connection that has been idle longest goes. */
static bool
evict(struct worker *w)
{
	int oldest = -1;

	for (int i = 0; i < w->nconn; i++) {
		struct conn *c = w->conn[i];

		if (c->out == NULL && c->in == NULL && (oldest < 0 ||
		    c->deadline < w->conn[oldest]->deadline))
			oldest = i;
	}
	if (oldest >= 0)
		remove_conn(w, oldest);
	return oldest >= 0;
}

static void
add_conn(struct worker *w, int fd)
{
	const int one = 1;
	struct conn *c;

	if ((w->nconn == w->size && !grow(w)) || (c = conn_new(fd)) == NULL) {
		close(fd);
		__atomic_sub_fetch(&w->load, 1, __ATOMIC_RELAXED);
		w->count.refused++;
		return;
	}
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->deadline = w->now + HEAD_TIME;
	w->conn[w->nconn] = c;
	w->pfd[w->nfixed + w->nconn] = (struct pollfd){ fd, POLLIN, 0 };
	w->nconn++;
	w->count.accepted++;
}

static void
handle(struct worker *w, int i, short revents)
{
	struct conn *c = w->conn[i];
	int r = 0;

	if (revents & POLLNVAL)
		r = -1;
	if (r == 0 && (revents & POLLOUT) && c->out != NULL)
		r = conn_output(w, c);
	if (r == 0 && (revents & (POLLIN | POLLHUP | POLLERR)))
		r = c->out != NULL && !(revents & POLLIN) ? -1 : conn_input(w, c);
	if (r != 0) {
		remove_conn(w, i);
		return;
	}
	w->pfd[w->nfixed + i].events = c->out != NULL ? POLLOUT : POLLIN;
	if (c->starved) {
		/* the kernel is short of memory: ask again in a while */
		w->pfd[w->nfixed + i].fd = -1;
		w->starved = true;
	}
}

/* What a stalled connection has in the kernel is dropped with it. */
static void
abort_conn(struct worker *w, int i)
{
	const struct linger now = { 1, 0 };

	(void)setsockopt(w->conn[i]->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	remove_conn(w, i);
}

static void
expire(struct worker *w)
{
	uint64_t least = w->starved ? SEND_TIME - STALL_TIME : 0;

	w->starved = false;
	for (int i = w->nconn - 1; i >= 0; i--) {
		struct conn *c = w->conn[i];

		if (c->deadline > w->now + (c->out != NULL ? least : 0))
			continue;
		w->count.timeouts++;
		if (c->out != NULL) {
			abort_conn(w, i);
			continue;
		}
		if (c->partial) {
			c->last = true;
			c->partial = false;
			if (serve_error(w, c, 408, false) == 0) {
				w->pfd[w->nfixed + i].events =
				    c->out != NULL ? POLLOUT : POLLIN;
				continue;
			}
		}
		remove_conn(w, i);
	}
}

/* ---- new connections ---- */

/* From the first worker. */
static void
read_pipe(struct worker *w)
{
	int fd[64];
	ssize_t n = read(w->pipe[0], fd, sizeof(fd));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(fd[0]); i++)
		add_conn(w, fd[i]);
}

/* The worker with the fewest connections gets it. */
static void
hand_out(struct worker *w, int fd)
{
	struct worker *to = w;

	for (int i = 0; i < httpd_nworker; i++)
		if (__atomic_load_n(&httpd_worker[i]->load, __ATOMIC_RELAXED) <
		    __atomic_load_n(&to->load, __ATOMIC_RELAXED))
			to = httpd_worker[i];
	__atomic_add_fetch(&to->load, 1, __ATOMIC_RELAXED);
	if (to == w)
		add_conn(w, fd);
	else if (write(to->pipe[1], &fd, sizeof(fd)) != sizeof(fd)) {
		__atomic_sub_fetch(&to->load, 1, __ATOMIC_RELAXED);
		close(fd);
	}
}

static void
accept_some(struct worker *w, int lfd)
{

	for (int i = 0; i < 16; i++) {
		int fd;

		if (httpd_nconn >= MAXCONN && !evict(w)) {
			w->pause = w->now + SEC / 4;
			return;
		}
		fd = accept(lfd, NULL, NULL);
		if (fd < 0) {
				/* out of descriptors or memory: not at once again */
			if (errno != EAGAIN && errno != ECONNABORTED &&
			    !evict(w))
				w->pause = w->now + SEC / 4;
			return;
		}
		hand_out(w, fd);
	}
}

/* ---- the loop ---- */

static void *run(void *) __attribute__((noreturn));
static void *
run(void *arg)
{
	struct worker *w = arg;
	uint64_t checked = 0, revived = 0;
	int n;

	for (;;) {
		w->pfd[0] = (struct pollfd){ w->pipe[0], POLLIN, 0 };
		for (int i = 1; i < w->nfixed; i++)
			w->pfd[i] = (struct pollfd){ w->pause > w->now ? -1 :
			    httpd_listen[i - 1], POLLIN, 0 };
		n = poll(w->pfd, w->nfixed + w->nconn, httpd_nconn > 0 ||
		    w->pause > w->now ? POLL_BUSY : POLL_IDLE);
		w->now = httpd_clock();
		if (n < 0 && errno != EINTR)
			sleep(1);			/* no memory for it? */
		if (w->now - revived >= POLL_BUSY * 1000000ULL) {
			revived = w->now;
			for (int i = 0; i < w->nconn; i++)
				w->pfd[w->nfixed + i].fd = w->conn[i]->fd;
		}
		for (int i = w->nconn - 1; i >= 0 && n > 0; i--)
			if (w->pfd[w->nfixed + i].revents != 0)
				handle(w, i, w->pfd[w->nfixed + i].revents);
		for (int i = 1; i < w->nfixed && n > 0; i++)
			if (w->pfd[i].revents != 0)
				accept_some(w, httpd_listen[i - 1]);
		if (n > 0 && w->pfd[0].revents != 0)
			read_pipe(w);
		if (w->now - checked >= SEC) {
			checked = w->now;
			expire(w);
		}
	}
}

/* ---- start ---- */

static int
listen_on(const struct sockaddr *sa, socklen_t len)
{
	const int one = 1;
	int fd = socket(sa->sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (sa->sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, sa, len) != 0 || listen(fd, SOMAXCONN) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	httpd_listen[httpd_nlisten++] = fd;
	return fd;
}

static void
listen_all(unsigned port)
{
	struct sockaddr_in in = { .sin_len = sizeof(in), .sin_family = AF_INET,
	    .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_len = sizeof(in6),
	    .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int v4 = listen_on((struct sockaddr *)&in, sizeof(in)), e = errno;

	if (listen_on((struct sockaddr *)&in6, sizeof(in6)) < 0 && v4 < 0) {
		errno = e;
		err(1, "port %u", port);
	}
}

/* The first address of an interface that is not the loopback's. */
static const char *
own_address(char *buf, size_t size)
{
	struct ifreq list[16];
	struct ifconf ifc;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n = 0;

	ifc.ifc_len = sizeof(list);
	ifc.ifc_req = list;
	if (fd >= 0 && ioctl(fd, SIOCGIFCONF, &ifc) == 0)
		n = ifc.ifc_len / (int)sizeof(list[0]);
	if (fd >= 0)
		close(fd);
	for (int i = 0; i < n; i++) {
		const struct sockaddr_in *in = (const void *)&list[i].ifr_addr;

		if (in->sin_family == AF_INET && in->sin_addr.s_addr != 0 &&
		    (ntohl(in->sin_addr.s_addr) >> 24) != 127)
			return inet_ntop(AF_INET, &in->sin_addr, buf, size);
	}
	return "localhost";
}

static void
start_thread(const char *name, void *(*fn)(void *), void *arg)
{
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setname_np(&a, name, NULL);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	if ((errno = pthread_create(&t, &a, fn, arg)) != 0)
		err(1, "thread %s", name);
}

static void
start_workers(int n)
{

	httpd_worker = calloc(n, sizeof(*httpd_worker));
	if (httpd_worker == NULL)
		err(1, "workers");
	for (int i = 0; i < n; i++) {
		struct worker *w = calloc(1, sizeof(*w));

		if (w == NULL)
			err(1, "worker %d", i);
		w->nfixed = 1 + (i == 0 ? httpd_nlisten : 0);
		if (!grow(w) || pipe(w->pipe) != 0)
			err(1, "worker %d", i);
		w->now = httpd_clock();
		httpd_worker[httpd_nworker++] = w;
	}
	for (int i = 1; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "httpd%d", i);
		start_thread(name, run, httpd_worker[i]);
	}
}

void
httpd_run(const char *root, unsigned port, unsigned threads)
{
	char addr[INET6_ADDRSTRLEN];

	httpd_root = strcmp(root, "/") == 0 ? "" : root;
	if (threads == 0)
		threads = sysconf(_SC_NPROCESSORS_ONLN);
	if (threads > MAXTHREAD)
		threads = MAXTHREAD;
	signal(SIGPIPE, SIG_IGN);
	listen_all(port);
	start_workers(threads);
	printf("serving %s on http://%s:%u/\n", root,
	    own_address(addr, sizeof(addr)), port);
	run(httpd_worker[0]);
}
