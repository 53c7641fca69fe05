/* string.c: strings. */
#include <ctype.h>
#include <string.h>

size_t
strlen(const char *s)
{
	const char *p = s;

	while (*p != '\0')
		p++;
	return p - s;
}

size_t
strnlen(const char *s, size_t n)
{
	const char *p = memchr(s, '\0', n);

	return p == NULL ? n : (size_t)(p - s);
}

char *
stpcpy(char *restrict d, const char *restrict s)
{

	while ((*d = *s) != '\0')
		d++, s++;
	return d;
}

char *
strcpy(char *restrict d, const char *restrict s)
{

	stpcpy(d, s);
	return d;
}

char *
strncpy(char *restrict d, const char *restrict s, size_t n)
{
	size_t k = strnlen(s, n);

	memcpy(d, s, k);
	memset(d + k, 0, n - k);
	return d;
}

size_t
strlcpy(char *restrict d, const char *restrict s, size_t size)
{
	size_t n = strlen(s);

	if (size > 0) {
		size_t k = n < size ? n : size - 1;

		memcpy(d, s, k);
		d[k] = '\0';
	}
	return n;
}

size_t
strlcat(char *restrict d, const char *restrict s, size_t size)
{
	size_t n = strnlen(d, size);

	return n + strlcpy(d + n, s, size - n);
}

char *
strcat(char *restrict d, const char *restrict s)
{

	stpcpy(d + strlen(d), s);
	return d;
}

char *
strncat(char *restrict d, const char *restrict s, size_t n)
{
	char *e = d + strlen(d);
	size_t k = strnlen(s, n);

	memcpy(e, s, k);
	e[k] = '\0';
	return d;
}

int
strcmp(const char *a, const char *b)
{

	while (*a != '\0' && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int
strncmp(const char *a, const char *b, size_t n)
{

	for (; n > 0 && *a != '\0' && *a == *b; n--)
		a++, b++;
	return n == 0 ? 0 : (unsigned char)*a - (unsigned char)*b;
}

int
strcoll(const char *a, const char *b)
{

	return strcmp(a, b);
}

int
strcasecmp(const char *a, const char *b)
{

	return strncasecmp(a, b, (size_t)-1);
}

int
strncasecmp(const char *a, const char *b, size_t n)
{

	for (; n > 0; a++, b++, n--) {
		int x = tolower((unsigned char)*a), y = tolower((unsigned char)*b);

		if (x != y || x == '\0')
			return x - y;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{

	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)s;
}

char *
strrchr(const char *s, int c)
{

	return memrchr(s, c, strlen(s) + 1);
}

char *
strstr(const char *s, const char *t)
{

	return memmem(s, strlen(s), t, strlen(t));
}

char *
strcasestr(const char *s, const char *t)
{
	size_t n = strlen(t);

	for (; strncasecmp(s, t, n) != 0; s++)
		if (*s == '\0')
			return NULL;
	return (char *)s;
}

size_t
strspn(const char *s, const char *set)
{
	const char *p = s;

	while (*p != '\0' && strchr(set, *p) != NULL)
		p++;
	return p - s;
}

size_t
strcspn(const char *s, const char *set)
{
	const char *p = s;

	while (strchr(set, *p) == NULL)		/* finds the final 0 too */
		p++;
	return p - s;
}

char *
strpbrk(const char *s, const char *set)
{

	s += strcspn(s, set);
	return *s == '\0' ? NULL : (char *)s;
}

char *
strsep(char **sp, const char *set)
{
	char *s = *sp;

	if (s != NULL && (*sp = strpbrk(s, set)) != NULL)
		*(*sp)++ = '\0';
	return s;
}

char *
strtok_r(char *restrict s, const char *restrict set, char **restrict last)
{

	if (s == NULL)
		s = *last;
	if (s == NULL)
		return NULL;
	s += strspn(s, set);
	*last = s;
	if (*s == '\0') {
		*last = NULL;
		return NULL;
	}
	return strsep(last, set);
}
