/*
 * The Linux guest's side of the benchmarks, as apps/nettest and apps/bench are
 * Sirloin's:
 *	serve tcp PORT		echo on PORT, a sink on PORT + 1, a source on
 *				PORT + 2, HTTP with one page on port 80
 *	serve disk DEVICE	the figures of `bench disk diskwrite', O_DIRECT
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUF	65536
#define PAGE	612
#define TIME	1.0	/* seconds of a disk measurement */

static uint8_t pattern[BUF * 2];

/* ---- TCP ---- */

static int
write_all(int s, const void *data, size_t n)
{
	ssize_t k;

	for (const char *p = data; n > 0; p += k, n -= k)
		if ((k = write(s, p, n)) <= 0)
			return -1;
	return 0;
}

static void
echo(int s)
{
	static char buf[BUF];
	ssize_t n;

	while ((n = read(s, buf, sizeof(buf))) > 0 && write_all(s, buf, n) == 0)
		continue;
}

static void
sink(int s)
{
	static uint8_t buf[BUF];
	uint64_t got = 0, bad = 0;
	char text[64];
	ssize_t n;

	while ((n = read(s, buf, sizeof(buf))) > 0) {
		if (memcmp(buf, pattern + got % BUF, n) != 0)
			bad += n;
		got += n;
	}
	n = snprintf(text, sizeof(text), "%llu %llu\n", (unsigned long long)got,
	    (unsigned long long)bad);
	(void)write_all(s, text, n);
}

static void
source(int s)
{
	char text[32] = "";
	uint64_t want, sent, n;

	if (read(s, text, sizeof(text) - 1) <= 0)
		return;
	want = strtoull(text, NULL, 10);
	for (sent = 0; sent < want; sent += n) {
		n = BUF - sent % BUF;
		if (n > want - sent)
			n = want - sent;
		if (write_all(s, pattern + sent % BUF, n) != 0)
			return;
	}
}

static void
http(int s)
{
	char head[4096], page[PAGE + 256];
	size_t have = 0;
	ssize_t n;
	char *end;
	int size = snprintf(page, sizeof(page),
	    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", PAGE);

	memset(page + size, 'x', PAGE);
	while ((n = read(s, head + have, sizeof(head) - 1 - have)) > 0) {
		have += n;
		head[have] = '\0';
		while ((end = strstr(head, "\r\n\r\n")) != NULL) {
			if (write_all(s, page, size + PAGE) != 0)
				return;
			have -= end + 4 - head;
			memmove(head, end + 4, have + 1);
		}
	}
}

/* A process for each connection. */
static void
listen_on(int port, void (*fn)(int))
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	int l = socket(AF_INET, SOCK_STREAM, 0), one = 1, s;

	if (fork() != 0)
		return;
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&sin, sizeof(sin)) != 0 || listen(l, 128) != 0)
		exit(1);
	for (;;) {
		if ((s = accept(l, NULL, NULL)) < 0)
			continue;
		if (fork() == 0) {
			setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			fn(s);
			_exit(0);
		}
		close(s);
	}
}

/* ---- disk ---- */

static uint64_t size;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

struct job {
	int fd, write, random;
	size_t len;
	uint64_t seed, ops;
};

static void *
job_main(void *arg)
{
	struct job *j = arg;
	char *buf = aligned_alloc(4096, j->len);
	uint64_t off = 0, x = j->seed;
	double end = now() + TIME;

	memset(buf, 0x5a, j->len);
	for (; now() < end; j->ops++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		off = j->random ? x % (size / j->len) * j->len :
		    off + j->len > size - j->len ? 0 : off + j->len;
		if ((j->write ? pwrite(j->fd, buf, j->len, off) :
		    pread(j->fd, buf, j->len, off)) != (ssize_t)j->len) {
			perror("serve: disk");
			break;
		}
	}
	free(buf);
	return NULL;
}

static void
measure(const char *name, int fd, size_t len, int writing, int random, int depth)
{
	struct job j[8];
	pthread_t t[8];
	uint64_t ops = 0;
	double t0 = now(), s;

	for (int i = 0; i < depth; i++) {
		j[i] = (struct job){ fd, writing, random, len,
		    0x9e3779b97f4a7c15ull * (i + 1), 0 };
		pthread_create(&t[i], NULL, job_main, &j[i]);
	}
	for (int i = 0; i < depth; i++) {
		pthread_join(t[i], NULL);
		ops += j[i].ops;
	}
	s = now() - t0;
	printf("{\"bench\":\"disk_%s\",\"value\":%.0f,\"unit\":\"%s\"}\n", name,
	    random ? ops / s : ops * len / s / 1e6, random ? "op/s" : "MB/s");
}

static int
disk(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT);

	if (fd < 0 || (size = lseek(fd, 0, SEEK_END)) == 0)
		return 1;
	measure("read_4k", fd, 4096, 0, 0, 1);
	measure("read_64k", fd, 65536, 0, 0, 1);
	measure("read_random_4k", fd, 4096, 0, 1, 1);
	measure("read_random_4k_8", fd, 4096, 0, 1, 8);
	measure("write_64k", fd, 65536, 1, 0, 1);
	measure("write_random_4k", fd, 4096, 1, 1, 1);
	return 0;
}

int
main(int argc, char **argv)
{
	int port;

	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "disk") == 0)
		return disk(argv[2]);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < BUF * 2; i++)
		pattern[i] = (i % BUF) * 7 + (i % BUF >> 8) * 13;
	port = atoi(argv[2]);
	listen_on(port, echo);
	listen_on(port + 1, sink);
	listen_on(port + 2, source);
	listen_on(80, http);
	sleep(1);
	printf("serving\n");
	fflush(stdout);
	for (;;)
		pause();
}
