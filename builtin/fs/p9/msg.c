/* msg.c: 9P2000.L's messages, byte by byte: see msg.h. */
#include <errno.h>
#include <string.h>

#include "msg.h"

/* ---- out ---- */

static void
put(struct p9msg *m, uint64_t v, size_t n)
{

	if (n > m->size - m->at) {
		m->bad = true;
		return;
	}
	for (; n > 0; n--, v >>= 8)
		m->p[m->at++] = (uint8_t)v;
}

void p9_put8(struct p9msg *m, uint8_t v) { put(m, v, 1); }
void p9_put16(struct p9msg *m, uint16_t v) { put(m, v, 2); }
void p9_put32(struct p9msg *m, uint32_t v) { put(m, v, 4); }
void p9_put64(struct p9msg *m, uint64_t v) { put(m, v, 8); }

void
p9_putstr(struct p9msg *m, const char *s)
{
	size_t n = strlen(s);

	if (n > UINT16_MAX || n + 2 > m->size - m->at) {
		m->bad = true;
		return;
	}
	put(m, n, 2);
	memcpy(m->p + m->at, s, n);
	m->at += n;
}

void
p9_begin(struct p9msg *m, uint8_t *buf, size_t room, enum p9type type,
    uint16_t tag)
{

	*m = (struct p9msg){ .p = buf, .size = room };
	p9_put32(m, 0);
	p9_put8(m, (uint8_t)type);
	p9_put16(m, tag);
}

size_t
p9_end(struct p9msg *m)
{
	size_t n = m->at;

	if (m->bad)
		return 0;
	m->at = 0;
	put(m, n, 4);
	return n;
}

/* ---- in ---- */

static uint64_t
get(struct p9msg *m, size_t n)
{
	uint64_t v = 0;

	if (m->bad || n > m->size - m->at) {
		m->bad = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)m->p[m->at++] << 8 * i;
	return v;
}

uint8_t p9_get8(struct p9msg *m) { return (uint8_t)get(m, 1); }
uint16_t p9_get16(struct p9msg *m) { return (uint16_t)get(m, 2); }
uint32_t p9_get32(struct p9msg *m) { return (uint32_t)get(m, 4); }
uint64_t p9_get64(struct p9msg *m) { return get(m, 8); }

size_t
p9_getstr(struct p9msg *m, char *to, size_t size)
{
	size_t n = p9_get16(m), k;

	to[0] = '\0';
	if (m->bad || n > m->size - m->at ||
	    memchr(m->p + m->at, '\0', n) != NULL) {
		m->bad = true;
		return 0;
	}
	k = n < size - 1 ? n : size - 1;
	memcpy(to, m->p + m->at, k);
	to[k] = '\0';
	m->at += n;
	return n;
}

void
p9_getqid(struct p9msg *m, struct p9qid *q)
{

	q->type = p9_get8(m);
	q->version = p9_get32(m);
	q->path = p9_get64(m);
}

void
p9_getattr(struct p9msg *m, struct p9attr *a)
{

	(void)p9_get64(m);		/* what of it is valid: all that we asked */
	p9_getqid(m, &a->qid);
	a->mode = p9_get32(m);
	a->uid = p9_get32(m);
	a->gid = p9_get32(m);
	a->nlink = p9_get64(m);
	a->rdev = p9_get64(m);
	a->size = p9_get64(m);
	a->blksize = p9_get64(m);
	a->blocks = p9_get64(m);
	for (int i = 0; i < 4; i++) {
		a->sec[i] = p9_get64(m);
		a->nsec[i] = p9_get64(m);
		if (a->nsec[i] >= 1000000000)
			a->nsec[i] = 0;
	}
	if (a->size > INT64_MAX)
		m->bad = true;
	if (a->blksize < 512 || a->blksize > 1 << 24)
		a->blksize = 4096;
}

const uint8_t *
p9_getdata(struct p9msg *m, size_t max, size_t *n)
{
	const uint8_t *p;

	*n = p9_get32(m);
	if (m->bad || *n > max || *n > m->size - m->at) {
		m->bad = true;
		*n = 0;
		return NULL;
	}
	p = m->p + m->at;
	m->at += *n;
	return p;
}

bool
p9_getdirent(struct p9msg *m, struct p9dirent *de)
{
	size_t n;

	if (m->bad || m->at == m->size)
		return false;
	p9_getqid(m, &de->qid);
	de->next = p9_get64(m);
	(void)p9_get8(m);
	n = p9_getstr(m, de->name, sizeof(de->name));
	if (n == 0 || n > P9_NAMEMAX || strchr(de->name, '/') != NULL)
		m->bad = true;
	return !m->bad;
}

/* ---- errors: Linux's that differ (asm-generic/errno.h) ---- */

int
p9_errno(uint32_t e)
{
	static const struct { uint8_t theirs, ours; } t[] = {
		{ 11, EAGAIN }, { 35, EDEADLK }, { 36, ENAMETOOLONG },
		{ 38, ENOSYS }, { 39, ENOTEMPTY }, { 40, ELOOP },
		{ 61, ENODATA }, { 75, EOVERFLOW }, { 95, EOPNOTSUPP },
		{ 110, ETIMEDOUT }, { 116, ESTALE }, { 122, EDQUOT },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (t[i].theirs == e)
			return t[i].ours;
	return e >= 1 && e <= 34 ? (int)e : EIO;
}

int
p9_reply(struct p9msg *m, uint8_t *buf, size_t n, enum p9type type, uint16_t tag)
{
	uint32_t size;
	uint8_t got;

	*m = (struct p9msg){ .p = buf, .size = n };
	size = p9_get32(m);
	got = p9_get8(m);
	if (p9_get16(m) != tag || m->bad || size < P9_HEADER || size > n)
		return EIO;
	m->size = size;
	if (got == P9_LERROR + 1) {
		uint32_t e = p9_get32(m);

		return m->bad ? EIO : p9_errno(e);
	}
	return got == type + 1 ? 0 : EIO;
}
