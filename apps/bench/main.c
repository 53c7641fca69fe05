/*
 * bench [DISK] [name ...]: the named measurements, or all that destroy
 * nothing and end by themselves.  DISK: blk0, or a raw device as /dev/rld0d; a
 * word of its own, by which the platform keeps blk0 from NetBSD's drivers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"

static const struct {
	const char	*name;
	void		(*fn)(void);
	int		all;		/* part of a run without names */
} benches[] = {
	{ "boot", bench_boot, 1 },
	{ "hypercall", bench_hypercall, 1 },
	{ "syscall", bench_syscall, 1 },
	{ "clock", bench_clock, 1 },
	{ "malloc", bench_malloc, 1 },
	{ "mutex", bench_mutex, 1 },
	{ "contended", bench_contended, 1 },
	{ "switch", bench_switch, 1 },
	{ "cond", bench_cond, 1 },
	{ "pipe", bench_pipe, 1 },
	{ "thread", bench_thread, 1 },
	{ "sleep", bench_sleep, 1 },
	{ "disk", bench_disk, 1 },
	{ "file", bench_file, 1 },
	{ "diskwrite", bench_diskwrite, 0 },	/* overwrites it */
	{ "tcp", bench_tcp, 0 },		/* serves until told to end */
};
#define NBENCH	(sizeof(benches) / sizeof(*benches))

void
report(const char *what, uint64_t value, const char *unit)
{

	printf("{\"bench\":\"%s\",\"value\":%llu,\"unit\":\"%s\"}\n", what,
	    (unsigned long long)value, unit);
}

void
report_each(const char *what, uint64_t ns, uint64_t n)
{

	report(what, (ns + n / 2) / n, "ns");
}

int
main(int argc, char **argv)
{
	size_t k;
	int i;

	if (argc == 1)
		for (k = 0; k < NBENCH; k++)
			if (benches[k].all)
				benches[k].fn();
	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '/' || strncmp(argv[i], "blk", 3) == 0) {
			bench_disk_name = argv[i];
			continue;
		}
		for (k = 0; k < NBENCH; k++)
			if (strcmp(argv[i], benches[k].name) == 0)
				break;
		if (k == NBENCH) {
			printf("bench: no %s\n", argv[i]);
			return 2;
		}
		benches[k].fn();
	}
	return 0;
}
