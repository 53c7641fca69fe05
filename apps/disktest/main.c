/*
 * disktest --disk PATH | --dir DIR [--seconds N] [--seed S] [--round R]
 *          [--threads T] [--size MB] [--verify] [--nosync] [--discard BYTES]
 *
 * Looks at all extents first (seed, threads and size must be as before), then
 * works for N seconds; rounds count up from 1; discards the first BYTES.  PATH without a slash is a
 * device of the platform's, or of the built-in kernel: blk0, ld0.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rump/rump_syscalls.h>
#include "disktest.h"

#define MAXTHREAD	16

static struct part parts[MAXTHREAD];
static int nthread = 4;
static uint64_t size_mb, seconds = 10, discard;
static const char *disk, *dir;

static void __attribute__((noreturn))
die(const char *what)
{

	printf("disktest: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
make_parts(void)
{
	uint64_t size = size_mb << 20, base = 0;
	char path[64];
	int i, fd = -1, first = 0;
	struct part *p;

	if (disk != NULL) {
		if ((fd = disk_open(disk)) < 0)
			die(disk);
		if (size == 0 || size > disk_size(fd))
			size = disk_size(fd);
	} else if (size == 0)
		size = 8 << 20;
	size = size / (uint64_t)nthread / SECTOR * SECTOR;
	for (i = 0; i < nthread; i++) {
		p = &parts[i];
		if (dir != NULL) {
			snprintf(path, sizeof(path), "%s/part%d.dat", dir, i);
			if ((fd = open(path, O_RDWR | O_CREAT, 0644)) < 0)
				die(path);
		} else
			base = size * (uint64_t)i;
		if (!part_init(p, fd, i, first, base, size))
			die("extents");
		first += p->n;
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
		{ "discard", required_argument, NULL, 'x' },
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
		case 'x': discard = v; break;
		case 'v': writing = false; break;
		case 'N': syncing = false; break;
		default: exit(2);
		}
	}
	if ((disk == NULL) == (dir == NULL) || nthread < 1 ||
	    nthread > MAXTHREAD || run_round == 0) {
		printf("usage: disktest --disk PATH | --dir DIR [--seconds N] "
		    "[--seed S]\n    [--round R] [--threads T] [--size MB] "
		    "[--verify] [--nosync] [--discard BYTES]\n");
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
	if (discard > 0) {
		if (rump_sys_fdiscard == NULL || rump_sys_fdiscard(
		    parts[0].fd, 0, (off_t)discard) != 0)
			die("discard");
		printf("discarded\n");
	}
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
