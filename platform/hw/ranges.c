/*
 * Sorted tables of disjoint address ranges.
 */
#include <string.h>

#include "bootinfo.h"

static void
remove_at(struct hw_ranges *t, unsigned i)
{

	t->n--;
	memmove(&t->r[i], &t->r[i + 1], (t->n - i) * sizeof(t->r[0]));
}

static bool
insert_at(struct hw_ranges *t, unsigned i, uint64_t base, uint64_t end)
{

	if (t->n == HW_NRANGE)
		return false;
	memmove(&t->r[i + 1], &t->r[i], (t->n - i) * sizeof(t->r[0]));
	t->r[i].base = base;
	t->r[i].end = end;
	t->n++;
	return true;
}

bool
hw_ranges_add(struct hw_ranges *t, uint64_t base, uint64_t end)
{
	unsigned i = 0;

	if (base >= end)
		return true;
	while (i < t->n && t->r[i].end < base)
		i++;
	/* Swallow everything that touches the new range. */
	while (i < t->n && t->r[i].base <= end) {
		if (t->r[i].base < base)
			base = t->r[i].base;
		if (t->r[i].end > end)
			end = t->r[i].end;
		remove_at(t, i);
	}
	return insert_at(t, i, base, end);
}

bool
hw_ranges_sub(struct hw_ranges *t, uint64_t base, uint64_t end)
{
	unsigned i = 0;

	if (base >= end)
		return true;
	while (i < t->n && t->r[i].base < end) {
		struct hw_range *r = &t->r[i];

		if (r->end <= base) {
			i++;
		} else if (base <= r->base && end >= r->end) {
			remove_at(t, i);
		} else if (base <= r->base) {
			r->base = end;
			i++;
		} else {
			uint64_t tail = r->end;

			r->end = base;
			if (end < tail)
				return insert_at(t, i + 1, end, tail);
			i++;
		}
	}
	return true;
}

void
hw_ranges_pages(struct hw_ranges *t)
{
	unsigned i = 0;

	while (i < t->n) {
		struct hw_range *r = &t->r[i];

		r->base = r->base > UINT64_MAX - 0xfff ? UINT64_MAX :
		    (r->base + 0xfff) & ~0xfffULL;
		r->end &= ~0xfffULL;
		if (r->base >= r->end)
			remove_at(t, i);
		else
			i++;
	}
}
