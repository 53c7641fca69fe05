/*
 * ksyms.h: the table of functions that scripts/ksyms makes, section .ksyms:
 *
 *	uint32_t n, base, end;		functions; first address; size of text
 *	struct ksyms_group group[(n + 15) / 16];
 *	uint16_t delta[n];		from the group's first (at most 65535)
 *	uint8_t	 pair[128][2];		what the bytes 128..255 stand for
 *	uint8_t	 names[];		n of them, each with a NUL
 *
 * A name's bytes from 128 up stand for two others each, which may be such
 * bytes again.
 */
#ifndef KERNEL_KSYMS_H
#define KERNEL_KSYMS_H

#include <stddef.h>
#include <stdint.h>

#define KSYMS_GROUP	16
struct ksyms_group { uint32_t off, name; };	/* from base; in names */

#define KSYMS_MAXNAME	64
/*
 * Name of the function at addr in the table of size bytes, written to buf;
 * NULL: none.  Nothing in the table is trusted.
 */
const char *ksyms_find(const uint32_t *table, size_t size, uintptr_t addr,
	    uintptr_t *off, char buf[KSYMS_MAXNAME]);

#endif /* KERNEL_KSYMS_H */
