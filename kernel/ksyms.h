/*
 * ksyms.h: the table of symbols that scripts/ksyms makes, section .ksyms:
 *
 *	uint32_t n, base;		functions; address of the first
 *	uint32_t off[n + 1];		from base, ascending; [n]: end of text
 *	uint32_t group[(n + 15) / 16];	byte offset of every 16th name
 *	char	 names[];		n strings, each with its NUL
 */
#ifndef KERNEL_KSYMS_H
#define KERNEL_KSYMS_H

#include <stddef.h>
#include <stdint.h>

#define KSYMS_GROUP	16

/* Name of the function at addr in the table of size bytes; NULL: none. */
const char *ksyms_find(const uint32_t *table, size_t size, uintptr_t addr,
	    uintptr_t *off);

#endif /* KERNEL_KSYMS_H */
