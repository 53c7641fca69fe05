/*
 * client: the host's side of the network benchmarks, against `nettest serve'.
 *   client rtt IP PORT N       1-byte round trips: median and 99th percentile, us
 *   client send IP PORT BYTES  to its sink: MB/s, and what the sink says
 *   client recv IP PORT BYTES  from its source: MB/s, every byte looked at
 *   client echo IP PORT BYTES  to an echo server and back, compared
 *   client gap IP 0 SECONDS    an ICMP echo each 5 ms: the longest time without an
 *                              answer, ms, and how many came
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/time.h>
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

/* Its own pattern for each run: an old answer is no answer. */
static void
echo(int fd, uint64_t want)
{
	static uint8_t buf[BUF], right[BUF * 2];
	struct pollfd p = { .fd = fd };
	uint64_t sent = 0, got = 0;
	unsigned seed = getpid() ^ time(NULL);
	ssize_t k;

	for (int i = 0; i < BUF; i++)
		right[i] = right[i + BUF] = rand_r(&seed);
	for (;;) {
		p.events = POLLIN | (sent < want ? POLLOUT : 0);
		if (poll(&p, 1, -1) < 0)
			die("poll");
		if (p.revents & POLLOUT) {
			k = want - sent < BUF ? want - sent : BUF;
			k = send(fd, right + sent % BUF, k, MSG_DONTWAIT);
			if (k < 0)
				die("write");
			if ((sent += k) == want)
				shutdown(fd, SHUT_WR);
		}
		if ((p.revents & ~POLLOUT) == 0)
			continue;
		if ((k = recv(fd, buf, BUF, 0)) < 0)
			die("read");
		if (k == 0)
			break;
		if (got + k > want || memcmp(buf, right + got % BUF, k) != 0) {
			fprintf(stderr, "wrong at %llu\n", (unsigned long long)got);
			exit(1);
		}
		got += k;
	}
	if (got != want) {
		fprintf(stderr, "%llu of %llu\n", (unsigned long long)got,
		    (unsigned long long)want);
		exit(1);
	}
}

static void
put_echo(int fd, const struct sockaddr_in *to, uint16_t n)
{
	uint16_t m[4] = { htons(0x800), 0, htons(0x5347), htons(n) };
	uint32_t sum = m[0] + m[2] + m[3];

	m[1] = (uint16_t)~((sum & 0xffff) + (sum >> 16));
	(void)!sendto(fd, m, sizeof(m), 0, (const struct sockaddr *)to,
	    sizeof(*to));
}

static void
gap(const char *ip, double seconds)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval wait = { 0, 5000 };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	double start = now(), last = start, most = 0, t;
	uint8_t b[256];
	unsigned n = 0;

	inet_pton(AF_INET, ip, &to.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("icmp");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (unsigned i = 0; (t = now()) < start + seconds; i++) {
		put_echo(fd, &to, i);
		while (now() < t + 0.005 && recv(fd, b, sizeof(b), 0) > 0) {
			if (b[20] != 0)		/* an echo reply */
				continue;
			n++;
			if (now() - last > most)
				most = now() - last;
			last = now();
		}
	}
	if (now() - last > most)
		most = now() - last;
	printf("%.1f %u\n", most * 1e3, n);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc != 5)
		return 2;
	if (strcmp(argv[1], "gap") == 0) {
		gap(argv[2], atof(argv[4]));
		return 0;
	}
	fd = dial(argv[2], atoi(argv[3]));
	if (strcmp(argv[1], "rtt") == 0)
		rtt(fd, atol(argv[4]));
	else if (strcmp(argv[1], "send") == 0)
		sender(fd, strtoull(argv[4], NULL, 10));
	else if (strcmp(argv[1], "recv") == 0)
		receiver(fd, strtoull(argv[4], NULL, 10));
	else if (strcmp(argv[1], "echo") == 0)
		echo(fd, strtoull(argv[4], NULL, 10));
	else
		return 2;
	return 0;
}
