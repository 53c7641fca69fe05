/*
 * serve.c: servers to be measured from outside, all on one port number more
 * than the last, IPv4 and IPv6:
 *   +0 TCP echo     +1 TCP discard: at the end of input, the number of bytes
 *   read and of wrong ones, in decimal     +2 TCP source: reads a decimal
 *   number and a newline, sends as many bytes of the pattern     +3 as +1,
 *   and all bytes are looked at     +4 TCP: counters of the rump kernel's own
 *   devices     +5 TCP: what the busy disk has done so far; or, after a byte
 *   that says e, in the end     +6 TCP: the platform's status     +0 UDP echo
 */
#include <sys/sysctl.h>
#include "nettest.h"

#define BUF	65536

static void
do_echo(int fd, uint8_t *buf)
{
	ssize_t n, k;

	while ((n = read(fd, buf, BUF)) > 0)
		for (ssize_t o = 0; o < n; o += k)
			if ((k = write(fd, buf + o, n - o)) <= 0)
				return;
}

/* Checking costs more than receiving: only the first megabyte is looked at. */
static void
do_discard(int fd, uint8_t *buf)
{
	uint64_t got = 0, bad = 0;
	char text[64];
	ssize_t n;

	while ((n = read(fd, buf, BUF)) > 0) {
		if (got < 1 << 20 && !pattern_check(buf, got, n))
			bad += n;
		got += n;
	}
	snprintf(text, sizeof(text), "%llu %llu\n", (unsigned long long)got,
	    (unsigned long long)bad);
	write(fd, text, strlen(text));
}

static void
do_source(int fd, uint8_t *buf)
{
	uint64_t want = 0, sent = 0;
	size_t n;
	ssize_t k;
	char c;

	while (read(fd, &c, 1) == 1 && c >= '0' && c <= '9')
		want = want * 10 + (c - '0');
	/* the pattern repeats after 65536 bytes */
	pattern_fill(buf, 0, BUF);
	while (sent < want) {
		n = BUF - sent % BUF;
		if (n > want - sent)
			n = want - sent;
		k = write(fd, buf + sent % BUF, n);
		if (k <= 0)
			return;
		sent += k;
	}
}

static void
do_check(int fd, uint8_t *buf)
{
	uint8_t *twice = malloc(2 * BUF);	/* it repeats after 65536 bytes */
	uint64_t got = 0, bad = 0;
	char text[64];
	ssize_t n;

	if (twice == NULL)
		return;
	pattern_fill(twice, 0, 2 * BUF);
	while ((n = read(fd, buf, BUF)) > 0) {
		if (memcmp(buf, twice + got % BUF, n) != 0)
			bad += n;
		got += n;
	}
	free(twice);
	snprintf(text, sizeof(text), "%llu %llu\n", (unsigned long long)got,
	    (unsigned long long)bad);
	write(fd, text, strlen(text));
}

static void
do_devices(int fd, uint8_t *buf)
{
	static const int mib[] = { CTL_VENDOR, 1 };
	size_t n = BUF;

	if (sysctl(mib, 2, buf, &n, NULL, 0) == 0)
		write(fd, buf, n);
}

static void
do_disk(int fd, uint8_t *buf)
{
	char c;

	if (read(fd, &c, 1) == 1 && c == 'e')
		busy_stop();
	write(fd, buf, busy_report((char *)buf, BUF));
}

static void
do_status(int fd, uint8_t *buf)
{
	int file = open("/sirloin/status", O_RDONLY);
	ssize_t n = file < 0 ? 0 : pread(file, buf, BUF, 0);

	while (n > 0 && buf[n - 1] == ' ')
		n--;
	write(fd, buf, n > 0 ? n : 0);
	close(file);
}

#define KINDS	7
static void (*const kind[KINDS])(int, uint8_t *) = {
	do_echo, do_discard, do_source, do_check, do_devices,
	do_disk, do_status
};
struct conn { int fd, kind; };

static void *
conn_thread(void *arg)
{
	struct conn c = *(struct conn *)arg;
	uint8_t *buf = malloc(BUF);
	int one = 1;

	free(arg);
	setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (buf != NULL)
		kind[c.kind](c.fd, buf);
	free(buf);
	close(c.fd);
	return NULL;
}

static void *
listen_thread(void *arg)
{
	struct conn l = *(struct conn *)arg, *c;
	pthread_attr_t attr;
	pthread_t t;
	int fd;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while ((fd = accept(l.fd, NULL, NULL)) >= 0) {
		c = malloc(sizeof(*c));
		*c = (struct conn){ fd, l.kind };
		if (pthread_create(&t, &attr, conn_thread, c) != 0) {
			close(fd);
			free(c);
		}
	}
	return NULL;
}

static void *
udp_thread(void *arg)
{
	int fd = *(int *)arg;
	uint8_t *buf = malloc(BUF);
	union addr a;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(a);
		n = recvfrom(fd, buf, BUF, 0, &a.sa, &len);
		if (n >= 0)
			sendto(fd, buf, n, 0, &a.sa, len);
	}
	return NULL;
}

static int
any(int family, int type, int port)
{
	union addr a;
	socklen_t len = addr_loop(&a, family, port);
	int fd = socket(family, type, 0), one = 1, room = BUF + 1024;

	if (family == AF_INET)
		a.in.sin_addr.s_addr = INADDR_ANY;
	else
		a.in6.sin6_addr = in6addr_any;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_DGRAM) {
		/* NetBSD sends no datagram that is larger than the buffer */
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	}
	if (fd < 0 || bind(fd, &a.sa, len) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 128) != 0)) {
		fprintf(stderr, "nettest: port %d: %s\n", port, strerror(errno));
		exit(1);
	}
	return fd;
}

/* What DHCP said, where there was DHCP. */
static void
name_servers(void)
{
	char text[256];
	int fd = open("/etc/resolv.conf", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = '\0';
		printf("%s", text);
	}
	close(fd);
}

int
serve(int port)
{
	static struct conn l[2 * KINDS];
	static int u[2];
	pthread_t t;

	name_servers();
	for (int i = 0; i < 2 * KINDS; i++) {
		l[i] = (struct conn){ any(i < KINDS ? AF_INET : AF_INET6,
		    SOCK_STREAM, port + i % KINDS), i % KINDS };
		pthread_create(&t, NULL, listen_thread, &l[i]);
	}
	for (int i = 0; i < 2; i++) {
		u[i] = any(i == 0 ? AF_INET : AF_INET6, SOCK_DGRAM, port);
		pthread_create(&t, NULL, udp_thread, &u[i]);
	}
	printf("serving on ports %d to %d\n", port, port + KINDS - 1);
	pthread_join(t, NULL);
	return 0;
}
