/* util.c: TAP, addresses, connections. */
#include <sys/sysctl.h>
#include "nettest.h"

extern int ntests, nfailed;

void
report(bool good, const char *what, const char *file, int line, long got,
    int error)
{

	ntests++;
	if (good) {
		printf("ok %d - %s\n", ntests, what);
		return;
	}
	nfailed++;
	printf("not ok %d - %s\n# %s:%d: got %ld, errno %d (%s)\n", ntests, what,
	    file, line, got, error, strerror(error));
}

socklen_t
addr_loop(union addr *a, int family, int port)
{

	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	if (family == AF_INET) {
		a->sa.sa_len = sizeof(a->in);
		a->in.sin_port = htons(port);
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(a->in);
	}
	a->sa.sa_len = sizeof(a->in6);
	a->in6.sin6_port = htons(port);
	a->in6.sin6_addr = in6addr_loopback;
	return sizeof(a->in6);
}

int
addr_port(int fd)
{
	union addr a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.sa, &len) != 0)
		return -1;
	return ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port :
	    a.in6.sin6_port);
}

int
listener(int family, int backlog, int *port)
{
	union addr a;
	socklen_t len = addr_loop(&a, family, 0);
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, &a.sa, len) != 0 || listen(fd, backlog) != 0) {
		close(fd);
		return -1;
	}
	*port = addr_port(fd);
	return fd;
}

int
dial(int family, int port)
{
	union addr a;
	socklen_t len = addr_loop(&a, family, port);
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, &a.sa, len) != 0) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

int
pair(int family, int fd[2])
{
	int port, l = listener(family, 5, &port);

	fd[0] = dial(family, port);
	fd[1] = accept(l, NULL, NULL);
	close(l);
	return fd[0] < 0 || fd[1] < 0 ? -1 : 0;
}

bool
readable(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1 && (pfd.revents & POLLIN);
}

uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

void
pattern_fill(uint8_t *p, uint64_t from, size_t n)
{

	for (size_t i = 0; i < n; i++)
		p[i] = pattern(from + i);
}

bool
pattern_check(const uint8_t *p, uint64_t from, size_t n)
{

	for (size_t i = 0; i < n; i++)
		if (p[i] != pattern(from + i))
			return false;
	return true;
}

bool
on_netbsd(void)
{
	const int mib[2] = { CTL_KERN, KERN_VERSION };
	char text[256];
	size_t n = sizeof(text);

	return sysctl(mib, 2, text, &n, NULL, 0) == 0 &&
	    strncmp(text, "NetBSD", 6) == 0;
}
