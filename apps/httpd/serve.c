/* serve.c: what answers a request. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpd.h"

/* ---- heads ---- */

static const char *
date(struct worker *w)
{
	time_t now = time(NULL);

	if (now != w->date_of) {
		w->date_of = now;
		http_date(now, w->date);
	}
	return w->date;
}

size_t
serve_head(struct worker *w, struct conn *c, char *buf, size_t size, int status,
    const char *type, uint64_t len, const char *extra)
{
	int n;

	w->count.requests++;
	w->count.status[status / 100]++;
	n = snprintf(buf, size, "HTTP/1.1 %d %s\r\nServer: sirloin\r\n"
	    "Date: %s\r\n%s", status, http_reason(status), date(w), extra);
	if (type != NULL)
		n += snprintf(buf + n, size - n, "Content-Type: %s\r\n", type);
	if (status != 304)
		n += snprintf(buf + n, size - n, "Content-Length: %llu\r\n",
		    (unsigned long long)len);
	n += snprintf(buf + n, size - n, "%s\r\n",
	    c->last ? "Connection: close\r\n" : "");
	return n;
}

int
serve_error(struct worker *w, struct conn *c, int status, bool head)
{
	char text[128];
	size_t n, len;

	len = snprintf(text, sizeof(text),
	    "<!doctype html><title>%d</title><h1>%d %s</h1>\n", status, status,
	    http_reason(status));
	n = serve_head(w, c, w->buf, sizeof(w->buf), status,
	    "text/html; charset=utf-8", len,
	    status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!head) {
		memcpy(w->buf + n, text, len);
		n += len;
	}
	return conn_send(w, c, n, NULL);
}

static int
errno_status(int e)
{

	switch (e) {
	case ENOENT: case ENOTDIR: case ENAMETOOLONG: case ELOOP: case EINVAL:
		return 404;
	case EACCES: case EPERM:
		return 403;
	case EMFILE: case ENFILE: case ENOMEM:
		return 503;
	default:
		return 500;
	}
}

/* ---- bodies ---- */

void
body_free(struct body *b)
{

	if (b != NULL) {
		close(b->fd);
		free(b);
	}
}

static size_t
part_head(const struct body *b, char *buf, size_t size)
{
	const struct http_range *r = &b->r[b->cur];

	return snprintf(buf, size, "%s--%s\r\nContent-Type: %s\r\n"
	    "Content-Range: bytes %llu-%llu/%llu\r\n\r\n",
	    b->cur > 0 ? "\r\n" : "", b->boundary, b->mime,
	    (unsigned long long)r->first,
	    (unsigned long long)(r->first + r->len - 1),
	    (unsigned long long)b->size);
}

static size_t
part_tail(const struct body *b, char *buf, size_t size)
{

	return snprintf(buf, size, "\r\n--%s--\r\n", b->boundary);
}

ssize_t
body_fill(struct body *b, char *buf, size_t size)
{
	size_t n = 0;

	while (b->cur < b->n) {
		struct http_range *r = &b->r[b->cur];
		size_t want = r->len < size - n ? r->len : size - n;
		ssize_t k;

		if (b->multi && !b->headed) {
			if (size - n < 512)
				return n;
			n += part_head(b, buf + n, size - n);
			b->headed = true;
			continue;
		}
		if (r->len > 0) {
			if (want == 0)
				return n;
			k = pread(b->fd, buf + n, want, r->first);
			if (k <= 0)		/* an error, or it was cut */
				return -1;
			n += k;
			r->first += k;
			r->len -= k;
			continue;
		}
		if (b->multi && b->cur == b->n - 1) {
			if (size - n < 64)
				return n;
			n += part_tail(b, buf + n, size - n);
		}
		b->cur++;
		b->headed = false;
	}
	return n;
}

/* ---- files ---- */

struct file {
	int		fd;
	uint64_t	size;
	time_t		mtime;
	const char	*mime;
};

/* If-Range: a date that is the file's. */
static bool
range_applies(const struct http_request *r, time_t mtime)
{

	return r->range.n > 0 && (r->if_range.n == 0 ||
	    http_parse_date(r->if_range) == mtime);
}

static bool
not_modified(const struct http_request *r, time_t mtime)
{
	time_t t;

	return r->if_modified.n > 0 && (t = http_parse_date(r->if_modified)) >= 0 &&
	    mtime <= t;
}

static size_t
validators(time_t mtime, char *buf, size_t size)
{
	char text[HTTP_DATESIZE];

	http_date(mtime, text);
	return snprintf(buf, size, "Last-Modified: %s\r\nAccept-Ranges: bytes\r\n",
	    text);
}

/* Status 206: the fields, and what the length will be. */
static uint64_t
ranges_head(struct body *b, char *extra, size_t size, const char **type)
{
	static uint32_t serial;
	static char multi_type[] = "multipart/byteranges; boundary=";
	char buf[512];
	uint64_t len = 0;

	if (b->n == 1) {
		snprintf(extra, size, "Content-Range: bytes %llu-%llu/%llu\r\n",
		    (unsigned long long)b->r[0].first,
		    (unsigned long long)(b->r[0].first + b->r[0].len - 1),
		    (unsigned long long)b->size);
		return b->r[0].len;
	}
	b->multi = true;
	snprintf(b->boundary, sizeof(b->boundary), "part%08x%04x",
	    (unsigned)httpd_clock(), __atomic_add_fetch(&serial, 1,
	    __ATOMIC_RELAXED) & 0xffff);
	snprintf(extra, size, "Content-Type: %s%s\r\n", multi_type, b->boundary);
	*type = NULL;
	for (b->cur = 0; b->cur < b->n; b->cur++)
		len += part_head(b, buf, sizeof(buf)) + b->r[b->cur].len;
	b->cur = 0;
	return len + part_tail(b, buf, sizeof(buf));
}

/* The descriptor is ours to close. */
static int
serve_file(struct worker *w, struct conn *c, const struct http_request *r,
    const struct file *f)
{
	struct body *b = calloc(1, sizeof(*b));
	const char *type = f->mime;
	char extra[512];
	uint64_t len = f->size;
	int status = 200, n = 0;
	size_t k, head;

	if (b == NULL) {
		close(f->fd);
		return serve_error(w, c, 503, false);
	}
	*b = (struct body){ .fd = f->fd, .n = 1, .r = { { 0, f->size } },
	    .size = f->size, .mime = f->mime };
	k = validators(f->mtime, extra, sizeof(extra));
	if (not_modified(r, f->mtime)) {
		status = 304;
		type = NULL;
	} else if (r->method == HTTP_GET && range_applies(r, f->mtime))
		n = http_ranges(r->range, f->size, b->r);
	if (n < 0) {
		status = 416;
		len = 0;
		type = NULL;
		snprintf(extra + k, sizeof(extra) - k, "Content-Range: bytes */%llu\r\n",
		    (unsigned long long)f->size);
	} else if (n > 0) {
		status = 206;
		b->n = n;
		len = ranges_head(b, extra + k, sizeof(extra) - k, &type);
	} else
		b->r[0] = (struct http_range){ 0, f->size };
	head = serve_head(w, c, w->buf, sizeof(w->buf), status, type, len, extra);
	if (r->method == HTTP_HEAD || status == 304 || status == 416 || len == 0) {
		body_free(b);
		b = NULL;
	}
	return conn_send(w, c, head, b);
}

/* ---- small files are kept for a second ---- */

static struct cached *
cache_slot(struct worker *w, const char *path)
{
	uint32_t h = 2166136261u;

	for (; *path != '\0'; path++)
		h = (h ^ (unsigned char)*path) * 16777619u;
	return &w->cache[(h ^ h >> 16) % NCACHE];
}

static void
cache_put(struct worker *w, const char *path, const struct file *f)
{
	struct cached *e = cache_slot(w, path);
	char *p, *data;

	if (f->size > CACHE_FILE)
		return;
	p = strdup(path);
	data = malloc(f->size + 1);
	if (p == NULL || data == NULL ||
	    pread(f->fd, data, f->size, 0) != (ssize_t)f->size) {
		free(p);
		free(data);
		return;
	}
	free(e->path);
	free(e->data);
	*e = (struct cached){ p, data, f->size, f->mtime, f->mime,
	    w->now + CACHE_TIME, "" };
	validators(f->mtime, e->fields, sizeof(e->fields));
}

static int
serve_cached(struct worker *w, struct conn *c, const struct http_request *r,
    const struct cached *e)
{
	int status = not_modified(r, e->mtime) ? 304 : 200;
	size_t n = serve_head(w, c, w->buf, sizeof(w->buf), status,
	    status == 200 ? e->mime : NULL, e->n, e->fields);

	if (status == 200 && r->method == HTTP_GET) {
		memcpy(w->buf + n, e->data, e->n);
		n += e->n;
	}
	return conn_send(w, c, n, NULL);
}

/* ---- paths ---- */

static int
redirect(struct worker *w, struct conn *c, const char *path)
{
	char url[HTTP_MAXPATH * 3 + 2], extra[sizeof(url) + 32];
	size_t n = http_escape_url(url, sizeof(url) - 1, path);

	snprintf(url + n, sizeof(url) - n, "/");
	snprintf(extra, sizeof(extra), "Location: %s\r\n", url);
	n = serve_head(w, c, w->buf, sizeof(w->buf), 301, NULL, 0, extra);
	return conn_send(w, c, n, NULL);
}

static int
open_file(const char *name, struct file *f, struct stat *st)
{

	if ((f->fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
		return errno;
	if (fstat(f->fd, st) != 0) {
		int e = errno;

		close(f->fd);
		return e;
	}
	f->size = st->st_size;
	f->mtime = st->st_mtime;
	f->mime = http_mime(name);
	return 0;
}

static int
serve_directory(struct worker *w, struct conn *c, const struct http_request *r,
    const char *name, int fd)
{
	char index[HTTP_MAXPATH + 256];
	struct stat st;
	struct file f;
	int status;

	if (r->path[strlen(r->path) - 1] != '/') {
		close(fd);
		return redirect(w, c, r->path);
	}
	snprintf(index, sizeof(index), "%s/index.html", name);
	if (open_file(index, &f, &st) == 0) {
		if (S_ISREG(st.st_mode)) {
			close(fd);
			cache_put(w, r->path, &f);
			return serve_file(w, c, r, &f);
		}
		close(f.fd);
	}
	status = page_directory(w, c, fd, r->path, r->method == HTTP_HEAD);
	return status;
}

static int
serve_path(struct worker *w, struct conn *c, const struct http_request *r)
{
	const struct cached *e = cache_slot(w, r->path);
	bool head = r->method == HTTP_HEAD;
	char name[HTTP_MAXPATH + 256];
	struct stat st;
	struct file f;
	size_t n;
	int error;

	if (e->path != NULL && e->expires > w->now && r->range.n == 0 &&
	    strcmp(e->path, r->path) == 0)
		return serve_cached(w, c, r, e);
	n = snprintf(name, sizeof(name), "%s%s", httpd_root, r->path);
	if (n > 1 && name[n - 1] == '/')
		name[n - 1] = '\0';
	if ((error = open_file(name, &f, &st)) != 0)
		return serve_error(w, c, errno_status(error), head);
	if (S_ISDIR(st.st_mode))
		return serve_directory(w, c, r, name, f.fd);
	if (!S_ISREG(st.st_mode) || r->path[strlen(r->path) - 1] == '/') {
		close(f.fd);
		return serve_error(w, c, 404, head);
	}
	cache_put(w, r->path, &f);
	return serve_file(w, c, r, &f);
}

int
serve(struct worker *w, struct conn *c, const struct http_request *r)
{
	bool head = r->method == HTTP_HEAD;

	if (r->method == HTTP_OTHER) {
		/* its body may be on the way, or wait for a "100 Continue" */
		c->last = c->last || r->expect;
		return serve_error(w, c, 405, false);
	}
	if (strcmp(r->path, "/status") == 0)
		return page_status(w, c, head);
	if (strcmp(r->path, "/status.json") == 0)
		return page_status_json(w, c, head);
	return serve_path(w, c, r);
}
