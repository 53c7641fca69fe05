/* sort.c: heap sort and binary search. */
#include <stdlib.h>
#include <string.h>

typedef int compare(const void *, const void *);

static void
swap(char *a, char *b, size_t size)
{

	for (; size > 0; size--) {
		char t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

/* Let element i sink to its place among the first n. */
static void
sink(char *base, size_t i, size_t n, size_t size, compare *cmp)
{

	for (size_t kid; (kid = 2 * i + 1) < n; i = kid) {
		if (kid + 1 < n && cmp(base + kid * size,
		    base + (kid + 1) * size) < 0)
			kid++;
		if (cmp(base + i * size, base + kid * size) >= 0)
			break;
		swap(base + i * size, base + kid * size, size);
	}
}

void
qsort(void *base, size_t n, size_t size, compare *cmp)
{

	for (size_t i = n / 2; i-- > 0;)
		sink(base, i, n, size, cmp);
	while (n > 1) {
		n--;
		swap(base, (char *)base + n * size, size);
		sink(base, 0, n, size, cmp);
	}
}

void *
bsearch(const void *key, const void *base, size_t n, size_t size, compare *cmp)
{
	const char *p = base;

	while (n > 0) {
		const char *mid = p + n / 2 * size;
		int r = cmp(key, mid);

		if (r == 0)
			return (void *)mid;
		if (r > 0) {
			p = mid + size;
			n--;
		}
		n /= 2;
	}
	return NULL;
}
