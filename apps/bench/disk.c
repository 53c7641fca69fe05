/*
 * disk.c: blk0, or the disk that an argument names, through the rump kernel's
 * block layer, unbuffered (a raw device), with one request at a time, and with
 * eight.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rump/rump.h>
#include "bench.h"

#define PATH	"/bench-disk"
#define SPAN	(512ULL << 20)		/* as much of it as is used */
#define TIME	1000000000ULL		/* for each measurement */

const char *bench_disk_name = "blk0";
static uint64_t size;

/* As far as a megabyte can be read, and that a power of 2. */
static uint64_t
span(int fd)
{
	static char mb[1 << 20];
	uint64_t n = 0, next = sizeof(mb);

	while (next <= SPAN && pread(fd, mb, sizeof(mb),
	    (off_t)(next - sizeof(mb))) == sizeof(mb)) {
		n = next;
		next *= 2;
	}
	return n;
}

/* A name without a slash is a device of the platform's. */
static int
disk_open(int flags)
{
	const char *path = bench_disk_name;
	int fd;

	if (strchr(path, '/') == NULL) {
		if (rump_pub_etfs_register(PATH, path, RUMP_ETFS_CHR) != 0) {
			printf("bench: no %s\n", path);
			return -1;
		}
		path = PATH;
	}
	if ((fd = open(path, flags)) >= 0 && (size = span(fd)) == 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		printf("bench: %s: not to be used\n", bench_disk_name);
		(void)rump_pub_etfs_remove(PATH);
	}
	return fd;
}

static void
disk_close(int fd)
{

	close(fd);
	(void)rump_pub_etfs_remove(PATH);
}

static uint64_t
next_random(uint64_t *x)
{

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

struct job {
	int		fd, write, random;
	size_t		len;
	uint64_t	seed, ops;
};

static void *
job_main(void *arg)
{
	struct job *j = arg;
	char *buf = aligned_alloc(4096, j->len);
	uint64_t end = now() + TIME, off = 0, x = j->seed;
	ssize_t n;

	memset(buf, 0x5a, j->len);
	while (now() < end) {
		off = j->random ? next_random(&x) % (size / j->len) * j->len :
		    off + j->len > size - j->len ? 0 : off + j->len;
		n = j->write ? pwrite(j->fd, buf, j->len, (off_t)off) :
		    pread(j->fd, buf, j->len, (off_t)off);
		if (n != (ssize_t)j->len) {
			printf("bench: disk: %zd of %zu at %llu\n", n, j->len,
			    (unsigned long long)off);
			break;
		}
		j->ops++;
	}
	free(buf);
	return NULL;
}

static void
measure(const char *name, int fd, size_t len, int write, int random, int depth)
{
	struct job j[8];
	pthread_t t[8];
	uint64_t t0 = now(), ns, ops = 0;
	char what[40];
	int i;

	for (i = 0; i < depth; i++) {
		j[i] = (struct job){ fd, write, random, len,
		    0x9e3779b97f4a7c15ULL * (uint64_t)(i + 1), 0 };
		if (pthread_create(&t[i], NULL, job_main, &j[i]) != 0)
			abort();
	}
	for (i = 0; i < depth; i++) {
		pthread_join(t[i], NULL);
		ops += j[i].ops;
	}
	ns = now() - t0;
	snprintf(what, sizeof(what), "disk_%s", name);
	if (random)
		report(what, ops * 1000000000ULL / ns, "op/s");
	else
		report(what, ops * len * 1000 / (ns / 1000) / 1000, "MB/s");
}

void
bench_disk(void)
{
	int fd = disk_open(O_RDONLY);

	if (fd < 0)
		return;
	measure("read_4k", fd, 4096, 0, 0, 1);
	measure("read_64k", fd, 65536, 0, 0, 1);
	measure("read_random_4k", fd, 4096, 0, 1, 1);
	measure("read_random_4k_8", fd, 4096, 0, 1, 8);
	disk_close(fd);
}

void
bench_diskwrite(void)
{
	int fd = disk_open(O_RDWR);

	if (fd < 0)
		return;
	measure("write_64k", fd, 65536, 1, 0, 1);
	measure("write_random_4k", fd, 4096, 1, 1, 1);
	disk_close(fd);
}
