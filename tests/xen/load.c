/*
 * load ADDRESS PORT CONNECTIONS REQUESTS PATH=FILE...: HTTP from dom0.
 *
 * So many connections at once, kept alive, ask for so many PATHs in all, in
 * turn; every body must be FILE's bytes.  Prints "REQUESTS SECONDS"; ends with 1
 * and a line about the first thing that was wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAIT_S	60	/* for one answer */

struct file {
	const char *path;
	char *data;
	size_t size;
};

struct conn {
	int fd;
	struct file *want;	/* NULL: idle */
	char head[4096];
	size_t nhead, nbody;	/* what has come of each */
	int inbody;
};

static struct file *files;
static int nfiles;
static long asked, answered, total;

static void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (%ld of %ld answered)\n", answered, total);
	exit(1);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void
load_file(struct file *f, char *pair)
{
	char *name = strrchr(pair, '=');
	struct stat st;
	int fd;

	if (name == NULL)
		die("%s: not PATH=FILE", pair);
	*name++ = '\0';
	f->path = pair;
	if ((fd = open(name, O_RDONLY)) < 0 || fstat(fd, &st) != 0)
		die("%s: %s", name, strerror(errno));
	f->size = st.st_size;
	f->data = malloc(f->size + 1);
	for (size_t n = 0; n < f->size; ) {
		ssize_t k = read(fd, f->data + n, f->size - n);
		if (k <= 0)
			die("%s: short", name);
		n += k;
	}
	close(fd);
}

static void
dial(struct conn *c, const struct sockaddr_in *sin)
{
	int one = 1;

	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (const struct sockaddr *)sin, sizeof(*sin)) != 0)
		die("connect: %s", strerror(errno));
}

static void
ask(struct conn *c)
{
	char text[1024];
	int n;

	c->want = asked < total ? &files[asked++ % nfiles] : NULL;
	c->nhead = c->nbody = 0;
	c->inbody = 0;
	if (c->want == NULL)
		return;
	n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: guest\r\n\r\n",
	    c->want->path);
	if (write(c->fd, text, n) != n)
		die("write: %s", strerror(errno));
}

static void
body(struct conn *c, const char *p, size_t n)
{

	if (n > c->want->size - c->nbody)
		die("%s: more than %zu bytes", c->want->path, c->want->size);
	if (memcmp(c->want->data + c->nbody, p, n) != 0)
		die("%s: wrong byte after %zu", c->want->path, c->nbody);
	c->nbody += n;
}

/* What has come; asks for the next when the answer is whole. */
static void
take(struct conn *c)
{
	static char buf[1 << 18];
	ssize_t n = read(c->fd, buf, sizeof(buf));
	char *end, *length;

	if (n <= 0)
		die("%s: the connection ended%s%s", c->want ? c->want->path : "idle",
		    n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
	if (c->want == NULL)
		die("more than was asked for");
	if (c->inbody) {
		body(c, buf, n);
	} else {
		size_t old = c->nhead, k = sizeof(c->head) - 1 - old;
		if (k > (size_t)n)
			k = n;
		memcpy(c->head + old, buf, k);
		c->nhead += k;
		c->head[c->nhead] = '\0';
		if ((end = strstr(c->head, "\r\n\r\n")) == NULL) {
			if (c->nhead == sizeof(c->head) - 1)
				die("%s: a head without an end", c->want->path);
			return;
		}
		if (strncmp(c->head, "HTTP/1.1 200", 12) != 0)
			die("%s: %.32s", c->want->path, c->head);
		length = strcasestr(c->head, "\r\nContent-Length:");
		if (length == NULL || length > end ||
		    strtoull(length + 17, NULL, 10) != c->want->size)
			die("%s: not its length", c->want->path);
		c->inbody = 1;
		k = end + 4 - c->head - old;
		body(c, buf + k, n - k);
	}
	if (c->nbody == c->want->size) {
		answered++;
		ask(c);
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct conn *conns;
	struct pollfd *p;
	double t0;
	int n;

	if (argc < 6)
		return 2;
	inet_pton(AF_INET, argv[1], &sin.sin_addr);
	sin.sin_port = htons(atoi(argv[2]));
	n = atoi(argv[3]);
	total = atol(argv[4]);
	nfiles = argc - 5;
	files = calloc(nfiles, sizeof(*files));
	for (int i = 0; i < nfiles; i++)
		load_file(&files[i], argv[5 + i]);
	conns = calloc(n, sizeof(*conns));
	p = calloc(n, sizeof(*p));
	t0 = now();
	for (int i = 0; i < n; i++) {
		dial(&conns[i], &sin);
		p[i].fd = conns[i].fd;
		p[i].events = POLLIN;
	}
	for (int i = 0; i < n; i++)
		ask(&conns[i]);
	while (answered < total) {
		if (poll(p, n, WAIT_S * 1000) <= 0)
			die("no answer for %d s", WAIT_S);
		for (int i = 0; i < n; i++)
			if (p[i].revents != 0)
				take(&conns[i]);
	}
	printf("%ld %.2f\n", answered, now() - t0);
	return 0;
}
