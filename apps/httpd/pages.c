/* pages.c: directory listings, the status page and its data. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "httpd.h"

#define HTML	"text/html; charset=utf-8"

/* page.S */
extern const char status_page[], status_page_end[];

static int
send_page(struct worker *w, struct conn *c, bool head, const char *type,
    const char *extra, const char *text, size_t len)
{
	char *p = malloc(512 + len);
	size_t n;

	if (p == NULL)
		return serve_error(w, c, 503, head);
	n = serve_head(w, c, p, 512, 200, type, len, extra);
	if (!head) {
		memcpy(p + n, text, len);
		n += len;
	}
	return conn_send_own(w, c, p, n);
}

/* ---- a text that grows ---- */

struct text {
	char	*s;
	size_t	n, size;
	bool	full;			/* no more memory, or the limit */
};
#define TEXT_MAX	(512 * 1024)

static bool
room(struct text *t, size_t n)
{
	size_t size = t->size != 0 ? t->size : 4096;
	char *s;

	if (t->full)
		return false;
	while (size - t->n < n + 1)
		size *= 2;
	if (size == t->size)
		return true;
	if (size > TEXT_MAX || (s = realloc(t->s, size)) == NULL) {
		t->full = true;
		return false;
	}
	t->s = s;
	t->size = size;
	return true;
}

__attribute__((format(printf, 2, 3)))
static void
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !room(t, n))
		return;
	va_start(ap, fmt);
	t->n += vsnprintf(t->s + t->n, t->size - t->n, fmt, ap);
	va_end(ap);
}

/* ---- directories ---- */

#define MAXENTRY	4096

static int
by_name(const void *a, const void *b)
{

	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Names, a / in front of those of directories, so that they come first. */
static int
read_names(DIR *d, char ***out)
{
	struct dirent *e;
	char **names = NULL;
	int n = 0, size = 0;

	while (n < MAXENTRY && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (n == size) {
			char **more = realloc(names, (size + 64) * sizeof(*names));

			if (more == NULL)
				break;
			names = more;
			size += 64;
		}
		if (asprintf(&names[n], "%s%s", e->d_type == DT_DIR ? "/" : "",
		    e->d_name) < 0)
			break;
		n++;
	}
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	*out = names;
	return n;
}

static void
add_entry(struct text *t, const char *path, const char *name)
{
	char full[HTTP_MAXPATH + 800], url[3 * 512 + 8], html[6 * 512], when[24] = "";
	bool dir = *name == '/';
	struct stat st;
	struct tm tm;

	name += dir;
	snprintf(full, sizeof(full), "%s%s%s", httpd_root, path, name);
	if (stat(full, &st) != 0)
		return;
	if (st.st_mtime > 0 && gmtime_r(&st.st_mtime, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
	http_escape_url(url, sizeof(url), name);
	http_escape_html(html, sizeof(html), name);
	add(t, "<tr><td><a href=\"%s%s\">%s%s</a><td>%s<td>", url,
	    dir ? "/" : "", html, dir ? "/" : "", when);
	if (!dir)
		add(t, "%lld", (long long)st.st_size);
	add(t, "\n");
}

int
page_directory(struct worker *w, struct conn *c, int fd, const char *path,
    bool head)
{
	char html[6 * HTTP_MAXPATH], **names;
	struct text t = { 0 };
	DIR *d = fdopendir(fd);
	int n, r;

	if (d == NULL) {
		close(fd);
		return serve_error(w, c, 500, head);
	}
	http_escape_html(html, sizeof(html), path);
	add(&t, "<!doctype html><meta charset=utf-8><meta name=viewport "
	    "content=\"width=device-width\"><title>%s</title><style>"
	    ":root{color-scheme:light dark}body{font:15px system-ui,sans-serif;"
	    "margin:2em auto;max-width:60em;padding:0 1em}td{padding:.15em 1.5em "
	    ".15em 0}td+td{opacity:.7;font-variant-numeric:tabular-nums}"
	    "td+td+td{text-align:right}a{text-decoration:none}a:hover{"
	    "text-decoration:underline}</style><h1>%s</h1><table>\n", html, html);
	if (strcmp(path, "/") != 0)
		add(&t, "<tr><td><a href=\"../\">../</a>\n");
	n = read_names(d, &names);
	closedir(d);
	for (int i = 0; i < n; i++) {
		add_entry(&t, path, names[i]);
		free(names[i]);
	}
	free(names);
	if (t.full && t.s != NULL)
		strcpy(t.s + t.n - 1, "");
	if (t.s == NULL)
		return serve_error(w, c, 503, head);
	if (!t.full)
		add(&t, "</table>\n");
	r = send_page(w, c, head, HTML, "", t.s, strlen(t.s));
	free(t.s);
	return r;
}

/* ---- status ---- */

int
page_status(struct worker *w, struct conn *c, bool head)
{

	return send_page(w, c, head, HTML, "", status_page,
	    status_page_end - status_page);
}

static void
sum(struct counters *all)
{

	memset(all, 0, sizeof(*all));
	for (int i = 0; i < httpd_nworker; i++) {
		const struct counters *k = &httpd_worker[i]->count;

		all->accepted += k->accepted;
		all->requests += k->requests;
		all->sent += k->sent;
		all->timeouts += k->timeouts;
		all->refused += k->refused;
		for (int s = 0; s < 6; s++)
			all->status[s] += k->status[s];
	}
}

#define STATUS_SIZE	(64 * 1024)	/* the platform's, with blanks behind */
#define DEVICES_SIZE	8192
#define U(x)	((unsigned long long)(x))

/* What the rump kernel says of its own devices, if it does. */
static size_t
devices(char *p)
{
	static const int mib[] = { CTL_VENDOR, 1 };
	static const char key[] = ",\n \"devices\":";
	size_t n = DEVICES_SIZE - sizeof(key);

	if (sysctl(mib, 2, p + sizeof(key) - 1, &n, NULL, 0) != 0 || n == 0 ||
	    p[sizeof(key) - 1] != '{')
		return 0;
	memcpy(p, key, sizeof(key) - 1);
	return n + sizeof(key) - 1;
}

/* The platform's object, and more members. */
int
page_status_json(struct worker *w, struct conn *c, bool head)
{
	static int fd = -1;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct counters k;
	char *p = malloc(STATUS_SIZE + DEVICES_SIZE + 1024);
	ssize_t n = -1;
	int r;

	if (p == NULL)
		return serve_error(w, c, 503, head);
	pthread_mutex_lock(&lock);
	if (fd < 0)
		fd = open("/sirloin/status", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = pread(fd, p, STATUS_SIZE, 0);
	pthread_mutex_unlock(&lock);
	while (n > 0 && strchr(" \n}", p[n - 1]) != NULL)
		if (p[--n] == '}')
			break;
	if (n <= 0) {
		free(p);
		return serve_error(w, c, 503, head);
	}
	n += devices(p + n);
	sum(&k);
	n += snprintf(p + n, 1024, "%s \"httpd\":{\"threads\":%d,"
	    "\"connections\":%u,\"accepted\":%llu,\"requests\":%llu,"
	    "\"sent_bytes\":%llu,\"pending_bytes\":%llu,\"timeouts\":%llu,"
	    "\"refused\":%llu,\"status\":{\"2xx\":%llu,\"3xx\":%llu,"
	    "\"4xx\":%llu,\"5xx\":%llu}}\n}\n", n > 1 ? ",\n" : "", httpd_nworker,
	    httpd_nconn, U(k.accepted), U(k.requests), U(k.sent),
	    U(httpd_pending), U(k.timeouts), U(k.refused), U(k.status[2]),
	    U(k.status[3]), U(k.status[4]), U(k.status[5]));
	r = send_page(w, c, head, "application/json",
	    "Cache-Control: no-store\r\n", p, n);
	free(p);
	return r;
}
