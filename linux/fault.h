/*
 * fault.h: signals of faults: between fault.c, signal.c and faultgate.S.
 * Facts: asm/ucontext.h, asm/sigcontext.h of Linux for x86-64.
 */
#ifndef SIRLOIN_LINUX_FAULT_H
#define SIRLOIN_LINUX_FAULT_H

#include "linux.h"

/* Linux's struct ucontext, with struct sigcontext in it. */
struct lx_ucontext {
	unsigned long	flags;
	void		*link;
	struct lx_altstack stack;
	uint64_t	r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t	rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t	cs, gs, fs, ss;
	uint64_t	error, vector, oldmask, addr;
	void		*fpu;
	uint64_t	reserved[8];
	uint64_t	sigmask;
};
_Static_assert(offsetof(struct lx_ucontext, r8) == 40 &&
    offsetof(struct lx_ucontext, fpu) == 224 &&
    offsetof(struct lx_ucontext, sigmask) == 296, "struct ucontext");

/* Where a handler's stack begins, if it is to have another one; or 0. */
uintptr_t lx_altstack_top(struct lx_task *, const struct lx_sigaction *,
	    uintptr_t sp);
/* From now on t's handler for sig runs; what is masked meanwhile. */
void	lx_handler_begins(struct lx_task *, int sig, const struct lx_sigaction *);
void	lx_mask_back(struct lx_task *, uint64_t mask);

/* ---- faultgate.S ---- */

/* handler(sig, info, uc) on another stack, and back. */
void	lx_handler_on(uintptr_t sp, void (*handler)(int), long sig, void *info,
	    void *uc);
/* For good: as if called from lx_fault_return, whose address is at sp. */
void	lx_handler_enter(void *sp, void (*handler)(int), long sig, void *info,
	    void *uc, uintptr_t frame) __attribute__((noreturn));
extern char lx_fault_gate[], lx_fault_return[];
extern uint64_t lx_fpusize;

#endif /* SIRLOIN_LINUX_FAULT_H */
