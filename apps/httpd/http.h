/*
 * http.h: HTTP/1.1 messages (RFC 9110, 9112).  Pure: text in, structures out;
 * tests/host/fuzz_http.c feeds it what the network may.
 */
#ifndef HTTPD_HTTP_H
#define HTTPD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define HTTP_MAXHEAD	8192	/* request line and fields: else 431 */
#define HTTP_MAXPATH	512	/* decoded */
#define HTTP_MAXRANGE	8	/* more are not granted */
#define HTTP_MAXBODY	65536	/* that is skipped; more: 413 */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };

/* Pointers are into the request's text. */
struct http_text {
	const char	*s;
	size_t		n;
};

struct http_request {
	enum http_method method;
	bool		http11, close;
	char		path[HTTP_MAXPATH];	/* /, /a, /a/b/: see http_path() */
	struct http_text query;
	struct http_text range, if_modified, if_range;
	uint64_t	body;			/* bytes that follow the head */
	bool		expect;			/* 100-continue */
};

/*
 * The request at the start of the text.  > 0: bytes of its head.  0: more is
 * needed.  < 0: minus the status to refuse it with; the connection must be
 * closed then.
 */
int	http_parse(const char *text, size_t n, struct http_request *);

/*
 * A request target's path: percent-decoded, without empty and . segments and
 * with .. resolved, a / at its end kept.  0, or the status: 400 for what is
 * no path or leads above the root, 414 for one that does not fit.
 */
int	http_path(const char *s, size_t n, char *out, size_t size);

struct http_range { uint64_t first, len; };
/*
 * A Range field for size bytes.  The number of ranges that can be granted, in
 * the order asked; 0: ignore the field; -1: none can (416).
 */
int	http_ranges(struct http_text, uint64_t size,
	    struct http_range [HTTP_MAXRANGE]);

#define HTTP_DATESIZE	30
void	http_date(time_t, char [HTTP_DATESIZE]);
/* -1: not a date. */
time_t	http_parse_date(struct http_text);

const char *http_reason(int status);
const char *http_mime(const char *path);

/*
 * Append with escapes, up to size - 1 characters and a 0: the length.  What
 * does not fit whole is left out.
 */
size_t	http_escape_html(char *out, size_t size, const char *s);
size_t	http_escape_url(char *out, size_t size, const char *s);

#endif /* HTTPD_HTTP_H */
