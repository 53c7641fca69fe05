/*
 * crt.c: where a program begins, in place of musl's crt1.o: finds the way into
 * the kernel in the auxiliary vector.
 */
#include <features.h>
#include "libc.h"

#define AT_SIRLOIN	0x51101

extern hidden long (*__sirloin_syscall)(long, long, long, long, long, long, long);

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
	"	andq	$-16, %rsp\n"
	"	call	_start_c\n"
	".size _start, . - _start\n");

hidden void
_start_c(long *p)
{
	int argc = (int)p[0];
	char **argv = (char **)(p + 1);
	long *aux = p + 1 + argc + 1;

	while (*aux != 0)
		aux++;
	for (aux++; aux[0] != 0; aux += 2)
		if (aux[0] == AT_SIRLOIN)
			__sirloin_syscall = (long (*)(long, long, long, long,
			    long, long, long))aux[1];
	__libc_start_main(main, argc, argv, _init, _fini, 0);
}
