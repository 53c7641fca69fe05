/*
 * disktest --disk PATH | --dir DIR [--seconds N] [--seed S] [--round R]
 *          [--threads T] [--size MB] [--verify] [--nosync]
 *
 * Looks at all extents first (seed, threads and size must be as before), then
 * works for N seconds; rounds count up from 1.  PATH without a slash is a
 * device of the platform's, or of the built-in kernel: blk0, ld0.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rump/rump.h>
#include "disktest.h"

#define MAXTHREAD	16
#define MAXEXTENTS	4096		/* of a thread */
#define DEVICE		"/disktest-disk"

uint64_t seed = 1, end_ns, run_round = 1;
bool writing = true, syncing = true;
int bads;

static struct part parts[MAXTHREAD];
static int nthread = 4;
static uint64_t size_mb, seconds = 10;
static const char *disk, *dir;

static void __attribute__((noreturn))
die(const char *what)
{

	printf("disktest: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int
open_disk(void)
{
	const char *path = disk;
	int fd, error;

	if (strchr(disk, '/') == NULL) {
		path = DEVICE;
		if ((error = rump_pub_etfs_register(path, disk,
		    RUMP_ETFS_CHR)) != 0) {
			errno = error;
			die(disk);
		}
	}
	if ((fd = open(path, writing ? O_RDWR : O_RDONLY)) < 0)
		die(disk);
	return fd;
}

/* A raw device may not tell: where reads end. */
static uint64_t
disk_size(int fd)
{
	static char sector[4096];
	struct stat st;
	uint64_t lo = 0, hi = 1ULL << 30, mid;	/* in sectors of 4 KB */

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (pread(fd, sector, sizeof(sector), (off_t)(mid *
		    sizeof(sector))) == (ssize_t)sizeof(sector))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo * sizeof(sector);
}

static void
make_parts(void)
{
	uint64_t size = size_mb << 20, base = 0;
	char path[64];
	int i, fd = -1, first = 0;
	struct part *p;

	if (disk != NULL) {
		fd = open_disk();
		if (size == 0 || size > disk_size(fd))
			size = disk_size(fd);
	} else if (size == 0)
		size = 8 << 20;
	size = size / (uint64_t)nthread / SECTOR * SECTOR;
	for (i = 0; i < nthread; i++) {
		p = &parts[i];
		p->no = i;
		p->fd = fd;
		if (dir != NULL) {
			snprintf(path, sizeof(path), "%s/part%d.dat", dir, i);
			if ((p->fd = open(path, O_RDWR | O_CREAT, 0644)) < 0)
				die(path);
		} else
			base = size * (uint64_t)i;
		p->first = first;
		p->e = calloc(MAXEXTENTS, sizeof(*p->e));
		p->buf = aligned_alloc(4096, MAXEXTENT);
		if (p->e == NULL || p->buf == NULL)
			die("memory");
		p->n = layout(p->e, MAXEXTENTS, base, size, (uint64_t)i + 1);
		if (p->n == 0) {
			printf("disktest: too small\n");
			exit(2);
		}
		first += p->n;
		p->rnd = (seed * 1000003 + run_round) * 1000003 +
		    (uint64_t)i + 1;
	}
	printf("disktest: %d extents, %d threads, round %llu\n", first, nthread,
	    (unsigned long long)run_round);
}

static void
run_parts(void)
{
	pthread_t t[MAXTHREAD];
	int i;

	end_ns = now_ns() + seconds * 1000000000ULL;
	for (i = 0; i < nthread; i++)
		if (pthread_create(&t[i], NULL, work_part, &parts[i]) != 0)
			die("thread");
	for (i = 0; i < nthread; i++)
		pthread_join(t[i], NULL);
}

static void
arguments(int argc, char **argv)
{
	static const struct option opts[] = {
		{ "disk", required_argument, NULL, 'd' },
		{ "dir", required_argument, NULL, 'D' },
		{ "seconds", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "round", required_argument, NULL, 'r' },
		{ "threads", required_argument, NULL, 'n' },
		{ "size", required_argument, NULL, 'm' },
		{ "verify", no_argument, NULL, 'v' },
		{ "nosync", no_argument, NULL, 'N' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		uint64_t v = optarg != NULL ? strtoull(optarg, NULL, 0) : 0;

		switch (c) {
		case 'd': disk = optarg; break;
		case 'D': dir = optarg; break;
		case 't': seconds = v; break;
		case 's': seed = v; break;
		case 'r': run_round = v; break;
		case 'n': nthread = (int)v; break;
		case 'm': size_mb = v; break;
		case 'v': writing = false; break;
		case 'N': syncing = false; break;
		default: exit(2);
		}
	}
	if ((disk == NULL) == (dir == NULL) || nthread < 1 ||
	    nthread > MAXTHREAD || run_round == 0) {
		printf("usage: disktest --disk PATH | --dir DIR [--seconds N] "
		    "[--seed S]\n    [--round R] [--threads T] [--size MB] "
		    "[--verify] [--nosync]\n");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	uint64_t writes = 0, reads = 0, syncs = 0, bytes = 0, errors = 0;
	int i;

	arguments(argc, argv);
	make_parts();
	for (i = 0; i < nthread; i++)
		verify_part(&parts[i]);
	printf("verified\n");
	if (writing)
		run_parts();
	for (i = 0; i < nthread; i++) {
		writes += parts[i].writes;
		reads += parts[i].reads;
		syncs += parts[i].syncs;
		bytes += parts[i].bytes;
		errors += parts[i].errors;
	}
	printf("disktest: %llu writes, %llu reads, %llu syncs, %llu MB, "
	    "%llu errors, %d bad\n", (unsigned long long)writes,
	    (unsigned long long)reads, (unsigned long long)syncs,
	    (unsigned long long)(bytes >> 20), (unsigned long long)errors, bads);
	return bads != 0;
}
