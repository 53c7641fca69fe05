/*
 * client: the host's side of the network benchmarks, against `nettest serve'.
 *   client rtt IP PORT N       1-byte round trips: median and 99th percentile, us
 *   client send IP PORT BYTES  to its sink: MB/s, and what the sink says
 *   client recv IP PORT BYTES  from its source: MB/s, every byte looked at
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUF	65536

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void
die(const char *what)
{

	perror(what);
	exit(1);
}

static int
dial(const char *ip, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	inet_pton(AF_INET, ip, &sin.sin_addr);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		die("connect");
	return fd;
}

static int
cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
rtt(int fd, long n)
{
	double *t = calloc(n, sizeof(*t)), t0;
	char c = 'x';

	for (long i = 0; i < n; i++) {
		t0 = now();
		if (write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1)
			die("round trip");
		t[i] = (now() - t0) * 1e6;
	}
	qsort(t, n, sizeof(*t), cmp);
	printf("%.1f %.1f\n", t[n / 2], t[n * 99 / 100]);
}

/* Byte i of nettest's streams (apps/nettest/nettest.h); repeats after BUF. */
static uint8_t
pattern(uint64_t i)
{

	return i * 7 + (i >> 8) * 13;
}

static void
sender(int fd, uint64_t want)
{
	static uint8_t buf[BUF];
	char text[64];
	double t0;
	ssize_t k, n;
	uint64_t sent = 0;

	for (int i = 0; i < BUF; i++)
		buf[i] = pattern(i);
	t0 = now();
	while (sent < want) {
		n = BUF - sent % BUF;
		if ((k = write(fd, buf + sent % BUF, n)) <= 0)
			die("write");
		sent += k;
	}
	shutdown(fd, SHUT_WR);
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		die("reply");
	text[n] = '\0';
	printf("%.1f %llu %s", sent / (now() - t0) / 1e6,
	    (unsigned long long)sent, text);
}

static void
receiver(int fd, uint64_t want)
{
	static uint8_t buf[BUF], right[BUF * 2];
	char text[32];
	double t0;
	ssize_t k;
	uint64_t got = 0, bad = 0;

	for (int i = 0; i < BUF * 2; i++)
		right[i] = pattern(i % BUF);
	t0 = now();
	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)want);
	if (write(fd, text, strlen(text)) <= 0)
		die("write");
	while (got < want && (k = read(fd, buf, BUF)) > 0) {
		if (memcmp(buf, right + got % BUF, k) != 0)
			bad += k;
		got += k;
	}
	printf("%.1f %llu %llu %llu\n", got / (now() - t0) / 1e6,
	    (unsigned long long)want, (unsigned long long)got,
	    (unsigned long long)bad);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc != 5)
		return 2;
	fd = dial(argv[2], atoi(argv[3]));
	if (strcmp(argv[1], "rtt") == 0)
		rtt(fd, atol(argv[4]));
	else if (strcmp(argv[1], "send") == 0)
		sender(fd, strtoull(argv[4], NULL, 10));
	else if (strcmp(argv[1], "recv") == 0)
		receiver(fd, strtoull(argv[4], NULL, 10));
	else
		return 2;
	return 0;
}
