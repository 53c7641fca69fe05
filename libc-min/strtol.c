/* strtol.c: numbers from text. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

/* The kernel has no errno: there a value out of range is the limit only. */
#ifdef _SIRLOIN_BELOW
#define set_errno(e)	((void)(e))
#else
#define set_errno(e)	(errno = (e))
#endif

static unsigned
digit(int c)
{

	if (isdigit(c))
		return c - '0';
	if (isalpha(c))
		return tolower(c) - 'a' + 10;
	return 99;
}

/* Magnitude at most max (more: max and ERANGE); *end after the last digit. */
static unsigned long long
magnitude(const char *s, char **end, int base, unsigned long long max,
    unsigned long long negmax, bool *neg)
{
	const char *start = s;
	unsigned long long v = 0;
	bool any = false, over = false;

	*neg = false;
	while (isspace((unsigned char)*s))
		s++;
	if (*s == '+' || *s == '-')
		*neg = *s++ == '-';
	if (*neg)
		max = negmax;
	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 32) == 'x' &&
	    isxdigit((unsigned char)s[2])) {
		s += 2;
		base = 16;
	} else if (base == 0)
		base = *s == '0' ? 8 : 10;
	if (base < 2 || base > 36) {
		set_errno(EINVAL);
		base = 0;		/* no digit is one */
	}
	for (unsigned d; (d = digit((unsigned char)*s)) < (unsigned)base; s++) {
		any = true;
		if (v > (max - d) / base || d > max)
			over = true;
		else
			v = v * base + d;
	}
	if (over) {
		set_errno(ERANGE);
		v = max;
		if (max == ULLONG_MAX)
			*neg = false;		/* it is not negated */
	}
	if (end != NULL)
		*end = (char *)(any ? s : start);
	return v;
}

unsigned long long
strtoull(const char *restrict s, char **restrict end, int base)
{
	bool neg;
	unsigned long long v = magnitude(s, end, base, ULLONG_MAX, ULLONG_MAX,
	    &neg);

	return neg ? -v : v;
}

long long
strtoll(const char *restrict s, char **restrict end, int base)
{
	bool neg;
	unsigned long long v = magnitude(s, end, base, LLONG_MAX,
	    LLONG_MAX + 1ULL, &neg);

	return neg ? -v : v;
}

unsigned long
strtoul(const char *restrict s, char **restrict end, int base)
{

	return strtoull(s, end, base);
}

long
strtol(const char *restrict s, char **restrict end, int base)
{

	return strtoll(s, end, base);
}

intmax_t
strtoimax(const char *restrict s, char **restrict end, int base)
{

	return strtoll(s, end, base);
}

uintmax_t
strtoumax(const char *restrict s, char **restrict end, int base)
{

	return strtoull(s, end, base);
}

int
atoi(const char *s)
{

	return strtoll(s, NULL, 10);
}

long
atol(const char *s)
{

	return strtoll(s, NULL, 10);
}

long long
atoll(const char *s)
{

	return strtoll(s, NULL, 10);
}
