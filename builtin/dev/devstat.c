/* devstat.c: sysctl vendor.1: the drivers' devices and counters as JSON. */
#include <stdarg.h>
#include <stdio.h>
#include "dev.h"
#include "devstat.h"

#pragma weak disk_status
#pragma weak nic_status

#define DEVSTAT_SIZE	8192

void
devtext(struct devtext *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->n < t->size ? t->s + t->n : NULL,
	    t->n < t->size ? t->size - t->n : 0, fmt, ap);
	va_end(ap);
	t->n += n;
}

/* The text without a NUL; NULL: no memory.  Free with kmem_free(, *size). */
char	*devstat(size_t *, size_t *);
char *
devstat(size_t *len, size_t *size)
{
	struct devtext t = { kmem_alloc(DEVSTAT_SIZE), 0, DEVSTAT_SIZE };

	if (t.s == NULL)
		return NULL;
	devtext(&t, "{");
	if (disk_status != NULL)
		disk_status(&t);
	if (disk_status != NULL && nic_status != NULL)
		devtext(&t, ",");
	if (nic_status != NULL)
		nic_status(&t);
	devtext(&t, "}");
	if (t.n >= t.size) {		/* a hundred disks */
		memcpy(t.s, "{}", 2);
		t.n = 2;
	}
	*len = t.n;
	*size = DEVSTAT_SIZE;
	return t.s;
}
