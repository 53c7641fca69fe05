/*
 * What a trap was, in words.
 */
#include <string.h>

#include "x86.h"

/* By number; "" is one that has no name. */
static const char names[] =
	"division error\0" "debug exception\0" "NMI\0" "breakpoint\0"
	"overflow\0" "bound range\0" "invalid instruction\0"
	"no floating point unit\0" "double fault\0" "\0" "invalid TSS\0"
	"segment not present\0" "stack segment fault\0"
	"general protection\0" "page fault\0" "\0" "floating point error\0"
	"misaligned access\0" "machine check\0" "vector floating point error\0"
	"virtualization exception\0" "control protection\0";

const char *
x86_trap_text(uint64_t vector)
{
	const char *p = names;

	for (; vector > 0 && p < names + sizeof(names) - 1; vector--)
		p += strlen(p) + 1;
	return *p != '\0' ? p : "exception without a name";
}

const char *
x86_fault_text(const struct plat_frame *f, uint64_t va, bool guard)
{
	uint64_t e = f->error;

	if (e & X86_PF_FETCH) {
		if (va < PAGE_SIZE)
			return "jump to a null pointer";
		return e & X86_PF_PRESENT ? "jump to data (not executable)" :
		    "jump to an unmapped address";
	}
	if (va < PAGE_SIZE)
		return e & X86_PF_WRITE ? "null pointer, write" :
		    "null pointer, read";
	if ((e & X86_PF_PRESENT) == 0 && guard)
		return "stack overflow";
	if (e & X86_PF_PRESENT)
		return e & X86_PF_WRITE ? "write to read-only memory" :
		    "page fault, reserved bits";
	return e & X86_PF_WRITE ? "page fault, write" : "page fault, read";
}
