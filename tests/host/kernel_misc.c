/*
 * kernel_misc.c: options of the command line, tables of symbols.
 */
#include "kernel/fake.h"
#include "../../kernel/ksyms.h"

static bool
option(const char *line, const char *name, const char *want)
{
	const char *v;
	size_t len;

	fake_cmdline = line;
	v = kern_option(name, &len);
	if (v == NULL || want == NULL)
		return v == NULL && want == NULL;
	return len == strlen(want) && memcmp(v, want, len) == 0;
}

static void
test_option(void)
{

	CHECK(option("", "a", NULL));
	CHECK(option("a", "a", ""));
	CHECK(option("  aa a=1 b", "a", "1"));
	CHECK(option("a= b", "a", ""));
	CHECK(option("ab=7 {\"a\":1} a", "a", NULL));
	CHECK(option("x=\"a\" heapdebug {a", "heapdebug", ""));
	CHECK(option("a=b=c\ta=d", "a", "b=c"));
	CHECK(option("{", "{", NULL));
	CHECK(option("soak=30", "soak", "30"));
}

/* The names are "f0", "f1", ...; byte 128 stands for "fu", 129 for 128 "n". */
static uint32_t *
table(uint32_t n, size_t *size)
{
	uint32_t ngroup = (n + KSYMS_GROUP - 1) / KSYMS_GROUP, *t, i;
	struct ksyms_group *g;
	uint16_t *delta;
	uint8_t (*pair)[2];
	char *names, *p;

	*size = 12 + ngroup * sizeof(*g) + n * 2 + 256 + n * 6;
	t = calloc(1, (*size + 3) & ~3UL);
	t[0] = n;
	t[1] = 0x100000;
	t[2] = n * 0x30;
	g = (struct ksyms_group *)(t + 3);
	delta = (uint16_t *)(g + ngroup);
	pair = (uint8_t (*)[2])(delta + n);
	memcpy(pair, "fu\200n", 4);
	names = p = (char *)(pair + 128);
	for (i = 0; i < n; i++) {
		if (i % KSYMS_GROUP == 0) {
			g[i / KSYMS_GROUP].off = i * 0x30;
			g[i / KSYMS_GROUP].name = p - names;
		}
		delta[i] = i % KSYMS_GROUP * 0x30;
		p += sprintf(p, "%s%u", i % 3 == 0 ? "\201" : i % 3 == 1 ?
		    "\200" : "a", i) + 1;
	}
	return t;
}

static void
test_ksyms(void)
{
	static const char *const prefix[] = { "fun", "fu", "a" };
	char want[40], buf[KSYMS_MAXNAME];
	uint32_t i, copy;
	uint32_t *t;
	uintptr_t off;
	const char *s;
	size_t size;
	int r;

	t = table(100, &size);
	for (i = 0; i < 100 * 0x30; i += 5) {
		s = ksyms_find(t, size, 0x100000 + i, &off, buf);
		sprintf(want, "%s%u", prefix[i / 0x30 % 3], i / 0x30);
		CHECK(s != NULL && strcmp(s, want) == 0 && off == i % 0x30);
	}
	CHECK(ksyms_find(t, size, 0xfffff, &off, buf) == NULL);
	CHECK(ksyms_find(t, size, 0x100000 + 100 * 0x30, &off, buf) == NULL);
	CHECK(ksyms_find(t, size, ~0UL, &off, buf) == NULL);
	CHECK(ksyms_find(t, 0, 0x100000, &off, buf) == NULL);
	/* damage: any answer will do that stays inside (ASan looks on) */
	for (r = 0; r < 200000; r++) {
		i = fake_rand() % (size / 4);
		copy = t[i];
		t[i] = fake_rand() >> (fake_rand() % 32);
		s = ksyms_find(t, size, 0x100000 + fake_rand() % 5000, &off,
		    buf);
		if (s != NULL)
			CHECK(strlen(s) < KSYMS_MAXNAME);
		t[i] = copy;
	}
	free(t);
	/* what the linked image of this test has: none */
	CHECK(kern_symbol(0x100000, &off) == NULL);
}

int
main(void)
{

	fake_init();
	test_option();
	test_ksyms();
	printf("ok kernel_misc\n");
	return 0;
}
