/*
 * busy.c: keeps a disk busy while others use the network: threads write, sync,
 * read and compare random extents of it, as disktest does (and can verify after
 * the end: disktest --disk DISK --threads 2 --verify).
 */
#include "nettest.h"
#include "../disktest/disktest.h"

#define THREADS	2

static struct part part[THREADS];
static pthread_t thread[THREADS];
static bool running;

bool
busy_start(const char *name)
{
	int fd = disk_open(name), first = 0;
	uint64_t size;

	if (fd < 0)
		return false;
	size = disk_size(fd) / THREADS / SECTOR * SECTOR;
	telling = false;
	end_ns = UINT64_MAX;
	for (int i = 0; i < THREADS; first += part[i++].n)
		if (!part_init(&part[i], fd, i, first, size * i, size))
			return false;
	for (int i = 0; i < THREADS; i++)
		if ((errno = pthread_create(&thread[i], NULL, work_part,
		    &part[i])) != 0)
			return false;
	running = true;
	return true;
}

void
busy_stop(void)
{

	if (!running)
		return;
	running = false;
	__atomic_store_n(&end_ns, 0, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

int
busy_report(char *text, size_t size)
{
	unsigned long long w = 0, r = 0, s = 0, b = 0, e = 0;
	unsigned long long extents = 0;		/* that were written */

	for (int i = 0; i < THREADS; i++) {
		w += part[i].writes;
		r += part[i].reads;
		s += part[i].syncs;
		b += part[i].bytes;
		e += part[i].errors;
		for (int k = 0; k < part[i].n; k++)
			extents += part[i].e[k].gen != 0;
	}
	return snprintf(text, size, "{\"running\": %s, \"writes\": %llu, "
	    "\"reads\": %llu, \"syncs\": %llu, \"bytes\": %llu, "
	    "\"extents\": %llu, \"errors\": %llu, \"bad\": %d}\n",
	    running ? "true" : "false", w, r, s, b, extents, e, bads);
}
