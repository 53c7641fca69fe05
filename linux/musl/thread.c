/*
 * thread.c: in place of musl's assembler for x86-64 that makes system calls:
 * threads, cancellation points, the thread pointer.
 */
#include <stdarg.h>
#include "pthread_impl.h"
#include "syscall.h"

#define LX_CLONE	1000
#define LX_EXITUNMAP	1001

struct lx_cloneargs {
	int		(*fn)(void *);
	void		*stack, *arg, *tls;
	unsigned long	flags;
	int		*ptid;
	int		*ctid;
};

/* What a new thread's function returns would be its exit status. */
hidden int
__clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	struct lx_cloneargs ca = { fn, stack, arg, 0, (unsigned)flags, 0, 0 };
	va_list ap;

	va_start(ap, arg);
	ca.ptid = va_arg(ap, int *);
	ca.tls = va_arg(ap, void *);
	ca.ctid = va_arg(ap, int *);
	va_end(ap);
	return (int)__syscall(LX_CLONE, &ca);
}

hidden void
__unmapself(void *base, size_t size)
{

	__syscall(LX_EXITUNMAP, base, size);
	for (;;)
		;
}

hidden int
__set_thread_area(void *p)
{

	return (int)__syscall(SYS_arch_prctl, 0x1002, p);
}

hidden long __cancel(void);
/* Between these, musl's signal handler would cancel; no call is there. */
hidden const char __cp_begin[1], __cp_end[1], __cp_cancel[1];

hidden long
__syscall_cp_asm(volatile void *cancel, syscall_arg_t n, syscall_arg_t a,
    syscall_arg_t b, syscall_arg_t c, syscall_arg_t d, syscall_arg_t e,
    syscall_arg_t f)
{

	if (*(volatile int *)cancel)
		return __cancel();
	return __syscall(n, a, b, c, d, e, f);
}

pid_t
vfork(void)
{

	return (pid_t)__syscall_ret((unsigned long)__syscall(SYS_vfork));
}
