/* conn.c: bytes in and out of a connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd.h"

uint32_t httpd_nconn;
uint64_t httpd_pending;

struct conn *
conn_new(int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c != NULL) {
		c->fd = fd;
		__atomic_add_fetch(&httpd_nconn, 1, __ATOMIC_RELAXED);
	}
	return c;
}

static void
drop_out(struct conn *c)
{

	__atomic_sub_fetch(&httpd_pending, c->nout, __ATOMIC_RELAXED);
	free(c->out);
	c->out = NULL;
	c->nout = c->sent = 0;
}

void
conn_free(struct conn *c)
{

	close(c->fd);
	drop_out(c);
	free(c->in);
	body_free(c->body);
	free(c);
	__atomic_sub_fetch(&httpd_nconn, 1, __ATOMIC_RELAXED);
}

/* Bytes written, 0 if the peer is slow, -1. */
static ssize_t
put(struct worker *w, struct conn *c, const char *p, size_t n)
{
	ssize_t k = write(c->fd, p, n);

	if (k < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	w->count.sent += k;
	if (k > 0)
		c->deadline = w->now + SEND_TIME;
	return k;
}

static int
keep(struct conn *c, const char *p, size_t n)
{

	if ((c->out = malloc(n)) == NULL)
		return -1;
	memcpy(c->out, p, n);
	c->nout = n;
	c->sent = 0;
	__atomic_add_fetch(&httpd_pending, n, __ATOMIC_RELAXED);
	return 0;
}

/*
 * After an error the peer may still be sending: closing now could reset the
 * connection and take our answer with it.
 */
static int
finish(struct worker *w, struct conn *c)
{

	if (!c->last)
		return 0;
	if (shutdown(c->fd, SHUT_WR) != 0)
		return -1;
	c->drain = true;
	c->deadline = w->now + DRAIN_TIME;
	return 0;
}

/* More of the body behind w->buf[0..n): less when much waits already. */
static ssize_t
fill(struct worker *w, struct conn *c, size_t n)
{
	bool tight = __atomic_load_n(&httpd_pending, __ATOMIC_RELAXED) > PENDING_MAX;

	return body_fill(c->body, w->buf + n, tight ? 4096 : BUFFER - n);
}

/* Send what there is until the peer is slow or all is out. */
static int
push(struct worker *w, struct conn *c)
{
	ssize_t n, k;

	for (;;) {
		if (c->out != NULL) {
			k = put(w, c, c->out + c->sent, c->nout - c->sent);
			if (k < 0)
				return -1;
			c->sent += k;
			if (c->sent < c->nout)
				return 0;
			drop_out(c);
		}
		if (c->body == NULL)
			return finish(w, c);
		if ((n = fill(w, c, 0)) < 0)
			return -1;
		if (n == 0) {
			body_free(c->body);
			c->body = NULL;
			continue;
		}
		if ((k = put(w, c, w->buf, n)) < 0)
			return -1;
		if (k < n && keep(c, w->buf + k, n - k) != 0)
			return -1;
	}
}

int
conn_send(struct worker *w, struct conn *c, size_t n, struct body *b)
{
	ssize_t k;

	c->body = b;
	c->deadline = w->now + SEND_TIME;
	/* the beginning of the file goes with the head */
	if (b != NULL && n < BUFFER / 2) {
		if ((k = fill(w, c, n)) < 0)
			return -1;
		n += k;
	}
	if ((k = put(w, c, w->buf, n)) < 0)
		return -1;
	if ((size_t)k < n && keep(c, w->buf + k, n - k) != 0)
		return -1;
	return c->out != NULL ? 0 : push(w, c);
}

int
conn_send_own(struct worker *w, struct conn *c, char *p, size_t n)
{

	c->out = p;
	c->nout = n;
	c->sent = 0;
	__atomic_add_fetch(&httpd_pending, n, __ATOMIC_RELAXED);
	c->deadline = w->now + SEND_TIME;
	return push(w, c);
}

/* Requests in w->in[0..n), as long as their answers go out at once. */
static int
requests(struct worker *w, struct conn *c, size_t n)
{
	struct http_request r;
	size_t used = 0, k;
	int head;

	while (c->out == NULL && !c->drain) {
		if (c->skip > 0) {
			k = c->skip < n - used ? c->skip : n - used;
			c->skip -= k;
			used += k;
			if (c->skip > 0)
				break;
		}
		if (used == n || (head = http_parse(w->in + used, n - used, &r)) == 0)
			break;
		c->last = head < 0 || r.close;
		if (head < 0) {
			used = n;
			if (serve_error(w, c, -head, false) != 0)
				return -1;
			break;
		}
		used += head;
		c->skip = r.body;
		if (serve(w, c, &r) != 0)
			return -1;
		c->partial = false;
	}
	if (c->drain)
		return 0;
	if (used < n) {
		if ((c->in = malloc(n - used)) == NULL)
			return -1;
		memcpy(c->in, w->in + used, n - used);
		c->nin = n - used;
	}
	if (c->out == NULL) {
		if (used == n)
			c->deadline = w->now + IDLE_TIME;
		else if (!c->partial) {
			c->partial = true;
			c->deadline = w->now + HEAD_TIME;
		}
	}
	return 0;
}

/* What was kept goes to the front of w->in: its length. */
static size_t
take_in(struct worker *w, struct conn *c)
{
	size_t n = c->nin;

	memcpy(w->in, c->in, n);
	free(c->in);
	c->in = NULL;
	c->nin = 0;
	return n;
}

int
conn_input(struct worker *w, struct conn *c)
{
	size_t n = 0;
	ssize_t k;

	if (c->drain) {
		k = read(c->fd, w->in, sizeof(w->in));
		return k > 0 || (k < 0 && errno == EAGAIN) ? 0 : -1;
	}
	if (c->out != NULL || c->nin >= HTTP_MAXHEAD)
		return 0;			/* first things first */
	if (c->in != NULL)
		n = take_in(w, c);
	k = read(c->fd, w->in + n, sizeof(w->in) - n);
	if (k == 0 || (k < 0 && errno != EAGAIN && errno != EINTR))
		return -1;
	return requests(w, c, n + (k > 0 ? k : 0));
}

int
conn_output(struct worker *w, struct conn *c)
{
	uint64_t before = w->count.sent;

	if (push(w, c) != 0)
		return -1;
	c->starved = w->count.sent == before && c->out != NULL;
	if (c->out != NULL || c->drain)
		return 0;
	/* requests that had to wait for this answer to go */
	c->partial = false;
	return requests(w, c, c->in != NULL ? take_in(w, c) : 0);
}
