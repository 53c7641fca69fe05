/*
 * Contexts of threads; the switch itself is switch.S.
 */
#include <string.h>

#include "x86.h"

_Static_assert(offsetof(struct plat_ctx, rsp) == CTX_RSP, "machine_asm.h");
_Static_assert(offsetof(struct plat_ctx, fsbase) == CTX_FSBASE, "machine_asm.h");
_Static_assert(offsetof(struct plat_ctx, fpu) == CTX_FPU, "machine_asm.h");
_Static_assert(offsetof(struct plat_ctx, preempted) == CTX_PREEMPTED, "machine_asm.h");
_Static_assert(offsetof(struct plat_ctx, frame) == CTX_FRAME, "machine_asm.h");

uint8_t x86_fpu_initial[X86_FPU_HEAD] __attribute__((aligned(64)));

void	x86_thread_start(void);

void
plat_ctx_init(struct plat_ctx *ctx, void *stack_top, void *fpu,
    uintptr_t fsbase)
{
	uint64_t *sp = stack_top;

	memset(ctx, 0, sizeof(*ctx));
	*--sp = (uint64_t)x86_thread_start;
	sp -= 6;			/* callee-saved registers */
	memset(sp, 0, 6 * sizeof(*sp));
	*--sp = 0x1f80 | 0x037fUL << 32;	/* MXCSR, x87 control word */
	ctx->rsp = (uint64_t)sp;
	ctx->fsbase = fsbase;
	ctx->fpu = fpu;
	if (fpu != NULL)
		x86_fpu_init_area(fpu);
}

void
plat_set_fsbase(struct plat_ctx *self, uintptr_t fsbase)
{
	unsigned long s = plat_irq_save();

	self->fsbase = fsbase;
	if (x86_feature.fsgsbase)
		__asm__ volatile("wrfsbase %0" : : "r"(fsbase) : "memory");
	else
		wrmsr(X86_MSR_FSBASE, fsbase);
	plat_irq_restore(s);
}
