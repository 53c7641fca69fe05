/*
 * record.c: directory records.  Facts: ECMA-119, 4th edition, sections 6.8, 9.1;
 * Joliet specification (1995).  Everything that comes from the disk is checked
 * before it is used: a record must be inside its sector, a file inside the
 * volume.
 */
#include "iso.h"

#define REC_MIN		34
#define REC_DIR		0x02
#define REC_MULTI	0x80

struct timespec
iso_time(const uint8_t *p)
{
	static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212,
	    243, 273, 304, 334 };
	int y = 1900 + p[0], m = p[1];
	int64_t days;

	if (m < 1 || m > 12 || p[2] < 1 || y < 1970)
		return (struct timespec){ 0, 0 };
	days = (y - 1970) * 365 + (y - 1969) / 4 - (y - 1901) / 100 +
	    (y - 1601) / 400 + before[m - 1] + p[2] - 1;
	if (m > 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		days++;
	return (struct timespec){ days * 86400 + p[3] * 3600 + p[4] * 60 +
	    p[5] - (int8_t)p[6] * 900, 0 };
}

/* ---- names ---- */

static void
name_plain(const uint8_t *p, size_t n, char *name)
{
	size_t i;

	for (i = 0; i < n && p[i] != ';' && i < VFS_NAMEMAX; i++) {
		name[i] = p[i] >= 'A' && p[i] <= 'Z' ? p[i] + 32 : p[i];
		if (name[i] == '/' || name[i] == '\0')
			name[i] = '_';
	}
	if (i > 1 && name[i - 1] == '.')
		i--;
	name[i] = '\0';
}

/* UCS-2, big endian; surrogates as UTF-16 has them. */
static uint32_t
utf16_next(const uint8_t *p, size_t n, size_t *i)
{
	uint32_t c = p[*i] << 8 | p[*i + 1], d;

	*i += 2;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || *i + 1 >= n)
		return 0xfffd;
	d = p[*i] << 8 | p[*i + 1];
	if (d < 0xdc00 || d > 0xdfff)
		return 0xfffd;
	*i += 2;
	return 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
}

static size_t
utf8_put(char *s, uint32_t c)
{

	if (c < 0x80)
		return s[0] = (char)c, 1;
	if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	s[0] = (char)(0xf0 | c >> 18);
	s[1] = (char)(0x80 | (c >> 12 & 0x3f));
	s[2] = (char)(0x80 | (c >> 6 & 0x3f));
	s[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void
name_joliet(const uint8_t *p, size_t n, char *name)
{
	size_t i = 0, k = 0;
	uint32_t c;

	while (i + 1 < n && k + 4 <= VFS_NAMEMAX) {
		c = utf16_next(p, n, &i);
		if (c == ';')
			break;
		k += utf8_put(name + k, c == '/' || c == 0 ? '_' : c);
	}
	name[k] = '\0';
}

/* ---- records ---- */

static int
section_add(struct isofs *f, const uint8_t *rec, struct isoent *e)
{
	/* the extent begins with its extended attribute record */
	uint64_t off = ((uint64_t)iso_le32(rec + 2) + rec[1]) * f->block;
	uint64_t len = iso_le32(rec + 10);

	if (rec[26] != 0 || rec[27] != 0)
		return EIO;		/* interleaved: nobody makes these */
	if (len == 0)
		return 0;
	if (off > f->size || len > f->size - off)
		return EIO;
	if (e->nsect == ISO_MAXSECT)
		return EFBIG;
	e->sect[e->nsect++] = (struct isosect){ off, len };
	e->size += len;
	return 0;
}

/* The first record of a file. */
static int
record_parse(struct isofs *f, const uint8_t *rec, struct isoent *e)
{
	size_t len = rec[0], n = rec[32], su;
	const uint8_t *name = rec + 33;

	e->type = rec[25] & REC_DIR ? VDIR : VREG;
	e->mode = e->type == VDIR ? 0555 : 0444;
	e->nlink = 1;
	e->mtime = iso_time(rec + 18);
	e->dots = n == 1 && (name[0] == 0 || name[0] == 1);
	if (e->dots)
		strcpy(e->name, name[0] == 0 ? "." : "..");
	else if (f->names == ISO_JOLIET)
		name_joliet(name, n, e->name);
	else
		name_plain(name, n, e->name);
	if (f->names != ISO_ROCKRIDGE)
		return 0;
	su = 33 + n + (n % 2 == 0) + f->skip;
	return su < len ? iso_susp(f, rec + su, len - su, e) : 0;
}

/* CL: the directory is somewhere else; its own "." knows how long it is. */
static int
child_follow(struct isofs *f, struct isoent *e)
{
	uint64_t off = (uint64_t)e->child * f->block;
	uint8_t rec[REC_MIN] = { 0 };
	int error;

	if (off > f->size || f->size - off < sizeof(rec))
		return EIO;
	if ((error = bcache_read(f->bc, off, rec, sizeof(rec))) != 0)
		return error;
	if (rec[0] < REC_MIN || rec[32] != 1 || rec[33] != 0)
		return EIO;
	e->type = VDIR;
	e->nsect = 0;
	e->size = 0;
	return section_add(f, rec, e);
}

static void
entry_clear(struct isoent *e)
{

	memset(e, 0, offsetof(struct isoent, sect));
	e->target[0] = '\0';
	e->dots = e->hidden = false;
	e->child = 0;
}

/*
 * The record at pos or, if its sector has no more, the first of the next one,
 * copied to rec (256 bytes); *pos is where it was.
 */
static int
record_read(struct isofs *f, const struct isosect *dir, uint64_t *pos,
    uint8_t *rec)
{
	size_t left;
	int error;

	for (;; *pos += left) {
		if (*pos >= dir->len)
			return ENOENT;
		left = ISO_SECTOR - *pos % ISO_SECTOR;
		if (left > dir->len - *pos)
			left = dir->len - *pos;
		if (left < REC_MIN)
			continue;
		error = bcache_read(f->bc, dir->off + *pos, rec, 1);
		if (error != 0)
			return error;
		if (rec[0] == 0)
			continue;
		if (rec[0] < REC_MIN || rec[0] > left)
			return EIO;
		error = bcache_read(f->bc, dir->off + *pos, rec, rec[0]);
		if (error == 0 && (rec[32] == 0 || rec[32] > rec[0] - 33))
			error = EIO;
		return error;
	}
}

int
iso_entry(struct isofs *f, const struct isosect *dir, uint64_t pos,
    struct isoent *e)
{
	uint8_t rec[256];
	bool more;
	int error;

	entry_clear(e);
	if ((error = record_read(f, dir, &pos, rec)) != 0)
		return error;
	e->at = dir->off + pos;
	if ((error = record_parse(f, rec, e)) != 0)
		return error;
	for (;;) {
		if ((error = section_add(f, rec, e)) != 0)
			return error;
		pos += rec[0];
		more = (rec[25] & REC_MULTI) != 0 && e->type == VREG;
		if (!more)
			break;
		error = record_read(f, dir, &pos, rec);
		if (error != 0)
			return error == ENOENT ? EIO : error;
	}
	e->next = pos;
	if (e->child != 0)
		return child_follow(f, e);
	if (e->type == VDIR && e->nsect != 1)
		return EIO;
	return 0;
}

int
iso_root(struct isofs *f, const uint8_t *rec, struct isoent *e)
{

	entry_clear(e);
	if (rec[0] < REC_MIN || (rec[25] & REC_DIR) == 0)
		return EIO;
	e->type = VDIR;
	e->mode = 0555;
	e->nlink = 1;
	e->mtime = iso_time(rec + 18);
	if (section_add(f, rec, e) != 0 || e->nsect != 1)
		return EIO;
	return 0;
}

/* IEEE P1281, section 5.3: SP is the first field of the root's ".". */
bool
iso_has_rockridge(struct isofs *f, const struct isosect *root)
{
	uint8_t rec[256];
	uint64_t pos = 0;

	if (record_read(f, root, &pos, rec) != 0 || rec[0] < 34 + 7)
		return false;
	if (memcmp(rec + 34, "SP\7\1\276\357", 6) != 0)
		return false;
	f->skip = rec[40];
	return true;
}
