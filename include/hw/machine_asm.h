/*
 * machine_asm.h for platform/hw: numbers of machine.h for assembler, and what
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

#define X86_MSR_FSBASE	0xc0000100
#define X86_MSR_GSBASE	0xc0000101

#define MACHINE_CPUID	"cpuid"
#define MACHINE_SEL_TSS	0x20		/* + 16 * CPU number */
#define CPU_IST1	36		/* in struct hw_cpu: tss.ist[0] */

#ifdef __ASSEMBLY__
/* RSP: the top of this CPU's interrupt stack.  RAX is lost. */
.macro irq_stack
	xorl	%eax, %eax
	str	%ax
	subl	$MACHINE_SEL_TSS, %eax
	shrl	$1, %eax		/* / 16 * 8 */
	movq	hw_cpus(%rax), %rax
	movq	CPU_IST1(%rax), %rsp
.endm
#endif

#endif /* SIRLOIN_MACHINE_ASM_H */
