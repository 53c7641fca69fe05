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

static const char *const name[] = { "start", "f", "a_longer_name", "main" };

static uint32_t *
table(uint32_t n, size_t *size)
{
	uint32_t *t, i;
	char *p;

	*size = (2 + n + 1 + (n + 15) / 16) * 4 + n * 20;
	t = calloc(1, *size);
	t[0] = n;
	t[1] = 0x100000;
	p = (char *)(t + 2 + n + 1 + (n + 15) / 16);
	for (i = 0; i < n; i++) {
		t[2 + i] = i * 0x30;
		if (i % 16 == 0)
			t[2 + n + 1 + i / 16] = p - (char *)(t + 2 + n + 1 +
			    (n + 15) / 16);
		p += sprintf(p, "%s%u", name[i % 4], i) + 1;
	}
	t[2 + n] = n * 0x30;
	return t;
}

static void
test_ksyms(void)
{
	char want[40];
	uint32_t *t, i;
	uintptr_t off;
	const char *s;
	size_t size;
	int r;

	t = table(100, &size);
	for (i = 0; i < 100 * 0x30; i += 5) {
		s = ksyms_find(t, size, 0x100000 + i, &off);
		sprintf(want, "%s%u", name[i / 0x30 % 4], i / 0x30);
		CHECK(s != NULL && strcmp(s, want) == 0 && off == i % 0x30);
	}
	CHECK(ksyms_find(t, size, 0xfffff, &off) == NULL);
	CHECK(ksyms_find(t, size, 0x100000 + 100 * 0x30, &off) == NULL);
	CHECK(ksyms_find(t, size, ~0UL, &off) == NULL);
	CHECK(ksyms_find(t, 0, 0x100000, &off) == NULL);
	/* damage: any answer will do that stays inside (ASan looks on) */
	for (r = 0; r < 100000; r++) {
		i = fake_rand() % (size / 4);
		uint32_t old = t[i];

		t[i] = fake_rand() >> (fake_rand() % 32);
		s = ksyms_find(t, size, 0x100000 + fake_rand() % 5000, &off);
		if (s != NULL)
			CHECK(strlen(s) < size);
		t[i] = old;
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
