/* dns.c: dns.h's two functions.  What a server says is not trusted. */
#include <string.h>

#include "dns.h"

#define HEADER	12
enum { RCODE_OK = 0, RCODE_NXDOMAIN = 3 };

static unsigned
get16(const uint8_t *p)
{

	return p[0] << 8 | p[1];
}

static uint8_t *
put16(uint8_t *p, unsigned v)
{

	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

int
dns_question(const char *name, int type, uint16_t id, uint8_t *buf, size_t size)
{
	size_t n = strlen(name);
	uint8_t *p = buf;

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (n == 0 || n > 253 || size < HEADER + n + 2 + 4)
		return -1;
	memset(p, 0, HEADER);
	put16(p, id);
	p[2] = 1;			/* recursion desired */
	p[5] = 1;			/* one question */
	p += HEADER;
	for (const char *end = name + n; name < end;) {
		const char *dot = memchr(name, '.', end - name);
		size_t len = (dot != NULL ? dot : end) - name;

		if (len == 0 || len > 63)
			return -1;
		*p++ = len;
		memcpy(p, name, len);
		p += len;
		name += len + 1;
	}
	*p++ = 0;
	p = put16(p, type);
	p = put16(p, 1);		/* Internet */
	return p - buf;
}

/* Behind the name at off, or 0. */
static size_t
skip_name(const uint8_t *p, size_t n, size_t off)
{

	while (off < n) {
		if (p[off] == 0)
			return off + 1;
		if (p[off] >= 0xc0)
			return off + 2;
		off += p[off] + 1;
	}
	return 0;
}

int
dns_answer(const uint8_t *p, size_t n, const uint8_t *q, size_t nq, int type,
    struct dns_addr *out)
{
	size_t off = nq, want = type == DNS_A ? 4 : 16;
	unsigned count;
	int found = 0;

	/* an answer, to our number, that repeats our question */
	if (n < nq || get16(p) != get16(q) || !(p[2] & 0x80) ||
	    get16(p + 4) != 1 || memcmp(p + HEADER, q + HEADER, nq - HEADER) != 0)
		return -1;
	if ((p[3] & 0xf) != RCODE_OK)
		return (p[3] & 0xf) == RCODE_NXDOMAIN ? -2 : -3;
	for (count = get16(p + 6); count > 0 && found < DNS_MAXADDR; count--) {
		size_t len;

		off = skip_name(p, n, off);
		if (off == 0 || off + 10 > n)
			break;
		len = get16(p + off + 8);
		if (off + 10 + len > n)
			break;
		if (get16(p + off) == (unsigned)type && get16(p + off + 2) == 1 &&
		    len == want) {
			out[found].type = type;
			memcpy(out[found++].addr, p + off + 10, len);
		}
		off += 10 + len;
	}
	return found;
}
