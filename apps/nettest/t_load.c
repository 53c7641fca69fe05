/* t_load.c: many connections, many times. */
#include "nettest.h"

#define MANY	150

static void
many(int family)
{
	static int c[MANY], s[MANY];
	static struct pollfd pfd[MANY];
	char byte;
	int l, port, i, up = 0, good = 0, ready;

	l = listener(family, 128, &port);
	for (i = 0; i < MANY; i++) {
		c[i] = dial(family, port);
		s[i] = accept(l, NULL, NULL);
		if (c[i] < 0 || s[i] < 0)
			break;
		up++;
	}
	IS("150 connections", up, MANY);
	for (i = 0; i < up; i += 2)
		write(c[i], "x", 1);
	for (i = 0; i < up; i++)
		pfd[i] = (struct pollfd){ .fd = s[i], .events = POLLIN };
	usleep(20000);
	ready = poll(pfd, up, 1000);
	IS("every second one is readable", ready, (up + 1) / 2);
	for (i = 0; i < up; i++)
		if ((pfd[i].revents & POLLIN) == (i % 2 == 0 ? POLLIN : 0))
			good++;
	IS("the right ones", good, up);
	for (i = 0; i < up; i += 2)
		read(s[i], &byte, 1);
	for (i = 0; i < up; i++) {
		close(c[i]);
		close(s[i]);
	}
	close(l);
}

static void *
server(void *arg)
{
	int l = *(int *)arg, fd;
	char buf[64];
	ssize_t n;

	while ((fd = accept(l, NULL, NULL)) >= 0) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			write(fd, buf, n);
		close(fd);
		if (n == 4 && memcmp(buf, "stop", 4) == 0)
			break;
	}
	return NULL;
}

/*
 * NetBSD takes ports by chance.  One that is in TIME_WAIT at the server, with a
 * sequence number above ours, has our SYN answered by an ACK, and we send the
 * next after 6 s.  Ports in order, for this socket (netinet/in.h).
 */
#define NETBSD_IP_PORTALGO	18
#define NETBSD_IPV6_PORTALGO	17
#define NETBSD_PORTALGO_BSD	0

static int
dial_next(int family, int port)
{
	union addr a;
	socklen_t len = addr_loop(&a, family, port);
	int fd = socket(family, SOCK_STREAM, 0), algo = NETBSD_PORTALGO_BSD;

	if (fd < 0)
		return -1;
	if (on_netbsd() && setsockopt(fd, family == AF_INET ? IPPROTO_IP :
	    IPPROTO_IPV6, family == AF_INET ? NETBSD_IP_PORTALGO :
	    NETBSD_IPV6_PORTALGO, &algo, sizeof(algo)) != 0)
		printf("# no choice of ports: %s\n", strerror(errno));
	if (connect(fd, &a.sa, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
again_and_again(int family)
{
	pthread_t t;
	char buf[64];
	uint64_t us;
	int l, port, fd, i;

	l = listener(family, 128, &port);
	pthread_create(&t, NULL, server, &l);
	us = now_us();
	for (i = 0; i < 1500; i++) {
		if ((fd = dial_next(family, port)) < 0)
			break;
		if (write(fd, "ping", 4) != 4 ||
		    recv(fd, buf, 4, MSG_WAITALL) != 4 || read(fd, buf, 1) != 0)
			break;
		close(fd);
	}
	us = now_us() - us;
	IS("1500 connections one after the other", i, 1500);
	printf("# %u us each\n", (unsigned)(us / 1500));
	fd = dial(family, port);
	write(fd, "stop", 4);
	pthread_join(t, NULL);
	close(fd);
	close(l);
}

static void *
worker(void *arg)
{
	int port = ((int *)arg)[0], family = ((int *)arg)[1], fd;
	char out[100], in[100];
	long good = 0;

	memset(out, 'w', sizeof(out));
	if ((fd = dial(family, port)) < 0)
		return (void *)0;
	for (int i = 0; i < 500; i++) {
		if (write(fd, out, sizeof(out)) != sizeof(out) ||
		    recv(fd, in, sizeof(in), MSG_WAITALL) != sizeof(in) ||
		    memcmp(in, out, sizeof(in)) != 0)
			break;
		good++;
	}
	close(fd);
	return (void *)good;
}

static void *
echo(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char buf[1000];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		write(fd, buf, n);
	close(fd);
	return NULL;
}

static void
threads(int family)
{
	pthread_t w[8], s[8];
	int l, arg[2];
	long total = 0;
	void *r;

	l = listener(family, 16, &arg[0]);
	arg[1] = family;
	for (int i = 0; i < 8; i++)
		pthread_create(&w[i], NULL, worker, arg);
	for (int i = 0; i < 8; i++)
		pthread_create(&s[i], NULL, echo,
		    (void *)(intptr_t)accept(l, NULL, NULL));
	for (int i = 0; i < 8; i++) {
		pthread_join(w[i], &r);
		total += (long)r;
		pthread_join(s[i], NULL);
	}
	IS("eight clients, eight servers, 500 requests each", total, 4000);
	close(l);
}

void
test_load(int family)
{

	many(family);
	again_and_again(family);
	threads(family);
}
