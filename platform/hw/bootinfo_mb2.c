/*
 * Multiboot2 boot information (Multiboot2 Specification 2.0, section 3.6).
 */
#include <string.h>

#include "bootinfo.h"

#define TAG_END		0
#define TAG_CMDLINE	1
#define TAG_MODULE	3
#define TAG_MMAP	6
#define TAG_RSDP_OLD	14
#define TAG_RSDP_NEW	15
#define TAG_EFI_MMAP	17
#define TAG_EFI_BS	18		/* boot services not terminated */

#define INFO_MAX	(4 * 1024 * 1024)

#define MEM_RAM		1
/* EFI memory types (UEFI 2.9, section 7.2) that are RAM once it is ours. */
#define EFI_LOADER_CODE	1
#define EFI_LOADER_DATA	2
#define EFI_BS_CODE	3
#define EFI_BS_DATA	4
#define EFI_CONVENTIONAL 7

struct tag { uint32_t type, size; };
struct mb2_mem { uint64_t base, size; uint32_t type, reserved; };
struct efi_mem { uint32_t type, pad; uint64_t pa, va, pages, attr; };

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* p: the tag's body of size bytes: entry size, version, entries. */
static void
parse_mmap(const uint8_t *p, uint32_t size, struct hw_bootinfo *bi)
{
	uint32_t step, off;

	if (size < 8 || (step = get32(p)) < sizeof(struct mb2_mem))
		return;
	for (off = 8; size - off >= step; off += step) {
		struct mb2_mem m;

		memcpy(&m, p + off, sizeof(m));
		hw_bootinfo_mem(bi, m.base, m.size, m.type == MEM_RAM);
	}
}

static void
parse_efi_mmap(const uint8_t *p, uint32_t size, struct hw_bootinfo *bi)
{
	uint32_t step, off;

	if (size < 8 || (step = get32(p)) < sizeof(struct efi_mem))
		return;
	for (off = 8; size - off >= step; off += step) {
		struct efi_mem m;
		bool ram;

		memcpy(&m, p + off, sizeof(m));
		ram = (m.type >= EFI_LOADER_CODE && m.type <= EFI_BS_DATA) ||
		    m.type == EFI_CONVENTIONAL;
		if (m.pages <= UINT64_MAX >> 12)
			hw_bootinfo_mem(bi, m.pa, m.pages << 12, ram);
	}
}

static bool
parse_tag(uint32_t type, const uint8_t *p, uint32_t size, uint64_t pa,
    struct hw_bootinfo *bi)
{

	switch (type) {
	case TAG_CMDLINE:
		if (memchr(p, 0, size) == NULL) {
			bi->error = "multiboot2 command line without an end";
			return false;
		}
		bi->cmdline_pa = pa;
		bi->cmdline_len = strlen((const char *)p);
		return true;
	case TAG_MODULE:
		if (size < 8 || get32(p) > get32(p + 4)) {
			bi->error = "multiboot2 module with a wrong address";
			return false;
		}
		return hw_bootinfo_module(bi, get32(p),
		    get32(p + 4) - get32(p));
	case TAG_RSDP_OLD:
	case TAG_RSDP_NEW:
		/* The newer one wins, wherever it stands. */
		if (size >= 20 && size > bi->rsdp_len) {
			bi->rsdp_len = size < 36 ? 20 : 36;
			memcpy(bi->rsdp, p, bi->rsdp_len);
		}
		return true;
	case TAG_EFI_BS:
		bi->error = "EFI boot services have not been left";
		return false;
	}
	return true;
}

bool
hw_mb2_parse(uint64_t pa, struct hw_bootinfo *bi)
{
	const uint8_t *info, *efi = NULL;
	uint32_t total, off, efi_size = 0;
	bool mmap = false;
	struct tag t;

	memset(bi, 0, sizeof(*bi));
	bi->loader = "multiboot2";
	bi->error = "no multiboot2 information";
	if ((pa & 7) != 0 || (info = hw_phys(pa, 8)) == NULL)
		return false;
	total = get32(info);
	if (total < 16 || total > INFO_MAX ||
	    (info = hw_phys(pa, total)) == NULL)
		return false;
	for (off = 8; total - off >= sizeof(t); ) {
		memcpy(&t, info + off, sizeof(t));
		if (t.type == TAG_END || t.size < sizeof(t) ||
		    t.size > total - off)
			break;
		if (t.type == TAG_MMAP) {
			mmap = true;
			parse_mmap(info + off + 8, t.size - 8, bi);
		} else if (t.type == TAG_EFI_MMAP) {
			efi = info + off + 8;
			efi_size = t.size - 8;
		} else if (!parse_tag(t.type, info + off + 8, t.size - 8,
		    pa + off + 8, bi))
			return false;
		if (t.size > total - off - 7)
			break;
		off += (t.size + 7) & ~7U;
		if (off > total)
			break;
	}
	/* GRUB makes the plain map from EFI's; it is the better tested one. */
	if (!mmap && efi != NULL)
		parse_efi_mmap(efi, efi_size, bi);
	if (!hw_bootinfo_finish(bi))
		return false;
	bi->error = NULL;
	return true;
}
