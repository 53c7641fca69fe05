/*
 * dsdt.h: what the ACPI DSDT says without being run.  There is no AML
 * interpreter: only resource templates that stand in it as constants
 * (Name (_CRS, ResourceTemplate ...)) are seen, which is enough for host
 * bridges, PCI link devices and virtio-mmio of QEMU and of most firmware.
 */
#ifndef SIRLOIN_DSDT_H
#define SIRLOIN_DSDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dsdt_kind { DSDT_MEM, DSDT_IO, DSDT_BUS, DSDT_IRQ };
struct dsdt_res {
	enum dsdt_kind	kind;
	bool		window;		/* an address space, not a device's own */
	uint64_t	base, size;	/* DSDT_IRQ: base is the GSI */
	uint8_t		flags;		/* DSDT_IRQ: of the descriptor */
};
#define DSDT_MAXRES	16
/*
 * Calls fn for every such template, in the table's order; hid is the last
 * _HID before it ("PNP0A08", "LNRO0005", "" if none).  Thread context.
 */
void	dsdt_each_crs(void (*fn)(const char *hid, const struct dsdt_res *,
	    int n, void *), void *arg);
/* Constant that the method or name (four characters) gives; false: none. */
bool	dsdt_constant(const char *name, uint64_t *);

/* The same on any bytes; dsdt.c is tested on the host. */
void	dsdt_parse(const uint8_t *aml, size_t len, void (*fn)(const char *hid,
	    const struct dsdt_res *, int n, void *), void *arg);
bool	dsdt_find_constant(const uint8_t *aml, size_t len, const char *name,
	    uint64_t *);

#endif /* SIRLOIN_DSDT_H */
