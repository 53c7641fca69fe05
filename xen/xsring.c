/* xsring.c: xenstore's byte streams and messages. */
#include <string.h>
#include "xsring.h"

#define SIZE	XENSTORE_RING_SIZE
#define fence()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

size_t
xsring_write(struct xsring *r, const void *buf, size_t len)
{
	const char *from = buf;
	uint32_t prod, cons, at;
	size_t n = 0, k;

	if (r->why != NULL)
		return 0;
	prod = r->page->req_prod;
	cons = r->page->req_cons;
	if (prod - cons > SIZE) {
		r->why = "request index out of range";
		return 0;
	}
	fence();		/* what the daemon has read, it has read */
	while (n < len && prod - cons < SIZE) {
		at = prod & (SIZE - 1);
		k = SIZE - at;
		if (k > SIZE - (prod - cons))
			k = SIZE - (prod - cons);
		if (k > len - n)
			k = len - n;
		memcpy((char *)r->page->req + at, from + n, k);
		n += k;
		prod += k;
	}
	fence();
	r->page->req_prod = prod;
	return n;
}

size_t
xsring_read(struct xsring *r, void *buf, size_t len)
{
	char *to = buf;
	uint32_t prod, cons, at;
	size_t n = 0, k;

	if (r->why != NULL)
		return 0;
	prod = r->page->rsp_prod;
	cons = r->page->rsp_cons;
	if (prod - cons > SIZE) {
		r->why = "reply index out of range";
		return 0;
	}
	fence();
	while (n < len && prod != cons) {
		at = cons & (SIZE - 1);
		k = SIZE - at;
		if (k > prod - cons)
			k = prod - cons;
		if (k > len - n)
			k = len - n;
		memcpy(to + n, (const char *)r->page->rsp + at, k);
		n += k;
		cons += k;
	}
	fence();
	r->page->rsp_cons = cons;
	return n;
}

int
xsin_next(struct xsin *in, struct xsring *r)
{
	const size_t head = sizeof(in->hdr);
	size_t k;

	while (in->got < head) {
		k = xsring_read(r, (char *)&in->hdr + in->got, head - in->got);
		if (k == 0)
			return r->why != NULL ? -1 : 0;
		in->got += k;
	}
	if (in->hdr.len > XENSTORE_PAYLOAD_MAX) {
		r->why = "a message is too long";
		return -1;
	}
	while (in->got < head + in->hdr.len) {
		k = xsring_read(r, in->body + in->got - head,
		    head + in->hdr.len - in->got);
		if (k == 0)
			return r->why != NULL ? -1 : 0;
		in->got += k;
	}
	in->body[in->hdr.len] = '\0';
	in->got = 0;
	return 1;
}

int
xs_errno(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (strcmp(name, xsd_errors[i].errstring) == 0)
			return xsd_errors[i].errnum;
	return EIO;
}

bool
xs_number(const char *s, uint64_t *v)
{
	uint64_t n = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	*v = n;
	return true;
}

const char *
xs_string(const char *p, size_t len, unsigned n)
{
	const char *end = p + len, *nul;

	for (; p < end; p = nul + 1) {
		/* the last one may lack its NUL: there is one behind it */
		if ((nul = memchr(p, '\0', end - p)) == NULL)
			nul = end;
		if (n-- == 0)
			return p;
	}
	return NULL;
}
