/*
 * susp.c: the system use fields of Rock Ridge: names, modes, times, symbolic
 * links, directories that were moved because they lay too deep.
 * Facts: IEEE P1281 (SUSP 1.12), IEEE P1282 (RRIP 1.12).
 */
#include "iso.h"

#define MAXCONT		16		/* continuations of one record */

struct susp {
	struct isofs	*f;
	struct isoent	*e;
	size_t		namelen, targetlen;
	bool		slash;		/* before the next component of a link */
	uint64_t	ce, celen;	/* where it goes on; 0: nowhere */
};

static void
susp_name(struct susp *s, const uint8_t *p, size_t n)
{

	if (n < 5 || (p[4] & 0x06) != 0)	/* "." and "..": we know */
		return;
	for (size_t i = 5; i < n && s->namelen < VFS_NAMEMAX; i++)
		s->e->name[s->namelen++] =
		    p[i] == '/' || p[i] == '\0' ? '_' : (char)p[i];
	s->e->name[s->namelen] = '\0';
}

static void
target_put(struct susp *s, const void *p, size_t n)
{

	if (n > sizeof(s->e->target) - 1 - s->targetlen)
		n = sizeof(s->e->target) - 1 - s->targetlen;
	memcpy(s->e->target + s->targetlen, p, n);
	s->targetlen += n;
	s->e->target[s->targetlen] = '\0';
}

static void
susp_link(struct susp *s, const uint8_t *p, size_t n)
{
	size_t i, len;

	s->e->type = VLNK;
	for (i = 5; i + 2 <= n; i += 2 + len) {
		len = p[i + 1];
		if (len > n - i - 2)
			return;
		if (s->slash)
			target_put(s, "/", 1);
		if (p[i] & 0x08)
			target_put(s, "/", 1);
		else if (p[i] & 0x02)
			target_put(s, ".", 1);
		else if (p[i] & 0x04)
			target_put(s, "..", 2);
		else
			target_put(s, p + i + 2, len);
		/* a root ends in a slash; a part is continued without */
		s->slash = (p[i] & 0x09) == 0;
	}
}

static void
susp_mode(struct susp *s, const uint8_t *p, size_t n)
{
	uint32_t mode;

	if (n < 36)
		return;
	mode = iso_le32(p + 4);
	s->e->mode = mode & 07777;
	s->e->nlink = iso_le32(p + 12);
	s->e->uid = iso_le32(p + 20);
	s->e->gid = iso_le32(p + 28);
}

/* Time stamps in a fixed order, those whose bit is set. */
static void
susp_time(struct susp *s, const uint8_t *p, size_t n)
{
	size_t size = n > 4 && (p[4] & 0x80) ? 17 : 7, at = 5;

	if (n < 5 || size == 17 || (p[4] & 0x02) == 0)
		return;
	if (p[4] & 0x01)
		at += size;
	if (at + size <= n)
		s->e->mtime = iso_time(p + at);
}

static bool
is(const uint8_t *p, const char *sig)
{

	return p[0] == sig[0] && p[1] == sig[1];
}

/* One area of fields; it may say where the next one is. */
static void
susp_area(struct susp *s, const uint8_t *p, size_t n)
{
	size_t len;

	for (; n >= 4; p += len, n -= len) {
		len = p[2];
		if (len < 4 || len > n || is(p, "ST"))
			return;
		if (is(p, "NM"))
			susp_name(s, p, len);
		else if (is(p, "PX"))
			susp_mode(s, p, len);
		else if (is(p, "SL"))
			susp_link(s, p, len);
		else if (is(p, "TF"))
			susp_time(s, p, len);
		else if (is(p, "RE"))
			s->e->hidden = true;
		else if (is(p, "CL") && len >= 12)
			s->e->child = iso_le32(p + 4);
		else if (is(p, "CE") && len >= 28) {
			s->ce = (uint64_t)iso_le32(p + 4) * s->f->block +
			    iso_le32(p + 12);
			s->celen = iso_le32(p + 20);
		}
	}
}

int
iso_susp(struct isofs *f, const uint8_t *p, size_t n, struct isoent *e)
{
	struct susp s = { .f = f, .e = e };
	uint8_t area[ISO_SECTOR];
	uint64_t off;
	int error;

	susp_area(&s, p, n);
	for (int i = 0; s.ce != 0 && i < MAXCONT; i++) {
		off = s.ce;
		n = s.celen < sizeof(area) ? s.celen : sizeof(area);
		s.ce = 0;
		if (off > f->size || n > f->size - off)
			return EIO;
		if ((error = bcache_read(f->bc, off, area, n)) != 0)
			return error;
		susp_area(&s, area, n);
	}
	return 0;
}
