/*
 * machine_asm.h for platform/xen: numbers of machine.h for assembler, and what
 * platform/common/switch.S has to know.
 */
#ifndef SIRLOIN_MACHINE_ASM_H
#define SIRLOIN_MACHINE_ASM_H

/* struct plat_ctx; asserted in platform/common/ctx.c. */
#define CTX_RSP		0
#define CTX_FSBASE	8
#define CTX_FPU		16
#define CTX_PREEMPTED	24
#define CTX_FRAME	32

/* struct plat_cpu in struct cpu: asserted in platform/xen/cpu.c. */
#define GS_PENDING	64		/* evtchn_upcall_pending */
#define GS_MASK		65		/* evtchn_upcall_mask */
#define GS_IRQ_STACK	128
#define GS_EXC_STACK	136

/* Xen emulates WRMSR of these. */
#define X86_MSR_FSBASE	0xc0000100
#define X86_MSR_GSBASE	0xc0000101

/* Xen answers, and not the processor (arch-x86/xen.h, XEN_CPUID). */
#define MACHINE_CPUID	"ud2a; .ascii \"xen\"; cpuid"

#ifdef __ASSEMBLY__
/* RSP: the top of this CPU's event stack. */
.macro irq_stack
	movq	%gs:GS_IRQ_STACK, %rsp
.endm
#endif

#endif /* SIRLOIN_MACHINE_ASM_H */
