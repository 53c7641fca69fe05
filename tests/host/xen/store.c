/* store.c: for the drivers' tests: a store of keys that the test makes up. */
#include "fake.h"

const char *fake_string;

int
xs_read_num(xs_txn t, const char *dir, const char *node, uint64_t max,
    uint64_t *v)
{
	uint64_t n = fake_key(node);

	if (n == ~0ull)
		return ENOENT;
	if (n > max)
		return EINVAL;
	*v = n;
	return 0;
}

int
xs_read_str(xs_txn t, const char *dir, const char *node, char *buf, size_t size)
{
	unsigned i, n;

	if (fake_string != NULL) {
		strcpy(buf, fake_string);
		return 0;
	}
	if (rnd() % 2)
		return ENOENT;
	if (rnd() % 2) {
		strcpy(buf, "00:16:3e:01:02:03");
		return 0;
	}
	for (i = 0, n = rnd() % size; i < n; i++)
		buf[i] = 1 + rnd() % 127;
	buf[n] = '\0';
	return 0;
}

int xs_write(xs_txn t, const char *d, const char *n, const char *v)
    { return rnd() % 200 ? 0 : EIO; }
int xs_printf(xs_txn t, const char *d, const char *n, const char *f, ...)
    { return rnd() % 200 ? 0 : EIO; }
