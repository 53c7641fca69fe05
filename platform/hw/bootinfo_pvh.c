/*
 * The PVH boot protocol's hvm_start_info (Xen, docs/misc/pvh.pandoc and
 * public/arch-x86/hvm/start_info.h); QEMU -kernel uses it too.
 */
#include <string.h>

#include "bootinfo.h"

#define START_MAGIC	0x336ec578
#define MEM_RAM		1
#define MEM_MAX		1024		/* entries that are looked at */

struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp;
	/* from version 1 on */
	uint64_t memmap;
	uint32_t memmap_entries, reserved;
};
#define START_V0	40

struct start_module { uint64_t pa, size, cmdline, reserved; };
struct start_mem { uint64_t base, size; uint32_t type, reserved; };

static bool
parse_memory(const struct start_info *si, struct hw_bootinfo *bi)
{
	uint32_t i, n = si->memmap_entries;

	if (n > MEM_MAX) {
		n = MEM_MAX;
		bi->truncated = true;
	}
	for (i = 0; i < n; i++) {
		struct start_mem m;
		const void *p = hw_phys(si->memmap + i * sizeof(m), sizeof(m));

		if (p == NULL) {
			bi->error = "PVH memory map outside the memory";
			return false;
		}
		memcpy(&m, p, sizeof(m));
		hw_bootinfo_mem(bi, m.base, m.size, m.type == MEM_RAM);
	}
	return hw_bootinfo_finish(bi);
}

static bool
parse_modules(const struct start_info *si, struct hw_bootinfo *bi)
{
	uint32_t i;

	for (i = 0; i < si->nr_modules; i++) {
		struct start_module m;
		const void *p = hw_phys(si->modlist + i * sizeof(m), sizeof(m));

		if (p == NULL) {
			bi->error = "PVH module list outside the memory";
			return false;
		}
		memcpy(&m, p, sizeof(m));
		if (!hw_bootinfo_module(bi, m.pa, m.size))
			return false;
	}
	return true;
}

bool
hw_pvh_parse(uint64_t pa, struct hw_bootinfo *bi)
{
	struct start_info si;
	const void *p;

	memset(bi, 0, sizeof(*bi));
	memset(&si, 0, sizeof(si));
	bi->loader = "PVH";
	bi->error = "no PVH start information";
	if ((p = hw_phys(pa, START_V0)) == NULL)
		return false;
	memcpy(&si, p, START_V0);
	if (si.magic != START_MAGIC)
		return false;
	if (si.version == 0) {
		bi->error = "PVH start information without a memory map "
		    "(version 0)";
		return false;
	}
	if ((p = hw_phys(pa, sizeof(si))) == NULL)
		return false;
	memcpy(&si, p, sizeof(si));
	if (!parse_memory(&si, bi) || !parse_modules(&si, bi))
		return false;
	if (si.cmdline != 0) {
		if (!hw_bootinfo_string(si.cmdline, &bi->cmdline_len)) {
			bi->error = "PVH command line without an end";
			return false;
		}
		bi->cmdline_pa = si.cmdline;
	}
	bi->rsdp_pa = si.rsdp;
	bi->error = NULL;
	return true;
}
