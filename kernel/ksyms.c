/*
 * ksyms.c: looks a function up in the image's table of symbols, if it has one.
 */
#include <kern.h>
#include "ksyms.h"

extern const uint32_t __ksyms_start[] __attribute__((weak));
extern const uint32_t __ksyms_end[] __attribute__((weak));

struct table {
	uint32_t			n;
	const struct ksyms_group	*group;
	const uint16_t			*delta;
	const uint8_t			(*pair)[2];
	const uint8_t			*names, *end;
};

static bool
open_table(struct table *t, const uint32_t *p, size_t size)
{
	size_t ngroup, head;

	if (size < 3 * sizeof(*p) || p[0] == 0 || p[0] > size)
		return false;
	t->n = p[0];
	ngroup = (t->n + KSYMS_GROUP - 1) / KSYMS_GROUP;
	head = 3 * sizeof(*p) + ngroup * sizeof(*t->group) +
	    t->n * sizeof(*t->delta) + 256;
	if (head >= size)
		return false;
	t->group = (const struct ksyms_group *)(p + 3);
	t->delta = (const uint16_t *)(t->group + ngroup);
	t->pair = (const uint8_t (*)[2])(t->delta + t->n);
	t->names = (const uint8_t *)p + head;
	t->end = (const uint8_t *)p + size;
	return true;
}

static uint32_t
offset(const struct table *t, size_t i)
{

	return t->group[i / KSYMS_GROUP].off + t->delta[i];
}

/* Writes what a byte stands for; depth, because the table may be damaged. */
static void
expand(const struct table *t, uint8_t c, int depth, char *buf, size_t *len)
{

	if (c < 128) {
		if (*len < KSYMS_MAXNAME - 1)
			buf[(*len)++] = (char)c;
	} else if (depth < 16) {
		expand(t, t->pair[c - 128][0], depth + 1, buf, len);
		expand(t, t->pair[c - 128][1], depth + 1, buf, len);
	}
}

static const char *
name(const struct table *t, size_t i, char *buf)
{
	const uint8_t *p = t->names;
	uint32_t first = t->group[i / KSYMS_GROUP].name;
	size_t skip = i % KSYMS_GROUP, len = 0;

	if (first >= (size_t)(t->end - p))
		return NULL;
	for (p += first; p < t->end && skip != 0; p++)
		skip -= *p == 0;
	/* A damaged name may expand to much: stop when the buffer is full. */
	for (; p < t->end && *p != 0 && len < KSYMS_MAXNAME - 1; p++)
		expand(t, *p, 0, buf, &len);
	buf[len] = '\0';
	return len != 0 ? buf : NULL;
}

const char *
ksyms_find(const uint32_t *p, size_t size, uintptr_t addr, uintptr_t *off,
    char buf[KSYMS_MAXNAME])
{
	struct table t;
	size_t lo, hi, mid;

	if (!open_table(&t, p, size) || addr < p[1] || addr - p[1] >= p[2])
		return NULL;
	addr -= p[1];
	for (lo = 0, hi = t.n; hi - lo > 1; ) {
		mid = (lo + hi) / 2;
		if (offset(&t, mid) <= addr)
			lo = mid;
		else
			hi = mid;
	}
	if (addr < offset(&t, lo))
		return NULL;
	*off = addr - offset(&t, lo);
	return name(&t, lo, buf);
}

const char *
kern_symbol(uintptr_t addr, uintptr_t *off)
{
	static char buf[KSYMS_MAXNAME];

	return ksyms_find(__ksyms_start, (uintptr_t)__ksyms_end -
	    (uintptr_t)__ksyms_start, addr, off, buf);
}
