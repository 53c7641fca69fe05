/* inet.c: IP addresses and their text (RFC 4291, RFC 5952). */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Four decimal numbers of one to three digits, without leading zeros. */
static const char *
parse4(const char *s, unsigned char *a)
{

	for (int i = 0; i < 4; i++) {
		unsigned v = 0;
		const char *start;

		if (i > 0 && *s++ != '.')
			return NULL;
		for (start = s; isdigit((unsigned char)*s) && s < start + 3; s++)
			v = v * 10 + (*s - '0');
		if (s == start || v > 255 || (*start == '0' && s > start + 1))
			return NULL;
		a[i] = v;
	}
	return s;
}

static unsigned
hexdigit(char c)
{

	return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* Groups of up to four digits, one ::, an IPv4 address at the end. */
static int
parse6(const char *s, unsigned char *a)
{
	int n = 0, gap = -1;		/* bytes, where the :: is */

	memset(a, 0, 16);
	if (s[0] == ':' && *++s != ':')
		return 0;
	for (;;) {
		const char *start = s;
		unsigned v = 0;

		if (*s == ':') {
			if (gap >= 0)
				return 0;
			gap = n;
			if (*++s == '\0')
				break;
			continue;
		}
		for (; isxdigit((unsigned char)*s) && s < start + 4; s++)
			v = v * 16 + hexdigit(*s);
		if (*s == '.' && n <= 12) {
			s = parse4(start, a + n);
			if (s == NULL || *s != '\0')
				return 0;
			n += 4;
			break;
		}
		if (s == start || n == 16)
			return 0;
		a[n++] = v >> 8;
		a[n++] = v;
		if (*s == '\0')
			break;
		if (*s++ != ':' || *s == '\0')
			return 0;
	}
	if (gap < 0)
		return n == 16;
	if (n > 14)
		return 0;
	memmove(a + 16 - (n - gap), a + gap, n - gap);
	memset(a + gap, 0, 16 - n);
	return 1;
}

int
inet_pton(int family, const char *restrict s, void *restrict out)
{
	unsigned char a[16];
	const char *end;

	switch (family) {
	case AF_INET:
		end = parse4(s, a);
		if (end == NULL || *end != '\0')
			return 0;
		memcpy(out, a, 4);
		return 1;
	case AF_INET6:
		if (!parse6(s, a))
			return 0;
		memcpy(out, a, 16);
		return 1;
	default:
		errno = EAFNOSUPPORT;
		return -1;
	}
}

/* The first longest run of at least two zero groups: its start, or -1. */
static int
longest_zeros(const unsigned char *a, int *len)
{
	int best = -1;

	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && (a[2 * (i + n)] | a[2 * (i + n) + 1]) == 0)
			n++;
		if (n > *len) {
			best = i;
			*len = n;
		}
	}
	return best;
}

static void
text6(const unsigned char *a, char *buf, size_t size)
{
	int len, zeros = longest_zeros(a, &len), n = 0;

	for (int i = 0; i < 8;) {
		if (i == zeros) {
			n += snprintf(buf + n, size - n, "::");
			i += len;
			continue;
		}
		if (i == 6 && zeros == 0 && (len == 6 || (len == 5 &&
		    a[10] == 0xff && a[11] == 0xff))) {
			snprintf(buf + n, size - n, "%s%u.%u.%u.%u",
			    len == 5 ? ":" : "", a[12], a[13], a[14], a[15]);
			return;
		}
		n += snprintf(buf + n, size - n, "%s%x",
		    i > 0 && i != zeros + len ? ":" : "",
		    a[2 * i] << 8 | a[2 * i + 1]);
		i++;
	}
}

const char *
inet_ntop(int family, const void *restrict addr, char *restrict out,
    socklen_t size)
{
	const unsigned char *a = addr;
	char buf[64];

	if (family == AF_INET)
		snprintf(buf, sizeof(buf), "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
	else if (family == AF_INET6)
		text6(a, buf, sizeof(buf));
	else {
		errno = EAFNOSUPPORT;
		return NULL;
	}
	if (strlen(buf) >= size) {
		errno = ENOSPC;
		return NULL;
	}
	return strcpy(out, buf);
}

int
inet_aton(const char *s, struct in_addr *a)
{

	return inet_pton(AF_INET, s, a) == 1;
}

in_addr_t
inet_addr(const char *s)
{
	struct in_addr a;

	return inet_aton(s, &a) ? a.s_addr : INADDR_NONE;
}
