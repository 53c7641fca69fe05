/* common.c: xenstore and messages of all liars. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

struct xs_handle *xs;
xenevtchn_handle *evt;

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("hostile: ");
	vprintf(fmt, ap);
	printf(": %s\n", strerror(errno));
	exit(1);
}

void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void
open_xen(void)
{

	if ((xs = xs_open(0)) == NULL)
		die("xenstore");
	if ((evt = xenevtchn_open(NULL, 0)) == NULL)
		die("evtchn");
}

void
put(const char *dir, const char *key, const char *fmt, ...)
{
	char path[256], value[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s/%s", dir, key);
	if (!xs_write(xs, XBT_NULL, path, value, strlen(value)))
		die("write %s", path);
}

char *
get(const char *dir, const char *key)
{
	char path[256];
	unsigned len;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read(xs, XBT_NULL, path, &len);
}

void
make(const char *path, unsigned owner, unsigned reader)
{
	struct xs_permissions perms[2] = { { .id = owner, .perms = XS_PERM_NONE },
	    { .id = reader, .perms = XS_PERM_READ } };

	if (!xs_mkdir(xs, XBT_NULL, path) || !xs_set_permissions(xs, XBT_NULL, path, perms, 2))
		die("make %s", path);
}
