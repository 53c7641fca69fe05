/* http.c: requests. */
#include <ctype.h>
#include <string.h>

#include "http.h"

/* tchar of RFC 9110 5.6.2 */
static bool
is_token(unsigned char c)
{

	return isalnum(c) || (c > 32 && c < 127 &&
	    strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
equals(const char *s, size_t n, const char *word)
{

	return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

/* Is the word in a comma-separated list? */
static bool
lists(const char *s, size_t n, const char *word)
{
	const char *end = s + n;

	while (s < end) {
		const char *comma = memchr(s, ',', end - s);
		const char *e = comma != NULL ? comma : end, *stop = e;

		while (s < stop && (*s == ' ' || *s == '\t'))
			s++;
		while (stop > s && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if (equals(s, stop - s, word))
			return true;
		s = e + 1;
	}
	return false;
}

/*
 * The end of the line that begins at p, and *next where the next begins; NULL:
 * it has not all come.  A bare CR or a NUL in it makes *bad.
 */
static const char *
line_end(const char *p, const char *end, const char **next, bool *bad)
{
	const char *nl = memchr(p, '\n', end - p), *e = nl;

	if (nl == NULL)
		return NULL;
	*next = nl + 1;
	if (e > p && e[-1] == '\r')
		e--;
	if (memchr(p, '\r', e - p) != NULL || memchr(p, '\0', e - p) != NULL)
		*bad = true;
	return e;
}

/* "http://host/path" as proxies are asked: what follows the host. */
static const char *
skip_authority(const char *s, const char *end)
{
	const char *slash;

	if (end - s < 7 || strncasecmp(s, "http://", 7) != 0)
		return s;
	slash = memchr(s + 7, '/', end - s - 7);
	return slash;
}

static int
request_line(const char *p, const char *end, struct http_request *r)
{
	const char *sp1 = memchr(p, ' ', end - p), *sp2, *q;

	if (sp1 == NULL || sp1 == p)
		return 400;
	for (const char *s = p; s < sp1; s++)
		if (!is_token(*s))
			return 400;
	sp2 = memchr(sp1 + 1, ' ', end - sp1 - 1);
	if (sp2 == NULL || end - sp2 != 9 || memcmp(sp2, " HTTP/", 6) != 0 ||
	    !isdigit((unsigned char)sp2[6]) || sp2[7] != '.' ||
	    !isdigit((unsigned char)sp2[8]))
		return 400;
	if (sp2[6] != '1')
		return 505;
	r->http11 = sp2[8] >= '1';
	r->close = !r->http11;
	/* methods are told by case */
	if (sp1 - p == 3 && memcmp(p, "GET", 3) == 0)
		r->method = HTTP_GET;
	else if (sp1 - p == 4 && memcmp(p, "HEAD", 4) == 0)
		r->method = HTTP_HEAD;
	else
		r->method = HTTP_OTHER;
	if (r->method == HTTP_OTHER && sp2 - sp1 == 2 && sp1[1] == '*') {
		strcpy(r->path, "/");
		return 0;
	}
	p = skip_authority(sp1 + 1, sp2);
	if (p == NULL) {			/* http://host without a path */
		strcpy(r->path, "/");
		return 0;
	}
	q = memchr(p, '?', sp2 - p);
	if (q != NULL)
		r->query = (struct http_text){ q + 1, sp2 - q - 1 };
	return http_path(p, (q != NULL ? q : sp2) - p, r->path, sizeof(r->path));
}

static int
content_length(const char *s, size_t n, struct http_request *r, unsigned *seen)
{
	uint64_t v = 0;

	if (n == 0 || n > 18 || (*seen & 2))
		return 400;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return 400;
		v = v * 10 + (s[i] - '0');
	}
	*seen |= 2;
	r->body = v;
	return v > HTTP_MAXBODY ? 413 : 0;
}

/* One field.  seen: 1 Host, 2 Content-Length. */
static int
field(const char *p, const char *end, struct http_request *r, unsigned *seen)
{
	const char *colon = memchr(p, ':', end - p), *v;
	size_t n, len;

	if (colon == NULL || colon == p)
		return 400;
	for (const char *s = p; s < colon; s++)
		if (!is_token(*s))		/* also blanks before the colon */
			return 400;
	n = colon - p;
	for (v = colon + 1; v < end && (*v == ' ' || *v == '\t'); v++)
		continue;
	while (end > v && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	len = end - v;
	if (equals(p, n, "Host")) {
		if (*seen & 1)
			return 400;
		*seen |= 1;
	} else if (equals(p, n, "Connection")) {
		if (lists(v, len, "close"))
			r->close = true;
		else if (!r->http11 && lists(v, len, "keep-alive"))
			r->close = false;
	} else if (equals(p, n, "Content-Length"))
		return content_length(v, len, r, seen);
	else if (equals(p, n, "Transfer-Encoding"))
		return 501;
	else if (equals(p, n, "Expect")) {
		if (!equals(v, len, "100-continue"))
			return 417;
		r->expect = r->http11;
	} else if (equals(p, n, "Range"))
		r->range = (struct http_text){ v, len };
	else if (equals(p, n, "If-Modified-Since"))
		r->if_modified = (struct http_text){ v, len };
	else if (equals(p, n, "If-Range"))
		r->if_range = (struct http_text){ v, len };
	return 0;
}

int
http_parse(const char *text, size_t n, struct http_request *r)
{
	const char *p = text, *next, *e;
	const char *end = text + (n < HTTP_MAXHEAD ? n : HTTP_MAXHEAD);
	bool bad = false, line = true;
	unsigned seen = 0;
	int status;

	memset(r, 0, offsetof(struct http_request, path));
	memset(&r->query, 0, sizeof(*r) - offsetof(struct http_request, query));
	while (p < end && (*p == '\r' || *p == '\n') && p < text + 4)
		p++;				/* RFC 9112 2.2: be lenient */
	for (; (e = line_end(p, end, &next, &bad)) != NULL; p = next) {
		if (bad)
			return -400;
		if (line)
			status = request_line(p, e, r);
		else if (e == p)
			break;
		else
			status = field(p, e, r, &seen);
		if (status != 0)
			return -status;
		line = false;
	}
	if (e == NULL)
		return n < HTTP_MAXHEAD ? 0 : line ? -414 : -431;
	if (r->http11 && !(seen & 1))
		return -400;
	return next - text;
}

static int
hexdigit(unsigned char c)
{

	if (isdigit(c))
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Decode first, then look at segments: what %2e and %2f hide is seen.  A
 * backslash separates on some file systems: it is refused.
 */
int
http_path(const char *s, size_t n, char *out, size_t size)
{
	const char *end = s + n;
	size_t len = 0, seg = 1;	/* out[0..len), the last segment's start */

	if (n == 0 || *s != '/' || size < 2)
		return 400;
	out[len++] = '/';
	for (s++; ; s++) {
		bool last = s >= end;
		int c = last ? '/' : (unsigned char)*s;

		if (c == '%') {
			int h, l;

			if (end - s < 3 || (h = hexdigit(s[1])) < 0 ||
			    (l = hexdigit(s[2])) < 0)
				return 400;
			c = h << 4 | l;
			s += 2;
		}
		if (c < 32 || c == 127 || c == '\\')
			return 400;
		if (c != '/') {
			if (len + 2 > size)
				return 414;
			out[len++] = c;
			continue;
		}
		if (len - seg == 2 && out[seg] == '.' && out[seg + 1] == '.') {
			if (seg == 1)
				return 400;
			for (seg--; out[seg - 1] != '/'; seg--)
				continue;
			len = seg;
		} else if (len - seg == 1 && out[seg] == '.')
			len = seg;
		else if (len > seg && !last) {
			if (len + 2 > size)
				return 414;
			out[len++] = '/';
		}
		seg = len;
		if (last)
			break;
	}
	out[len] = '\0';
	return 0;
}

/* A number of digits; false: none, or too large. */
static bool
number(const char **sp, const char *end, uint64_t *v)
{
	const char *s = *sp;

	for (*v = 0; s < end && isdigit((unsigned char)*s); s++) {
		if (*v > UINT64_MAX / 16)
			return false;
		*v = *v * 10 + (*s - '0');
	}
	if (s == *sp)
		return false;
	*sp = s;
	return true;
}

/* One of a list: 1 granted, 0 beyond the end, -1 not a range. */
static int
one_range(const char *s, const char *end, uint64_t size, struct http_range *r)
{
	uint64_t a, b;

	if (s < end && *s == '-') {
		s++;
		if (!number(&s, end, &b) || s != end)
			return -1;
		if (b == 0 || size == 0)
			return 0;
		r->len = b < size ? b : size;
		r->first = size - r->len;
		return 1;
	}
	if (!number(&s, end, &a) || s == end || *s++ != '-')
		return -1;
	b = UINT64_MAX;
	if (s != end && (!number(&s, end, &b) || s != end || b < a))
		return -1;
	if (a >= size)
		return 0;
	r->first = a;
	r->len = (b < size - 1 ? b : size - 1) - a + 1;
	return 1;
}

int
http_ranges(struct http_text f, uint64_t size, struct http_range out[HTTP_MAXRANGE])
{
	const char *s, *end;
	int n = 0, asked = 0;

	if (f.n < 6 || strncasecmp(f.s, "bytes=", 6) != 0)
		return 0;
	for (s = f.s + 6, end = f.s + f.n; s < end;) {
		const char *comma = memchr(s, ',', end - s);
		const char *e = comma != NULL ? comma : end, *stop = e;
		struct http_range r;
		int k;

		while (s < stop && (*s == ' ' || *s == '\t'))
			s++;
		while (stop > s && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if (s < stop) {
			if (++asked > HTTP_MAXRANGE ||
			    (k = one_range(s, stop, size, &r)) < 0)
				return 0;
			if (k == 1)
				out[n++] = r;
		}
		s = e + 1;
	}
	return asked == 0 ? 0 : n == 0 ? -1 : n;
}
