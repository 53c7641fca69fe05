/*
 * part.c: partition tables: MBR with logical partitions from number 5 (as
 * everybody numbers them), and GPT (UEFI specification 2.10, section 5.3).
 * Sectors of 512 bytes; a GPT of 4096-byte sectors is found, too.
 */
#include "blk.h"
#include <stdlib.h>

#define MBR_TABLE	446
#define TYPE_EXT_CHS	0x05
#define TYPE_EXT_LBA	0x0f
#define TYPE_EXT_LINUX	0x85
#define TYPE_GPT	0xee

static uint32_t
le32(const uint8_t *p)
{

	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}
static uint64_t le64(const uint8_t *p)
{ return le32(p) | (uint64_t)le32(p + 4) << 32; }

static uint32_t
crc32(const uint8_t *p, size_t n)
{
	uint32_t c = ~0U;

	while (n-- > 0) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (0xedb88320 & -(c & 1));
	}
	return ~c;
}

static int
part_set(struct blk *b, uint64_t first, uint64_t n, uint32_t sector,
    uint64_t *begin, uint64_t *size)
{
	uint64_t sectors = b->size / sector;

	if (n == 0 || first == 0 || first >= sectors || n > sectors - first)
		return ENXIO;
	*begin = first * sector;
	*size = n * sector;
	return 0;
}

static bool
is_extended(uint8_t type)
{

	return type == TYPE_EXT_CHS || type == TYPE_EXT_LBA ||
	    type == TYPE_EXT_LINUX;
}

/* The chain of extended boot records: each has one partition and a link. */
static int
mbr_logical(struct blk *b, uint64_t ext, unsigned n, uint64_t *begin,
    uint64_t *size)
{
	uint64_t ebr = ext;
	uint8_t sec[512], *e;
	int error;

	for (unsigned i = 5; i <= n && i < 128; i++) {
		if ((error = blk_read(b, ebr * 512, sec, 512)) != 0)
			return error == EIO ? ENXIO : error;
		if (sec[510] != 0x55 || sec[511] != 0xaa)
			return ENXIO;
		e = sec + MBR_TABLE;
		if (i == n)
			return part_set(b, ebr + le32(e + 8), le32(e + 12),
			    512, begin, size);
		e += 16;
		if (!is_extended(e[4]) || le32(e + 8) == 0)
			return ENXIO;
		ebr = ext + le32(e + 8);
	}
	return ENXIO;
}

static int
gpt_find(struct blk *b, uint32_t sector, unsigned n, uint64_t *begin,
    uint64_t *size)
{
	uint8_t h[512], e[128];
	uint32_t hsize, entries, esize, crc;

	if (blk_read(b, sector, h, sizeof(h)) != 0 ||
	    memcmp(h, "EFI PART", 8) != 0)
		return ENOENT;
	hsize = le32(h + 12);
	crc = le32(h + 16);
	memset(h + 16, 0, 4);
	if (hsize < 92 || hsize > sizeof(h) || crc32(h, hsize) != crc)
		return ENXIO;
	entries = le32(h + 80);
	esize = le32(h + 84);
	if (n > entries || esize < sizeof(e) || esize > 4096 ||
	    le64(h + 72) > b->size / sector)
		return ENXIO;
	if (blk_read(b, le64(h + 72) * sector + (uint64_t)(n - 1) * esize, e,
	    sizeof(e)) != 0)
		return ENXIO;
	if (le64(e) == 0 && le64(e + 8) == 0)
		return ENXIO;		/* type: unused */
	if (le64(e + 40) < le64(e + 32))
		return ENXIO;
	return part_set(b, le64(e + 32), le64(e + 40) - le64(e + 32) + 1,
	    sector, begin, size);
}

int
blk_partition(struct blk *b, unsigned n, uint64_t *begin, uint64_t *size)
{
	uint8_t sec[512], *e;
	int i, error;

	if (blk_read(b, 0, sec, sizeof(sec)) != 0 || sec[510] != 0x55 ||
	    sec[511] != 0xaa)
		return ENXIO;
	e = sec + MBR_TABLE;
	if (e[4] == TYPE_GPT) {
		if ((error = gpt_find(b, 512, n, begin, size)) == ENOENT)
			error = gpt_find(b, 4096, n, begin, size);
		return error == ENOENT ? ENXIO : error;
	}
	if (n >= 1 && n <= 4) {
		e += (n - 1) * 16;
		return e[4] == 0 ? ENXIO : part_set(b, le32(e + 8),
		    le32(e + 12), 512, begin, size);
	}
	for (i = 0; i < 4; i++, e += 16)
		if (is_extended(e[4]))
			return mbr_logical(b, le32(e + 8), n, begin, size);
	return ENXIO;
}

int
blk_partopen(const char *name, int mode, struct blk *b)
{
	char disk[sizeof(b->name)], *end;
	const char *s = strrchr(name, 's');
	uint64_t begin, size;
	unsigned n;
	int error;

	if (s == NULL || s == name || strlen(name) >= sizeof(disk))
		return ENOENT;
	n = strtoul(s + 1, &end, 10);
	if (n == 0 || end == s + 1 || *end != '\0')
		return ENOENT;
	memcpy(disk, name, s - name);
	disk[s - name] = '\0';
	if ((error = blk_hostopen(disk, mode, b)) != 0)
		return error;
	if ((error = blk_partition(b, n, &begin, &size)) != 0) {
		blk_hostclose(b);
		return error;
	}
	b->base = begin;
	b->size = size;
	return 0;
}
