/*
 * bootinfo.h: what the boot loader and the firmware tell, and the parsers of
 * it.  Everything declared here is pure: it trusts no length and no pointer,
 * touches memory only through hw_phys() or the buffer given, and is compiled
 * on the host too, where it is fuzzed (tests/host/fuzz_boot.c).
 */
#ifndef HW_BOOTINFO_H
#define HW_BOOTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read-only view of len bytes of physical memory at pa, or NULL when they
 * cannot be looked at.  The boot's early mapping reaches 4 GB.
 */
const void *hw_phys(uint64_t pa, uint64_t len);

/* ---- ranges of memory: sorted, disjoint, not adjacent ---- */

struct hw_range { uint64_t base, end; };
#define HW_NRANGE	128
struct hw_ranges {
	unsigned	n;
	struct hw_range	r[HW_NRANGE];
};
/* Both return false when the table is full; an add is then forgotten, a
 * subtraction takes away the rest of the range that it would have split. */
bool	hw_ranges_add(struct hw_ranges *, uint64_t base, uint64_t end);
bool	hw_ranges_sub(struct hw_ranges *, uint64_t base, uint64_t end);
/* Shrink every range to whole pages, dropping what becomes empty. */
void	hw_ranges_pages(struct hw_ranges *);

/* ---- boot information ---- */

#define HW_NMODULE	16
struct hw_module { uint64_t pa, size; };
struct hw_bootinfo {
	const char	*loader;	/* "PVH", "multiboot2" */
	const char	*error;		/* what made the parser fail */
	struct hw_ranges ram;		/* usable, minus everything reserved */
	struct hw_ranges resv;		/* work space */
	uint64_t	cmdline_pa;	/* 0: none */
	uint64_t	cmdline_len;	/* without the NUL, which is there */
	unsigned	nmodule;
	struct hw_module module[HW_NMODULE];
	uint64_t	rsdp_pa;	/* 0: not told */
	uint8_t		rsdp[36];	/* multiboot2 brings a copy */
	size_t		rsdp_len;
	bool		truncated;	/* memory map did not fit */
};
/* Fill bi; false with bi->error set when the data are not to be used. */
bool	hw_pvh_parse(uint64_t start_info, struct hw_bootinfo *bi);
bool	hw_mb2_parse(uint64_t info, struct hw_bootinfo *bi);
/* Shared by both. */
void	hw_bootinfo_mem(struct hw_bootinfo *, uint64_t base, uint64_t size,
	    bool usable);
bool	hw_bootinfo_finish(struct hw_bootinfo *);
bool	hw_bootinfo_string(uint64_t pa, uint64_t *len);
bool	hw_bootinfo_module(struct hw_bootinfo *, uint64_t pa, uint64_t size);

/* ---- ACPI tables (acpi.c): p points at a whole table of size bytes ---- */

struct hw_gas {			/* generic address */
	uint8_t		space;	/* 0 memory, 1 I/O; 0xff: none */
	uint8_t		width;	/* bits */
	uint64_t	addr;
};
#define HW_NIOAPIC	16
#define HW_NOVERRIDE	32
struct hw_madt {
	uint64_t	lapic;
	bool		pcat;		/* there is an 8259 pair */
	unsigned	ncpu, nioapic, noverride;
	uint32_t	apicid[64];	/* enabled CPUs, the table's order */
	struct { uint32_t addr, gsi; } ioapic[HW_NIOAPIC];
	struct { uint8_t irq; uint32_t gsi; uint16_t flags; }
			override[HW_NOVERRIDE];
	int		nmi_lint;	/* LINT of the NMI, -1: not told */
};
struct hw_fadt {
	uint64_t	dsdt;
	bool		reduced;	/* hardware-reduced ACPI */
	bool		no_8042, no_rtc, no_vga;
	bool		has_reset;
	struct hw_gas	pm1a, pm1b, pmtimer, sleep, reset;
	bool		pmtimer32;
	uint8_t		reset_value;
	uint16_t	smi_cmd;	/* 0: always in ACPI mode */
	uint8_t		acpi_enable;
	/* Events: PM1's status registers, enable registers evtlen / 2 later. */
	struct hw_gas	pm1a_evt, pm1b_evt, gpe[2];
	uint8_t		evtlen, gpelen[2];
	uint16_t	sci;
	bool		button;		/* a power button of fixed hardware */
};
#define HW_ACPI_HEADER	36
/* Table of `size' bytes: length field fits, checksum right. */
bool	hw_acpi_valid(const void *p, size_t size);
/* Root table's address from an RSDP of size bytes (20 or 36). */
bool	hw_acpi_root(const void *rsdp, size_t size, uint64_t *pa);
/* The n-th address in an RSDT or XSDT; false past its end. */
bool	hw_acpi_entry(const void *root, size_t size, unsigned n, uint64_t *pa);
bool	hw_acpi_madt(const void *p, size_t size, struct hw_madt *);
bool	hw_acpi_fadt(const void *p, size_t size, struct hw_fadt *);
bool	hw_acpi_hpet(const void *p, size_t size, uint64_t *pa);
/* Sleep types of \_S5 in a DSDT or SSDT. */
bool	hw_acpi_s5(const void *p, size_t size, uint8_t *a, uint8_t *b);

#endif /* HW_BOOTINFO_H */
