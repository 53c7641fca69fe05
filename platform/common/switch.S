/*
 * void plat_ctx_switch(struct plat_ctx *from, struct plat_ctx *to)
 *
 * A thread that gives way by itself leaves on its stack, from the top:
 * return address, rbx, rbp, r12..r15, x87 control word and MXCSR.  One that
 * was preempted has everything in its context.
 */
#include <machine_asm.h>

	.section .text.switch, "ax"
	.balign 16
	.globl	plat_ctx_switch
plat_ctx_switch:
	movq	CTX_PREEMPTED(%rdi), %r8
	testq	%r8, %r8
	jnz	1f
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movl	(%rsp), %r12d
	movzwl	4(%rsp), %r13d
	movq	%rsp, CTX_RSP(%rdi)
1:	/* Nothing of `from' is used from here on but its FPU registers. */
	movq	CTX_FSBASE(%rsi), %rax
	cmpb	$0, x86_has_fsgsbase
	je	2f
	wrfsbase %rax
	jmp	3f
2:	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$X86_MSR_FSBASE, %ecx
	wrmsr
3:	cmpq	$0, CTX_PREEMPTED(%rsi)
	jne	4f
	movq	CTX_RSP(%rsi), %rsp
	/* A preempted thread may leave the x87 stack or AVX registers in a
	 * state that no function call does. */
	testq	%r8, %r8
	jz	5f
	movl	$x86_fpu_initial, %edi
	call	x86_fpu_restore
	movl	$-1, %r12d		/* not what any thread has */
5:	call	kern_switch_done
	/* Control words: mostly both threads have the same. */
	cmpl	%r12d, (%rsp)
	jne	7f
	cmpw	%r13w, 4(%rsp)
	jne	7f
8:	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
7:	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	jmp	8b

	/* Resume where it was preempted: first on this CPU's interrupt stack,
	 * which is free (interrupts are masked), then from the context. */
4:	movq	%rsi, %rbx
	irq_stack
	call	kern_switch_done
	movq	CTX_FPU(%rbx), %rdi
	testq	%rdi, %rdi
	jz	6f
	call	x86_fpu_restore
6:	movq	$0, CTX_PREEMPTED(%rbx)
	leaq	CTX_FRAME(%rbx), %rsp
	jmp	x86_frame_return

	/* void plat_resume(struct plat_frame *) */
	.section .text.resume, "ax"
	.globl	plat_resume
plat_resume:
	movq	%rdi, %rsp
	jmp	x86_frame_return

	.section .text.switch, "ax"
	/* Where the first switch to a new thread returns to. */
	.balign 16
	.globl	x86_thread_start
x86_thread_start:
	xorl	%ebp, %ebp
	pushq	%rbp			/* end of the backtrace */
	pushq	%rbp
	call	kern_thread_main
	ud2

	.section .note.GNU-stack, "", @progbits
