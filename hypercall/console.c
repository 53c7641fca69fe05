/*
 * console.c: output for debugging, in any state of the rump kernel: no locks
 * that a panic could find taken, no scheduling (kern_putchar).
 */
#include <stdarg.h>
#include "hyp.h"

void
rumpuser_putchar(int ch)
{

	kern_putchar(ch);
}

void
rumpuser_dprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kern_vprintf(fmt, ap);
	va_end(ap);
}
