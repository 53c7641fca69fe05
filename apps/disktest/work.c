/* work.c: what a thread does with its part. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "disktest.h"

#define BATCH		16
#define SHOWN		20		/* errors of a thread */

uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* All of it; what is beyond the end of a file is zero. */
static int
read_extent(struct part *p, const struct extent *e)
{
	size_t done = 0;
	ssize_t n;

	while (done < e->len) {
		n = pread(p->fd, p->buf + done, e->len - done,
		    (off_t)(e->off + done));
		if (n < 0)
			return errno;
		if (n == 0) {
			memset(p->buf + done, 0, e->len - done);
			break;
		}
		done += (size_t)n;
	}
	p->reads++;
	p->bytes += e->len;
	return 0;
}

static int
write_extent(struct part *p, const struct extent *e)
{
	size_t done = 0;
	ssize_t n;

	while (done < e->len) {
		n = pwrite(p->fd, p->buf + done, e->len - done,
		    (off_t)(e->off + done));
		if (n <= 0)
			return n == 0 ? EIO : errno;
		done += (size_t)n;
	}
	p->writes++;
	p->bytes += e->len;
	return 0;
}

static void
failed(struct part *p, int i, const char *what, int error)
{

	if (++p->errors <= SHOWN)
		printf("error %d %s: %s\n", p->first + i, what,
		    strerror(error));
}

static void
bad(void)
{

	(void)__atomic_fetch_add(&bads, 1, __ATOMIC_RELAXED);
}

void
verify_part(struct part *p)
{
	uint64_t min, max;
	int i, error;

	for (i = 0; i < p->n; i++) {
		if ((error = read_extent(p, &p->e[i])) != 0) {
			failed(p, i, "read", error);
			bad();
			continue;
		}
		if (!examine(p->buf, &p->e[i], p->first + i, &min, &max))
			bad();
		if (max != 0)
			printf("found %d %llu %llu\n", p->first + i,
			    (unsigned long long)min, (unsigned long long)max);
	}
}

/* As it was written in this run, to the byte. */
static void
compare(struct part *p, int i)
{
	struct extent *e = &p->e[i];
	uint64_t min, max;
	int error;

	if (e->gen == 0)
		return;
	if ((error = read_extent(p, e)) != 0) {
		failed(p, i, "read", error);
		return;
	}
	if (!examine(p->buf, e, p->first + i, &min, &max))
		bad();
	else if (!e->unsure && (min != e->gen || max != e->gen)) {
		printf("bad %d: generations %llu to %llu, written was %llu\n",
		    p->first + i, (unsigned long long)min,
		    (unsigned long long)max, (unsigned long long)e->gen);
		bad();
	}
}

/* Some writes, a sync, and word of them. */
static void
batch(struct part *p)
{
	int i, k, n = (int)(next_random(&p->rnd) % BATCH) + 1, at[BATCH];
	char line[BATCH * 36 + 16];
	struct extent *e;
	uint64_t gen;
	int error, len;

	for (k = 0; k < n; k++) {
		at[k] = i = (int)(next_random(&p->rnd) % (uint64_t)p->n);
		e = &p->e[i];
		gen = run_round << 24 | (p->writes + p->errors + 1);
		fill(p->buf, e, p->first + i, gen);
		e->gen = gen;
		error = write_extent(p, e);
		e->unsure = error != 0;
		if (error != 0)
			failed(p, i, "write", error);
	}
	if (!syncing)
		return;
	if (fsync(p->fd) != 0) {
		failed(p, at[0], "fsync", errno);
		return;
	}
	p->syncs++;
	if (!telling)
		return;
	len = snprintf(line, sizeof(line), "acked");
	for (k = 0; k < n; k++)
		if (!p->e[at[k]].unsure)
			len += snprintf(line + len, sizeof(line) - (size_t)len,
			    " %d:%llu", p->first + at[k],
			    (unsigned long long)p->e[at[k]].gen);
	puts(line);
}

void *
work_part(void *arg)
{
	struct part *p = arg;
	int i;

	while (now_ns() < end_ns && bads == 0) {
		if (writing)
			batch(p);
		for (i = 0; i < 4; i++)
			compare(p, (int)(next_random(&p->rnd) %
			    (uint64_t)p->n));
	}
	/* to the last, and all of it */
	for (i = 0; i < p->n && bads == 0; i++)
		compare(p, i);
	return NULL;
}
