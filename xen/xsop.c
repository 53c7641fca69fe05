/* xsop.c: xenstore's operations (docs/misc/xenstore.txt). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "xs_impl.h"

/* Pieces of a path, its NUL included. */
static int
path(struct xs_piece *p, const char *dir, const char *node)
{

	if (node == NULL) {
		p[0] = (struct xs_piece){ dir, strlen(dir) + 1 };
		return 1;
	}
	p[0] = (struct xs_piece){ dir, strlen(dir) };
	p[1] = (struct xs_piece){ "/", 1 };
	p[2] = (struct xs_piece){ node, strlen(node) + 1 };
	return 3;
}

int
xs_read(xs_txn t, const char *dir, const char *node, char **value, size_t *len)
{
	struct xs_piece p[3];
	size_t n;
	int error;

	error = xs_talk(XS_READ, t, p, path(p, dir, node), value, &n);
	if (error == 0 && len != NULL)
		*len = n;
	return error;
}

int
xs_read_num(xs_txn t, const char *dir, const char *node, uint64_t max,
    uint64_t *v)
{
	uint64_t n;
	char *s;
	int error;

	if ((error = xs_read(t, dir, node, &s, NULL)) != 0)
		return error;
	if (!xs_number(s, &n) || n > max) {
		kern_printf("xenstore: %s%s%s: \"%.40s\" is not a number from "
		    "0 to %lu\n", dir, node != NULL ? "/" : "",
		    node != NULL ? node : "", s, (unsigned long)max);
		error = EINVAL;
	} else
		*v = n;
	kern_free(s);
	return error;
}

int
xs_read_str(xs_txn t, const char *dir, const char *node, char *buf, size_t size)
{
	size_t n;
	char *s;
	int error;

	if ((error = xs_read(t, dir, node, &s, &n)) != 0)
		return error;
	if (n >= size)
		error = E2BIG;
	else
		memcpy(buf, s, n + 1);
	kern_free(s);
	return error;
}

int
xs_write(xs_txn t, const char *dir, const char *node, const char *value)
{
	struct xs_piece p[4];
	int n = path(p, dir, node);

	p[n++] = (struct xs_piece){ value, strlen(value) };
	return xs_talk(XS_WRITE, t, p, n, NULL, NULL);
}

int
xs_printf(xs_txn t, const char *dir, const char *node, const char *fmt, ...)
{
	char buf[128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return n >= (int)sizeof(buf) ? E2BIG : xs_write(t, dir, node, buf);
}

int
xs_mkdir(xs_txn t, const char *dir, const char *node)
{
	struct xs_piece p[3];

	return xs_talk(XS_MKDIR, t, p, path(p, dir, node), NULL, NULL);
}

int
xs_rm(xs_txn t, const char *dir, const char *node)
{
	struct xs_piece p[3];

	return xs_talk(XS_RM, t, p, path(p, dir, node), NULL, NULL);
}

int
xs_directory(xs_txn t, const char *dir, const char *node, char **names,
    size_t *len)
{
	struct xs_piece p[3];

	return xs_talk(XS_DIRECTORY, t, p, path(p, dir, node), names, len);
}

/* A suspend waits for the end of a transaction. */
static void
txn_count(int n)
{

	kern_mutex_lock(&xs.lock);
	xs.ntxn += n;
	kern_cv_broadcast(&xs.cv);
	kern_mutex_unlock(&xs.lock);
}

int
xs_begin(xs_txn *t)
{
	struct xs_piece p = { "", 1 };
	uint64_t v;
	size_t n;
	char *s;
	int error;

	error = xs_talk(XS_TRANSACTION_START, 0, &p, 1, &s, &n);
	if (error != 0)
		return error;
	if (!xs_number(s, &v) || v == 0 || v > UINT32_MAX) {
		kern_printf("xenstore: \"%.20s\" is not a transaction\n", s);
		error = EINVAL;
	} else {
		*t = (xs_txn)v;
		txn_count(1);
	}
	kern_free(s);
	return error;
}

int
xs_end(xs_txn t, bool abort)
{
	struct xs_piece p = { abort ? "F" : "T", 2 };
	int error;

	error = xs_talk(XS_TRANSACTION_END, t, &p, 1, NULL, NULL);
	txn_count(-1);
	return error;
}
