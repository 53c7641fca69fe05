/*
 * disktest.h: random extents of a disk, or of files, are written, synced, read
 * again and compared (by disktest, and by nettest while it serves).  Every sector says whose it is: of which extent, which
 * sector of it, and of which generation, from which the rest of it follows.  So
 * whatever is on the disk can be judged without having seen it written.
 *
 * Output, a line each:
 *   found E MIN MAX		extent E has generations MIN to MAX (0: none)
 *   acked E:G ...		written as generation G, and fsync() returned
 *   error E write|read|fsync: WHY
 *   bad E ...			not what was written: exit status 1
 */
#ifndef DISKTEST_H
#define DISKTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR		512
#define MAXEXTENT	(1024 * 1024)

struct extent {
	uint64_t	off;
	uint32_t	len;
	uint64_t	gen;		/* written in this run; 0: not yet */
	bool		unsure;		/* a write failed: old, new or both */
};
/* A thread's part: a range of the disk, or a file. */
struct part {
	int		fd, no, first, n;	/* extents */
	struct extent	*e;
	char		*buf;
	uint64_t	rnd, writes, reads, syncs, bytes, errors;
};
extern uint64_t seed, end_ns, run_round;
extern bool writing, syncing;
extern bool telling;		/* of what was acknowledged */
extern int bads;

/* ---- part.c ---- */

/* A name without a slash is a device of the platform's; -1 and errno. */
int	disk_open(const char *name);
uint64_t disk_size(int fd);		/* as far as it can be read */
/* Part no of the disk or file: extents in size bytes from base on, counted
   from first on.  False and errno: no memory, no room for one. */
bool	part_init(struct part *, int fd, int no, int first, uint64_t base,
	    uint64_t size);

/* ---- extent.c ---- */

uint64_t next_random(uint64_t *);
/* Sizes by the seed, from base on; the number of them, at most max. */
int	layout(struct extent *, int max, uint64_t base, uint64_t size,
	    uint64_t salt);
void	fill(char *buf, const struct extent *, int no, uint64_t gen);
/* What buf has: lowest and highest generation; false: a sector of neither. */
bool	examine(const char *buf, const struct extent *, int no, uint64_t *min,
	    uint64_t *max);

/* ---- work.c ---- */

uint64_t now_ns(void);
void	verify_part(struct part *);
void	*work_part(void *);

#endif /* DISKTEST_H */
