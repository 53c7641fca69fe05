/*
 * crt.c: where a program begins, in place of musl's crt1.o: moves the program
 * to where it was loaded, and finds the way into the kernel in the auxiliary
 * vector.  Where there is none it is Linux's own: the same file runs there, so
 * that what configures itself by trying can.
 */
#include <elf.h>
#include <features.h>
#include <stddef.h>
#include <stdint.h>
#include "libc.h"

#define AT_SIRLOIN	0x51101
#define DYNS		40

typedef long call(long, long, long, long, long, long, long);
extern hidden call *__sirloin_syscall, __sirloin_native;
extern hidden const char __ehdr_start[];
int	main();
weak void _init(), _fini();
int	__libc_start_main(int (*)(), int, char **, void (*)(void), void (*)(void),
	    void (*)(void));

__asm__(
	".text\n"
	".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"	xorl	%ebp, %ebp\n"
	"	movq	%rsp, %rdi\n"
	"	leaq	_DYNAMIC(%rip), %rsi\n"
	"	.weak	_DYNAMIC\n"
	"	.hidden	_DYNAMIC\n"
	"	andq	$-16, %rsp\n"
	"	call	_start_c\n"
	".size _start, . - _start\n");

/* Before this nothing may be used that has an address in it. */
static inline void
relocate(uintptr_t base, const size_t *dyn)
{
	size_t val[DYNS], n;
	const size_t *r;
	size_t *where = NULL;

	for (n = 0; n < DYNS; n++)
		((volatile size_t *)val)[n] = 0;
	for (; dyn[0] != 0; dyn += 2)
		if (dyn[0] < DYNS)
			val[dyn[0]] = dyn[1];
	r = (const size_t *)(base + val[DT_RELA]);
	for (n = val[DT_RELASZ]; n >= 24; n -= 24, r += 3)
		if (r[1] == R_X86_64_RELATIVE)
			*(size_t *)(base + r[0]) = base + r[2];
	r = (const size_t *)(base + val[36]);		/* DT_RELR */
	for (n = val[35]; n >= 8; n -= 8, r++) {	/* DT_RELRSZ */
		if ((*r & 1) == 0) {
			where = (size_t *)(base + *r);
			*where++ += base;
			continue;
		}
		for (size_t i = 0, bits = *r; bits >>= 1; i++)
			if (bits & 1)
				where[i] += base;
		where += 63;
	}
}

hidden void
_start_c(long *p, const size_t *dyn)
{
	int argc = (int)p[0];
	char **argv = (char **)(p + 1);
	long *aux = p + 1 + argc + 1;
	call *way = NULL;

	relocate((uintptr_t)__ehdr_start, dyn);
	while (*aux != 0)
		aux++;
	for (aux++; aux[0] != 0; aux += 2)
		if (aux[0] == AT_SIRLOIN)
			way = (call *)aux[1];
	__sirloin_syscall = way != NULL ? way : __sirloin_native;
	__libc_start_main(main, argc, argv, _init, _fini, 0);
}
