/*
 * dsdt_parse.c: constants and resource templates in AML bytes, found without
 * interpreting the rest.  ACPI 6.4: section 20.2 (encoding of AML), section
 * 6.4 (resource descriptors).  No byte outside [aml, aml + len) is read,
 * whatever the bytes say.
 */
#include <dsdt.h>
#include <string.h>

#define AML_NAME	0x08
#define AML_BYTE	0x0a
#define AML_WORD	0x0b
#define AML_DWORD	0x0c
#define AML_STRING	0x0d
#define AML_QWORD	0x0e
#define AML_BUFFER	0x11
#define AML_METHOD	0x14
#define AML_RETURN	0xa4

static uint64_t
le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* An integer object at p; bytes used, 0: it is none. */
static size_t
integer(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
	size_t n;

	if (p >= end)
		return 0;
	switch (*p) {
	case 0x00: case 0x01:
		*v = *p;
		return 1;
	case 0xff:
		*v = ~0ull;
		return 1;
	case AML_BYTE:	n = 1; break;
	case AML_WORD:	n = 2; break;
	case AML_DWORD:	n = 4; break;
	case AML_QWORD:	n = 8; break;
	default:
		return 0;
	}
	if ((size_t)(end - p) < 1 + n)
		return 0;
	*v = le(p + 1, n);
	return 1 + n;
}

/* PkgLength at p; bytes of its encoding, 0: cut off. */
static size_t
pkglength(const uint8_t *p, const uint8_t *end, size_t *len)
{
	size_t n, i;

	if (p >= end)
		return 0;
	n = *p >> 6;
	if ((size_t)(end - p) < 1 + n)
		return 0;
	*len = n == 0 ? *p & 0x3f : *p & 0x0f;
	for (i = 0; i < n; i++)
		*len |= (size_t)p[1 + i] << (4 + 8 * i);
	return 1 + n;
}

static int
address_space(const uint8_t *d, size_t len, unsigned w, struct dsdt_res *r)
{
	static const enum dsdt_kind kinds[] = { DSDT_MEM, DSDT_IO, DSDT_BUS };

	if (len < 6 + 5 * w || d[3] > 2)
		return 0;
	r->kind = kinds[d[3]];
	r->window = true;
	r->base = le(d + 6 + w, w);
	r->size = le(d + 6 + 4 * w, w);
	r->flags = d[4];
	return r->size != 0;
}

/* One descriptor of len bytes at d; 1: r says what it is. */
static int
descriptor(const uint8_t *d, size_t len, struct dsdt_res *r)
{

	memset(r, 0, sizeof(*r));
	switch (d[0]) {
	case 0x8a:
		return address_space(d, len, 8, r);
	case 0x87:
		return address_space(d, len, 4, r);
	case 0x88:
		return address_space(d, len, 2, r);
	case 0x86:		/* 32-bit fixed memory */
		if (len < 12)
			return 0;
		r->kind = DSDT_MEM;
		r->base = le(d + 4, 4);
		r->size = le(d + 8, 4);
		return r->size != 0;
	case 0x89:		/* extended interrupt: the first of its list */
		if (len < 9 || d[4] == 0)
			return 0;
		r->kind = DSDT_IRQ;
		r->base = le(d + 5, 4);
		r->size = 1;
		r->flags = d[3];
		return 1;
	case 0x47:		/* I/O ports */
		if (len < 8)
			return 0;
		r->kind = DSDT_IO;
		r->base = le(d + 2, 2);
		r->size = d[7];
		return r->size != 0;
	}
	return 0;
}

static int
template(const uint8_t *p, size_t len, struct dsdt_res *r)
{
	size_t n;
	int count = 0;

	while (len > 0 && count < DSDT_MAXRES) {
		if (*p & 0x80) {
			if (len < 3)
				break;
			n = 3 + le(p + 1, 2);
		} else
			n = 1 + (*p & 7);
		if (n > len || (*p & 0xf8) == 0x78)	/* end tag */
			break;
		count += descriptor(p, n, &r[count]);
		p += n;
		len -= n;
	}
	return count;
}

/* What follows Name (_HID: a string, or a packed EISA number. */
static void
hid_name(const uint8_t *p, const uint8_t *end, char hid[9])
{
	static const char hex[] = "0123456789ABCDEF";
	uint64_t v;
	unsigned i;

	hid[0] = '\0';
	if (p < end && *p == AML_STRING) {
		for (i = 0, p++; i < 8 && p < end && *p != 0; i++)
			hid[i] = *p++;
		hid[i] = '\0';
	} else if (integer(p, end, &v) == 5) {
		v = __builtin_bswap32(v);
		for (i = 0; i < 3; i++)
			hid[i] = '@' + ((v >> (26 - 5 * i)) & 0x1f);
		for (i = 0; i < 4; i++)
			hid[3 + i] = hex[(v >> (12 - 4 * i)) & 15];
		hid[7] = '\0';
	}
}

void
dsdt_parse(const uint8_t *aml, size_t len, void (*fn)(const char *hid,
    const struct dsdt_res *, int n, void *), void *arg)
{
	struct dsdt_res res[DSDT_MAXRES];
	const uint8_t *p, *q, *end = aml + len;
	char hid[9] = "";
	size_t n, pkg;
	uint64_t size;

	for (p = aml; end - p >= 7; p++) {
		if (p[0] != AML_NAME || p[1] != '_')
			continue;
		if (memcmp(p + 1, "_HID", 4) == 0) {
			hid_name(p + 5, end, hid);
			continue;
		}
		if (memcmp(p + 1, "_CRS", 4) != 0 || p[5] != AML_BUFFER)
			continue;
		q = p + 6;
		if ((n = pkglength(q, end, &pkg)) == 0 ||
		    pkg > (size_t)(end - q) || pkg < n)
			continue;
		pkg -= n;
		q += n;
		if ((n = integer(q, q + pkg, &size)) == 0)
			continue;
		fn(hid, res, template(q + n, pkg - n, res), arg);
	}
}

bool
dsdt_find_constant(const uint8_t *aml, size_t len, const char *name,
    uint64_t *v)
{
	const uint8_t *p, *end = aml + len;

	for (p = aml + 1; end - p >= 7; p++) {
		if (memcmp(p, name, 4) != 0)
			continue;
		/* Name (name, constant), Method (name) { Return (constant) } */
		if (p[-1] == AML_NAME && integer(p + 4, end, v) != 0)
			return true;
		if (p[5] == AML_RETURN && integer(p + 6, end, v) != 0)
			return true;
	}
	return false;
}
