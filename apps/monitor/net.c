/* net.c: the monitor's network commands. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A NetBSD tree may have no librumpnet_config. */
#pragma weak rump_pub_netconfig_ifcreate
#pragma weak rump_pub_netconfig_ifup
#pragma weak rump_pub_netconfig_ipv4_ifaddr_cidr
#include <rump/netconfig.h>
#include "monitor.h"

static void *
echo(void *arg)
{
	int s = (int)(intptr_t)arg;
	char *buf = malloc(65536);
	ssize_t n, k, done;

	while (buf != NULL && (n = read(s, buf, 65536)) > 0)
		for (done = 0; done < n; done += k)
			if ((k = write(s, buf + done, n - done)) <= 0)
				goto out;
out:
	free(buf);
	close(s);
	return NULL;
}

static void *
serve(void *arg)
{
	int l = (int)(intptr_t)arg, s;
	pthread_t t;

	for (;;) {
		if ((s = accept(l, NULL, NULL)) < 0)
			continue;
		if (pthread_create(&t, NULL, echo, (void *)(intptr_t)s) != 0)
			close(s);
		else
			pthread_detach(t);
	}
	return NULL;
}

void
net_start(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(7) };
	int l = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t t;

	if (l < 0 || bind(l, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(l, 16) != 0 ||
	    pthread_create(&t, NULL, serve, (void *)(intptr_t)l) != 0)
		printf("monitor: no echo server: %s\n", strerror(errno));
}

int
net_up(char **arg)
{
	int error;

	if (rump_pub_netconfig_ifcreate == NULL)
		return ENOSYS;
	error = rump_pub_netconfig_ifcreate(arg[0]);
	if (error == 0 || error == EEXIST)
		error = rump_pub_netconfig_ifup(arg[0]);
	if (error == 0)
		error = rump_pub_netconfig_ipv4_ifaddr_cidr(arg[0], arg[1], atoi(arg[2]));
	return error;
}

int
net_udp(char **arg)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(9) };
	int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1, error = 0, i, n = 0;
	static char data[1024];

	if (s < 0)
		return errno;
	(void)setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (inet_pton(AF_INET, arg[0], &sin.sin_addr) != 1)
		error = EINVAL;
	for (i = 0; i < atoi(arg[1]) && error == 0; i++) {
		if (sendto(s, data, sizeof(data), 0, (struct sockaddr *)&sin,
		    sizeof(sin)) == sizeof(data))
			n++;
		usleep(10000);
	}
	printf("%d of %d sent\n", n, i);
	close(s);
	return error;
}

int
net_send(char **arg)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0), error = 0;
	char buf[256];
	ssize_t n;

	if (s < 0)
		return errno;
	sin.sin_port = htons(atoi(arg[1]));
	if (inet_pton(AF_INET, arg[0], &sin.sin_addr) != 1)
		error = EINVAL;
	else if (connect(s, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    write(s, arg[2], strlen(arg[2])) < 0 ||
	    shutdown(s, SHUT_WR) != 0)
		error = errno;
	while (error == 0 && (n = read(s, buf, sizeof(buf))) != 0) {
		if (n < 0)
			error = errno;
		else
			printf("%.*s", (int)n, buf);
	}
	printf("\n");
	close(s);
	return error;
}

/* ---- bulk: a pattern to an echo server, and back ---- */

#define CHUNK	65536

struct bulk {
	int		s, error;
	uint64_t	total;
};

/* Each word says where it is in the stream. */
static void
pattern(uint64_t at, uint64_t *buf, size_t len)
{

	for (size_t i = 0; i < len / 8; i++)
		buf[i] = (at + 8 * i) * 0x9e3779b97f4a7c15;
}

static void *
bulk_send(void *arg)
{
	struct bulk *b = arg;
	static uint64_t buf[CHUNK / 8];
	uint64_t at;
	size_t k;
	ssize_t n;

	for (at = 0; at < b->total; at += CHUNK) {
		pattern(at, buf, CHUNK);
		for (k = 0; k < CHUNK; k += n)
			if ((n = write(b->s, (char *)buf + k, CHUNK - k)) <= 0) {
				b->error = errno;
				return NULL;
			}
	}
	(void)shutdown(b->s, SHUT_WR);
	return NULL;
}

static int
bulk_receive(struct bulk *b)
{
	static uint64_t buf[CHUNK / 8], want[CHUNK / 8];
	uint64_t at;
	size_t k;
	ssize_t n;

	for (at = 0; at < b->total; at += CHUNK) {
		for (k = 0; k < CHUNK; k += n)
			if ((n = read(b->s, (char *)buf + k, CHUNK - k)) <= 0)
				return n < 0 ? errno : EPIPE;
		pattern(at, want, CHUNK);
		if (memcmp(buf, want, CHUNK) != 0)
			return EIO;
	}
	return 0;
}

int
net_bulk(char **arg)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(atoi(arg[1])) };
	struct bulk b = { .total = strtoull(arg[2], NULL, 10) << 20 };
	struct timespec t0, t1;
	pthread_t t;
	double s;
	int error;

	if (inet_pton(AF_INET, arg[0], &sin.sin_addr) != 1)
		return EINVAL;
	if ((b.s = socket(AF_INET, SOCK_STREAM, 0)) < 0)
		return errno;
	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	if (connect(b.s, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		error = errno;
	else if ((error = pthread_create(&t, NULL, bulk_send, &b)) == 0) {
		error = bulk_receive(&b);
		if (error != 0)
			(void)shutdown(b.s, SHUT_RDWR);
		(void)pthread_join(t, NULL);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &t1);
	close(b.s);
	if (error == 0)
		error = b.error;
	s = (t1.tv_sec - t0.tv_sec) + (t1.tv_nsec - t0.tv_nsec) / 1e9;
	if (error == 0)
		printf("bulk %d MB/s each way\n", (int)((b.total >> 20) / s));
	return error;
}
