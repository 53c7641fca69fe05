/*
 * fuzz_http.c: httpd's reading of requests, ranges, dates, paths: what must
 * come out, and anything else.  fuzz_http [ROUNDS [SEED]].
 */
#include "fuzz.h"
#include "http.h"
#include "check.h"

static struct http_text
text(const char *s)
{

	return (struct http_text){ s, strlen(s) };
}

/* A path that was accepted leads nowhere else. */
static void
check_path(const char *p)
{

	CHECK(p[0] == '/');
	CHECK(strstr(p, "//") == NULL && strchr(p, '\\') == NULL);
	for (const char *s = p; s != NULL; s = strchr(s + 1, '/')) {
		size_t n = strcspn(s + 1, "/");

		CHECK(!(n == 1 && s[1] == '.') && !(n == 2 && s[1] == '.' &&
		    s[2] == '.'));
	}
}

static void
check_ranges(struct http_text f, uint64_t size)
{
	struct http_range r[HTTP_MAXRANGE];
	int n = http_ranges(f, size, r);

	CHECK(n >= -1 && n <= HTTP_MAXRANGE);
	for (int i = 0; i < n; i++)
		CHECK(r[i].len > 0 && r[i].first < size &&
		    r[i].len <= size - r[i].first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_request r;
	int k = http_parse((const char *)data, n, &r);
	char out[300];

	CHECK(k <= (int)n && k >= -599);
	if (k <= 0) {
		CHECK(k == 0 || k <= -400);
		return 0;
	}
	check_path(r.path);
	CHECK(r.body <= HTTP_MAXBODY);
	check_ranges(r.range, 0);
	check_ranges(r.range, 1000);
	check_ranges(r.range, UINT64_MAX / 2);
	http_parse_date(r.if_modified);
	http_parse_date(r.if_range);
	CHECK(http_mime(r.path) != NULL);
	CHECK(http_escape_html(out, sizeof(out), r.path) < sizeof(out));
	CHECK(strpbrk(out, "<>\"'") == NULL);
	CHECK(http_escape_url(out, sizeof(out), r.path) < sizeof(out));
	return 0;
}

#ifndef FUZZER
static const char *const samples[] = {
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /a/b%20c?x=y HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9,20-,-5\r\n"
	    "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
	"HEAD /x/../y/./z/ HTTP/1.0\r\nConnection: keep-alive\r\n"
	    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
	"POST /%2e%2e/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n"
	    "Expect: 100-continue\r\n\r\n0123456789",
	"GET http://host:80/abs HTTP/1.1\r\nHost: host\r\nConnection: a, close\r\n\r\n",
};

static const struct { const char *text; int status; } requests[] = {
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\nHost: a\n\n", 0 },
	{ "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0 },
	{ "GET / HTTP/1.0\r\n\r\n", 0 },
	{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
	{ "GET /\r\n\r\n", 400 },
	{ "GET / HTTP/1.1 \r\n\r\n", 400 },
	{ "GET  / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/2.0\r\n\r\n", 505 },
	{ "GET / HTTX/1.1\r\n\r\n", 400 },
	{ "G<T / HTTP/1.1\r\n\r\n", 400 },
	{ "GET x HTTP/1.1\r\n\r\n", 400 },
	{ "GET /../x HTTP/1.1\r\n\r\n", 400 },
	{ "GET /%2e%2e%2fx HTTP/1.1\r\n\r\n", 400 },
	{ "GET /a/..%5c..%5cx HTTP/1.1\r\n\r\n", 400 },
	{ "GET /%00 HTTP/1.1\r\n\r\n", 400 },
	{ "GET /%4 HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413 },
	{ "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501 },
	{ "GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417 },
};

static const struct { const char *in, *out; } paths[] = {
	{ "/", "/" }, { "//", "/" }, { "/a", "/a" }, { "/a/", "/a/" },
	{ "/a//b", "/a/b" }, { "/./a", "/a" }, { "/a/.", "/a/" },
	{ "/a/..", "/" }, { "/a/b/../c", "/a/c" }, { "/a/b/..", "/a/" },
	{ "/%41%2Fb", "/A/b" }, { "/...", "/..." }, { "/..a", "/..a" },
	{ "/a/../..", NULL }, { "/..", NULL }, { "/%2e.", NULL }, { "", NULL },
	{ "a", NULL }, { "/a\\b", NULL }, { "/\x7f", NULL }, { "/%zz", NULL },
};

static void
directed(void)
{
	static char big[HTTP_MAXHEAD + 10];
	struct http_range r[HTTP_MAXRANGE];
	struct http_request q;
	char out[HTTP_MAXPATH], date[HTTP_DATESIZE];
	int k;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const char *s = requests[i].text;

		k = http_parse(s, strlen(s), &q);
		if (requests[i].status == 0 ? k != (int)strlen(s) :
		    k != -requests[i].status) {
			fprintf(stderr, "%s: %d\n", s, k);
			abort();
		}
		/* every beginning asks for more, or is refused the same way */
		for (size_t n = 0; n < strlen(s); n++) {
			k = http_parse(s, n, &q);
			CHECK(k == 0 || k == -requests[i].status);
		}
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		k = http_path(paths[i].in, strlen(paths[i].in), out, sizeof(out));
		if ((k == 0) != (paths[i].out != NULL) ||
		    (k == 0 && strcmp(out, paths[i].out) != 0)) {
			fprintf(stderr, "%s: %d %s\n", paths[i].in, k, out);
			abort();
		}
	}
	memset(big, 'a', sizeof(big));
	big[0] = '/';
	CHECK(http_path(big, 600, out, sizeof(out)) == 414);
	memcpy(big, "GET /", 5);
	CHECK(http_parse(big, sizeof(big), &q) == -414);
	memcpy(big, "GET / HTTP/1.1\r\nX: ", 19);
	CHECK(http_parse(big, sizeof(big), &q) == -431);
	CHECK(http_parse(big, HTTP_MAXHEAD - 1, &q) == 0);

	CHECK(http_ranges(text("bytes=0-0"), 10, r) == 1 && r[0].len == 1);
	CHECK(http_ranges(text("bytes=-3"), 10, r) == 1 && r[0].first == 7);
	CHECK(http_ranges(text("bytes=-30"), 10, r) == 1 && r[0].len == 10);
	CHECK(http_ranges(text("bytes=5-"), 10, r) == 1 && r[0].len == 5);
	CHECK(http_ranges(text("bytes=5-100"), 10, r) == 1 && r[0].len == 5);
	CHECK(http_ranges(text("Bytes=1-2, 4-5"), 10, r) == 2 && r[1].first == 4);
	CHECK(http_ranges(text("bytes=10-"), 10, r) == -1);
	CHECK(http_ranges(text("bytes=-0"), 10, r) == -1);
	CHECK(http_ranges(text("bytes=0-"), 0, r) == -1);
	CHECK(http_ranges(text("bytes=10-,0-1"), 10, r) == 1);
	CHECK(http_ranges(text("bytes=2-1"), 10, r) == 0);
	CHECK(http_ranges(text("bytes="), 10, r) == 0);
	CHECK(http_ranges(text("bytes=a-b"), 10, r) == 0);
	CHECK(http_ranges(text("lines=0-1"), 10, r) == 0);
	CHECK(http_ranges(text("bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0"), 10,
	    r) == 0);

	http_date(784111777, date);
	CHECK(strcmp(date, "Sun, 06 Nov 1994 08:49:37 GMT") == 0);
	CHECK(http_parse_date(text(date)) == 784111777);
	CHECK(http_parse_date(text("Mon, 06 Nov 1994 08:49:37 GMT")) == -1);
	CHECK(http_parse_date(text("Sun, 31 Feb 1994 08:49:37 GMT")) == -1);
	CHECK(http_parse_date(text("Sunday, 06-Nov-94 08:49:37 GM")) == -1);
	CHECK(strcmp(http_mime("/a.HTML"), "text/html; charset=utf-8") == 0);
	CHECK(strcmp(http_mime("/a.b/c"), "application/octet-stream") == 0);
	http_escape_html(out, sizeof(out), "<a href=\"x\">&'");
	CHECK(strcmp(out, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;") == 0);
	http_escape_url(out, sizeof(out), "a b/%\xc3");
	CHECK(strcmp(out, "a%20b/%25%C3") == 0);
}

int
main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 100000;

	if (argc > 2)
		fuzz_seed = strtoull(argv[2], NULL, 0);
	directed();
	fuzz_all(n, samples, sizeof(samples) / sizeof(samples[0]),
	    "\r\n :/%.,-=0129aHG\\");
	printf("fuzz_http: %ld inputs, ok\n", n);
	return 0;
}
#endif
