/*
 * libc_unit.c: libc-min's pure functions (ours_*) do what the host's do, on
 * random input.  libc_unit [ROUNDS [SEED]].
 */
#include "libc_unnames.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void	*ours_memcpy(void *, const void *, size_t);
void	*ours_memmove(void *, const void *, size_t);
void	*ours_memset(void *, int, size_t);
int	ours_memcmp(const void *, const void *, size_t);
void	*ours_memchr(const void *, int, size_t);
void	*ours_memrchr(const void *, int, size_t);
void	*ours_memmem(const void *, size_t, const void *, size_t);
size_t	ours_strlen(const char *);
size_t	ours_strnlen(const char *, size_t);
char	*ours_strncpy(char *, const char *, size_t);
size_t	ours_strlcpy(char *, const char *, size_t);
size_t	ours_strlcat(char *, const char *, size_t);
char	*ours_strncat(char *, const char *, size_t);
int	ours_strcmp(const char *, const char *);
int	ours_strncmp(const char *, const char *, size_t);
int	ours_strcasecmp(const char *, const char *);
char	*ours_strchr(const char *, int);
char	*ours_strrchr(const char *, int);
char	*ours_strstr(const char *, const char *);
char	*ours_strcasestr(const char *, const char *);
size_t	ours_strspn(const char *, const char *);
size_t	ours_strcspn(const char *, const char *);
char	*ours_strtok_r(char *, const char *, char **);
long long ours_strtoll(const char *, char **, int);
unsigned long long ours_strtoull(const char *, char **, int);
void	ours_qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void	*ours_bsearch(const void *, const void *, size_t, size_t,
	    int (*)(const void *, const void *));
int	ours_snprintf(char *, size_t, const char *, ...);
struct tm *ours_gmtime_r(const time_t *, struct tm *);
time_t	ours_timegm(struct tm *);
size_t	ours_strftime(char *, size_t, const char *, const struct tm *);
int	ours_inet_pton(int, const char *, void *);
const char *ours_inet_ntop(int, const void *, char *, socklen_t);

static uint64_t seed = 1;
static long tests;

#define MUST(e)								\
	do {								\
		tests++;						\
		if (!(e)) {						\
			fprintf(stderr, "%s:%d: %s\n", __FILE__,	\
			    __LINE__, #e);				\
			abort();					\
		}							\
	} while (0)

static uint64_t
rnd(uint64_t n)
{

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 16) % n;
}

static int
sign(int x)
{

	return (x > 0) - (x < 0);
}

static void
fill(char *p, size_t n, const char *from)
{

	for (size_t i = 0; i < n; i++)
		p[i] = from != NULL ? from[rnd(strlen(from))] : (char)rnd(256);
}

/* Heap blocks of the exact size, so that ASan sees a byte too many. */
static void
test_mem(void)
{
	size_t n = rnd(8) == 0 ? rnd(9000) : rnd(300), s = rnd(40), d = rnd(40);
	char *a = malloc(n + 40), *b = malloc(n + 40), *src = malloc(n + 1);
	int c = rnd(256);

	fill(a, n + 40, NULL);
	memcpy(b, a, n + 40);
	MUST(ours_memmove(a + d, a + s, n) == a + d);
	memmove(b + d, b + s, n);
	MUST(memcmp(a, b, n + 40) == 0);
	fill(src, n, NULL);
	MUST(ours_memcpy(a + d, src, n) == a + d);
	memcpy(b + d, src, n);
	MUST(memcmp(a, b, n + 40) == 0);
	MUST(ours_memcmp(a + d, src, n) == 0);
	if (n > 0) {
		size_t i = rnd(n);

		src[i] ^= 1 + rnd(255);
		MUST(sign(ours_memcmp(a + d, src, n)) == sign(memcmp(a + d, src, n)));
		MUST(ours_memmem(a, n + 40, a + d + i, n - i < 5 ? n - i : 5) ==
		    memmem(a, n + 40, a + d + i, n - i < 5 ? n - i : 5));
	}
	MUST(ours_memchr(src, c, n) == memchr(src, c, n));
	MUST(ours_memrchr(src, c, n) == memrchr(src, c, n));
	MUST(ours_memset(a + d, c, n) == a + d);
	memset(b + d, c, n);
	MUST(memcmp(a, b, n + 40) == 0);
	free(src);
	src = malloc(n);
	ours_memset(src, c, n);
	ours_memcpy(b, src, n);
	MUST(memcmp(src, b, n) == 0);
	free(a);
	free(b);
	free(src);
}

static void
test_str(void)
{
	char s[40], t[8], d1[64], d2[64], *l1, *l2;
	size_t n = rnd(39), m = rnd(7), k = rnd(45);

	fill(s, n, "abAB ,.");
	s[n] = '\0';
	fill(t, m, "abA,");
	t[m] = '\0';
	MUST(ours_strlen(s) == n && ours_strnlen(s, k) == strnlen(s, k));
	MUST(sign(ours_strcmp(s, t)) == sign(strcmp(s, t)));
	MUST(sign(ours_strncmp(s, t, k)) == sign(strncmp(s, t, k)));
	MUST(sign(ours_strcasecmp(s, t)) == sign(strcasecmp(s, t)));
	MUST(ours_strstr(s, t) == strstr(s, t));
	MUST(ours_strcasestr(s, t) == strcasestr(s, t));
	MUST(ours_strchr(s, t[0]) == strchr(s, t[0]));
	MUST(ours_strrchr(s, t[0]) == strrchr(s, t[0]));
	MUST(ours_strspn(s, t) == strspn(s, t));
	MUST(ours_strcspn(s, t) == strcspn(s, t));
	memset(d1, 'x', sizeof(d1));
	memset(d2, 'x', sizeof(d2));
	ours_strncpy(d1, s, k);
	strncpy(d2, s, k);
	MUST(memcmp(d1, d2, sizeof(d1)) == 0);
	memset(d1, 'x', sizeof(d1));
	MUST(ours_strlcpy(d1, s, k) == n);
	MUST(k == 0 ? d1[0] == 'x' : strlen(d1) == (n < k ? n : k - 1) &&
	    strncmp(d1, s, strlen(d1)) == 0 && d1[k] == 'x');
	strcpy(d1, t);
	MUST(ours_strlcat(d1, s, 20) == m + n);
	MUST(strlen(d1) == (m + n < 20 ? m + n : 19));
	strcpy(d1, t);
	strcpy(d2, t);
	MUST(strcmp(ours_strncat(d1, s, k), strncat(d2, s, k)) == 0);
	strcpy(d1, s);
	strcpy(d2, s);
	for (char *a = d1, *b = d2;; a = b = NULL) {
		a = ours_strtok_r(a, " ,", &l1);
		b = strtok_r(b, " ,", &l2);
		MUST((a == NULL) == (b == NULL));
		if (a == NULL)
			break;
		MUST(a - d1 == b - d2 && strcmp(a, b) == 0);
	}
}

static void
test_number(void)
{
	static const char *const edges[] = { "9223372036854775807",
	    "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	    "18446744073709551615", "18446744073709551616",
	    "-18446744073709551615", "-1", "0x", "0xg", "0x1f", "+-3", "", " ",
	    "\t\n 077", "08", "-0x8000000000000000", "zz" };
	char buf[32], *e1, *e2;
	const char *s = buf;
	int base = rnd(4) == 0 ? (int)rnd(37) : (int[]){ 0, 8, 10, 16 }[rnd(4)];
	size_t n = rnd(24);

	fill(buf, n, "0123456789abfx-+ ");
	buf[n] = '\0';
	if (rnd(3) == 0)
		s = edges[rnd(sizeof(edges) / sizeof(edges[0]))];
	if (base == 1)
		base = 2;
	errno = 0;
	long long a = ours_strtoll(s, &e1, base);
	int x1 = errno;
	errno = 0;
	long long b = strtoll(s, &e2, base);
	MUST(a == b && e1 == e2 && (x1 == ERANGE) == (errno == ERANGE));
	errno = 0;
	unsigned long long ua = ours_strtoull(s, &e1, base);
	x1 = errno;
	errno = 0;
	unsigned long long ub = strtoull(s, &e2, base);
	MUST(ua == ub && e1 == e2 && (x1 == ERANGE) == (errno == ERANGE));
}

/* Random conversions with arguments of the size that they take. */
static void
test_format(void)
{
	static const char *const sizes[] = { "", "hh", "h", "l", "ll", "z", "j", "t" };
	char fmt[40] = "<%", a[300], b[300];
	size_t n = 2, size = rnd(4) == 0 ? rnd(20) : sizeof(a);
	int which = rnd(8), r1, r2, w = (int)rnd(41) - 20, p = (int)rnd(24) - 2;
	uint64_t v = rnd(3) == 0 ? (uint64_t[]){ 0, 1, -1, INT64_MIN, INT32_MIN,
	    255, 128 }[rnd(7)] : seed >> rnd(64);
	char conv = "diuoxX"[rnd(6)];
	bool star = rnd(2);

	for (int i = rnd(3); i > 0; i--)
		fmt[n++] = "-0 +#"[rnd(conv == 'u' || conv == 'd' || conv == 'i' ?
		    4 : 5)];
	n += sprintf(fmt + n, star ? "*.*" : "%d", star ? 0 : (int)rnd(20));
	if (!star && rnd(2))
		n += sprintf(fmt + n, ".%d", (int)rnd(24));
	sprintf(fmt + n, "%s%c> %%", sizes[which], conv);
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
#define BOTH(arg) (star ?						\
	(r1 = ours_snprintf(a, size, fmt, w, p, (arg)),			\
	r2 = snprintf(b, size, fmt, w, p, (arg))) :			\
	(r1 = ours_snprintf(a, size, fmt, (arg)), r2 = snprintf(b, size, fmt, (arg))))
	if (which < 3)
		BOTH((int)v);
	else
		BOTH((long)v);
	if (r1 != r2 || memcmp(a, b, sizeof(a)) != 0) {
		fprintf(stderr, "\"%s\" %d %d %llx: \"%s\" not \"%s\"\n", fmt, w, p,
		    (unsigned long long)v, a, b);
		abort();
	}
	tests++;
	r1 = ours_snprintf(a, size, "%-*s|%.*s|%c%%%5s", w, "text", p, "abcdefgh",
	    (int)'q', "r");
	r2 = snprintf(b, size, "%-*s|%.*s|%c%%%5s", w, "text", p, "abcdefgh",
	    (int)'q', "r");
	MUST(r1 == r2 && memcmp(a, b, sizeof(a)) == 0);
}

static int
by_byte(const void *a, const void *b)
{

	return *(const unsigned char *)a - *(const unsigned char *)b;
}

static void
test_sort(void)
{
	size_t size = 1 + rnd(12), n = rnd(60), i;
	unsigned char *a = malloc(n * size + 1), *b = malloc(n * size + 1), key;
	unsigned long sum = 0;

	fill((char *)a, n * size, NULL);
	for (i = 0; i < n * size; i++)
		sum += a[i];
	memcpy(b, a, n * size);
	ours_qsort(a, n, size, by_byte);
	qsort(b, n, size, by_byte);
	for (i = 0; i < n; i++)
		MUST(a[i * size] == b[i * size]);
	for (i = 0; i < n * size; i++)
		sum -= a[i];
	MUST(sum == 0);
	key = rnd(256);
	unsigned char *f = ours_bsearch(&key, a, n, size, by_byte);
	MUST((f != NULL) == (bsearch(&key, b, n, size, by_byte) != NULL));
	MUST(f == NULL || (*f == key && (f - a) % size == 0));
	free(a);
	free(b);
}

static void
test_time(void)
{
	time_t t = (int64_t)seed >> (16 + rnd(40)), back;
	struct tm a, b;
	char s1[200], s2[200];
	static const char all[] = "%a %A %b %B %c %C %d %D %e %F %H %I %j %m %M "
	    "%p %r %R %S %T %u %U %w %W %x %X %y %Y %%";

	MUST((gmtime_r(&t, &b) != NULL) == (ours_gmtime_r(&t, &a) != NULL));
	if (gmtime_r(&t, &b) == NULL)
		return;
	MUST(a.tm_sec == b.tm_sec && a.tm_min == b.tm_min &&
	    a.tm_hour == b.tm_hour && a.tm_mday == b.tm_mday &&
	    a.tm_mon == b.tm_mon && a.tm_year == b.tm_year &&
	    a.tm_wday == b.tm_wday && a.tm_yday == b.tm_yday);
	MUST(ours_timegm(&a) == t);
	if (a.tm_year > -1900 + 1000 && a.tm_year < 8099) {
		MUST(ours_strftime(s1, sizeof(s1), all, &a) ==
		    strftime(s2, sizeof(s2), all, &b));
		MUST(strcmp(s1, s2) == 0);
	}
	/* fields beyond their range are carried */
	a = b;
	a.tm_sec = b.tm_sec = (int)rnd(100000) - 50000;
	a.tm_mon = b.tm_mon = (int)rnd(100) - 50;
	a.tm_mday = b.tm_mday = (int)rnd(1000) - 500;
	back = ours_timegm(&a);
	MUST(back == timegm(&b));
}

static void
test_inet(void)
{
	unsigned char a[16], x[16], y[16];
	char s[64], t[64];
	size_t n = rnd(40);
	int r;

	for (int i = 0; i < 16; i++)
		a[i] = rnd(3) != 0 ? 0 : rnd(256);
	if (rnd(8) == 0) {
		memset(a, 0, 10);
		a[10] = a[11] = 0xff;
	}
	MUST(ours_inet_ntop(AF_INET6, a, s, sizeof(s)) == s);
	MUST(strcmp(s, inet_ntop(AF_INET6, a, t, sizeof(t))) == 0);
	MUST(ours_inet_pton(AF_INET6, s, x) == 1 && memcmp(x, a, 16) == 0);
	MUST(strcmp(ours_inet_ntop(AF_INET, a, s, sizeof(s)),
	    inet_ntop(AF_INET, a, t, sizeof(t))) == 0);
	MUST(ours_inet_ntop(AF_INET, a, s, strlen(t)) == NULL);
	/* a good one with a change, or any text */
	if (rnd(2)) {
		inet_ntop(rnd(2) ? AF_INET : AF_INET6, a, s, sizeof(s));
		s[rnd(strlen(s))] = "0123456789abcdef:.:."[rnd(20)];
	} else {
		fill(s, n, "01f25:.:.");
		s[n] = '\0';
	}
	memset(x, 0, 16);
	memset(y, 0, 16);
	r = ours_inet_pton(AF_INET6, s, x);
	MUST(r == inet_pton(AF_INET6, s, y) && (r != 1 || memcmp(x, y, 16) == 0));
	r = ours_inet_pton(AF_INET, s, x);
	MUST(r == inet_pton(AF_INET, s, y) && (r != 1 || memcmp(x, y, 4) == 0));
}

int
main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 20000;
	char buf[16];

	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	for (long i = 0; i < n; i++) {
		test_mem();
		test_str();
		test_number();
		test_format();
		test_sort();
		test_time();
		test_inet();
	}
	/* refused: a store through an argument, what is not known */
	MUST(ours_snprintf(buf, sizeof(buf), "ab%n", (int *)NULL) == -1);
	MUST(strcmp(buf, "ab") == 0);
	MUST(ours_snprintf(buf, sizeof(buf), "%f", 1.0) == -1);
	printf("libc_unit: %ld checks, ok\n", tests);
	return 0;
}
