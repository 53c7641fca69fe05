/* t_mem.c: memory. */
#include "test.h"

static void
alignment(void)
{
	static const size_t len[] = { 1, 16, 100, 1000, 4095, 4096, 4097,
	    8192, 65536, 100000 };
	size_t i;
	int align;
	void *p, *q;

	for (i = 0; i < sizeof(len) / sizeof(*len); i++) {
		for (align = 0; align <= 65536; align = align ? align * 2 : 1) {
			p = NULL;
			CHECK_INT(rumpuser_malloc(len[i], align, &p), 0);
			CHECK(p != NULL);
			if (p == NULL)
				return;
			CHECK(((uintptr_t)p & 15) == 0 || len[i] < 16);
			if (align != 0)
				CHECK(((uintptr_t)p & (uintptr_t)(align - 1))
				    == 0);
			if (len[i] % 4096 == 0 && !test_linux())
				CHECK(((uintptr_t)p & 4095) == 0);
			memset(p, 0xa5, len[i]);
			CHECK_INT(rumpuser_malloc(len[i], align, &q), 0);
			CHECK(q != p);
			memset(q, 0x5a, len[i]);
			CHECK(*(uint8_t *)p == 0xa5 &&
			    ((uint8_t *)p)[len[i] - 1] == 0xa5);
			rumpuser_free(q, len[i]);
			rumpuser_free(p, len[i]);
		}
	}
}

/* Failure is an error number; the rump kernel frees something, tries again. */
static void
failure(void)
{
	static struct { void *p; size_t len; } big[1000];
	size_t len = (size_t)1 << 30;
	int i, n = 0;
	void *p = (void *)1;

	CHECK(rumpuser_malloc((size_t)1 << 46, 0, &p) != 0);
	p = (void *)1;
	CHECK(rumpuser_malloc(((size_t)1 << 46) + 1, 4096, &p) != 0);
	if (test_linux())
		return;
	/* All there is, in pieces from large to small, and back. */
	while (n < 1000 && len >= 1 << 16) {
		big[n].len = len;
		if (rumpuser_malloc(len, 4096, &big[n].p) == 0) {
			n++;
		} else {
			CHECK(big[n].p == NULL);
			len /= 2;
		}
	}
	CHECK(n > 0 && n < 1000);
	for (i = 0; i < n; i++)
		rumpuser_free(big[i].p, big[i].len);
	CHECK_INT(rumpuser_malloc(1 << 20, 4096, &p), 0);
	rumpuser_free(p, 1 << 20);
}

static void
anon(void)
{
	static const uint8_t ret42[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	size_t size = 3 * 4096 + 5, i;
	unsigned char *p;
	int bit, k;
	void *v;

	for (bit = 0; bit <= 16; bit += 4) {
		for (k = 0; k < 2; k++) {	/* the second time it is used */
			v = NULL;
			CHECK_INT(rumpuser_anonmmap(NULL, size, bit, 0, &v), 0);
			if ((p = v) == NULL)
				return;
			if (!test_linux())
				CHECK(((uintptr_t)p &
				    (((uintptr_t)1 << bit) - 1)) == 0);
			CHECK(((uintptr_t)p & 4095) == 0);
			for (i = 0; i < size && p[i] == 0; i++)
				continue;
			CHECK_INT(i, size);
			memset(p, 0xff, size);
			rumpuser_unmap(p, size);
		}
	}
	for (k = 0; k < 3; k++) {
		CHECK_INT(rumpuser_anonmmap(NULL, size, 13, 1, &v), 0);
		memcpy(v, ret42, sizeof(ret42));
		CHECK_INT(((int (*)(void))v)(), 42);
		rumpuser_unmap(v, size);
	}
	CHECK_INT(rumpuser_getpagesize(), 4096);
}

/* ---- from many threads ---- */

static void
stress_main(void *arg)
{
	struct { uint8_t *p; size_t len; uint8_t fill; } b[32];
	unsigned x = (unsigned)(uintptr_t)arg * 2654435761u + 7;
	size_t k;
	int i, n;

	memset(b, 0, sizeof(b));
	for (i = 0; i < 4000; i++) {
		x = x * 1103515245 + 12345;
		n = (int)(x >> 8) % 32;
		if (b[n].p != NULL) {
			for (k = 0; k < b[n].len; k += 61)
				if (b[n].p[k] != b[n].fill) {
					test_fail(__FILE__, __LINE__,
					    "memory keeps what is in it");
					break;
				}
			rumpuser_free(b[n].p, b[n].len);
			b[n].p = NULL;
			continue;
		}
		b[n].len = (x >> 13) % 8 == 0 ? 4096 * ((x >> 16) % 4 + 1) :
		    (x >> 16) % 3000 + 1;
		b[n].fill = (uint8_t)x;
		if (rumpuser_malloc(b[n].len, 0, (void **)&b[n].p) != 0) {
			test_fail(__FILE__, __LINE__, "malloc");
			return;
		}
		memset(b[n].p, b[n].fill, b[n].len);
	}
	for (n = 0; n < 32; n++)
		if (b[n].p != NULL)
			rumpuser_free(b[n].p, b[n].len);
}

static void
stress(void)
{
	struct tk_thread *t[4];
	int i;

	for (i = 0; i < 4; i++)
		t[i] = tk_spawn(stress_main, (void *)(intptr_t)i, -1);
	for (i = 0; i < 4; i++)
		tk_join(t[i]);
}

static void
host_heap(void)
{
	char *p, *q;
	int i;

	p = rumpcomp_host_malloc(100, 0);
	CHECK(p != NULL && ((uintptr_t)p & 15) == 0);
	CHECK(rumpcomp_host_malloc_size(p) >= 100);
	for (i = 0; i < 100; i++)
		p[i] = (char)i;
	q = rumpcomp_host_realloc(p, 100000);
	CHECK(q != NULL);
	for (i = 0; i < 100; i++)
		CHECK(q[i] == (char)i);
	q = rumpcomp_host_realloc(q, 50);
	CHECK(q != NULL && q[49] == 49);
	rumpcomp_host_free(q);
	rumpcomp_host_free(NULL);
	p = rumpcomp_host_malloc(1, 8192);
	CHECK(((uintptr_t)p & 8191) == 0);
	rumpcomp_host_free(p);
}

const struct test tests_mem[] = {
	{ "sem11 alignment", alignment },
	{ "sem11 failure is an error, and temporary", failure },
	{ "sem11 anonmmap: zero, aligned, executable", anon },
	{ "sem11 many threads", stress },
	{ "host: heap", host_heap },
	{ NULL, NULL }
};
