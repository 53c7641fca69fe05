/* part.c: the disk, and a thread's part of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rump/rump.h>
#include "disktest.h"

#define MAXEXTENTS	4096		/* of a thread */
#define DEVICE		"/disktest-disk"

uint64_t seed = 1, end_ns, run_round = 1;
bool writing = true, syncing = true, telling = true;
int bads;

int
disk_open(const char *name)
{
	const char *path = name;

	if (strchr(path, '/') == NULL) {
		path = DEVICE;
		if ((errno = rump_pub_etfs_register(path, name,
		    RUMP_ETFS_CHR)) != 0)
			return -1;
	}
	return open(path, writing ? O_RDWR : O_RDONLY);
}

/* A raw device may not tell: where reads end. */
uint64_t
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

bool
part_init(struct part *p, int fd, int no, int first, uint64_t base,
    uint64_t size)
{

	p->no = no;
	p->fd = fd;
	p->first = first;
	p->e = calloc(MAXEXTENTS, sizeof(*p->e));
	p->buf = aligned_alloc(4096, MAXEXTENT);
	if (p->e == NULL || p->buf == NULL)
		return false;
	p->n = layout(p->e, MAXEXTENTS, base, size, (uint64_t)no + 1);
	p->rnd = (seed * 1000003 + run_round) * 1000003 + (uint64_t)no + 1;
	if (p->n == 0)
		errno = ENOSPC;
	return p->n != 0;
}
