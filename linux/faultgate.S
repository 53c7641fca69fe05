/*
 * faultgate.S: the ways between a program's code and fault.c, which works on the
 * stack of the host's thread: the program is on its own, and does not use it.
 */
#define FRAME	192		/* room for a struct host_frame */

	.text

	/* Where a thread goes on after its fault (fault.c, on_fault()).  RSP:
	 * the host's stack, 64-aligned; RDI: its task; all other registers,
	 * and the FPU's, are the program's. */
	.globl	lx_fault_gate
	.type	lx_fault_gate, @function
lx_fault_gate:
	subq	lx_fpusize(%rip), %rsp
	andq	$-64, %rsp
	movq	%rsp, %r12
	subq	$FRAME, %rsp
	movq	%rsp, %r13
	movq	%rdi, %rbx
	cmpq	$512, lx_fpusize(%rip)
	jbe	1f
	xorl	%eax, %eax		/* XSAVE's header: 64 bytes */
	leaq	512(%r12), %rdi
	movl	$8, %ecx
	rep stosq
	movl	$-1, %eax
	movl	$-1, %edx
	xsave64	(%r12)
	jmp	2f
1:	fxsave64 (%r12)
2:	movq	%rbx, %rdi
	movq	%r12, %rsi
	movq	%r13, %rdx
	call	lx_fault		/* there is a handler: does not return */

	/* R12: the FPU's state; R13: where to go on. */
resume:	cmpq	$512, lx_fpusize(%rip)
	jbe	3f
	movl	$-1, %eax
	movl	$-1, %edx
	xrstor64 (%r12)
	jmp	4f
3:	fxrstor64 (%r12)
4:	movq	%r13, %rdi
	call	rumpcomp_host_resume
	ud2

	/* Where a handler of fault.c's returns to.  RSP: its ucontext. */
	.globl	lx_fault_return
	.type	lx_fault_return, @function
lx_fault_return:
	movq	%rsp, %rbx
	andq	$-16, %rsp
	cld
	call	lx_fault_stack
	movq	%rax, %rsp
	subq	lx_fpusize(%rip), %rsp
	andq	$-64, %rsp
	movq	%rsp, %r12
	subq	$FRAME, %rsp
	movq	%rsp, %r13
	movq	%rbx, %rdi
	movq	%r12, %rsi
	movq	%r13, %rdx
	call	lx_fault_end
	jmp	resume

	.globl	lx_handler_enter
	.type	lx_handler_enter, @function
lx_handler_enter:
	movq	%rdi, %rsp
	movq	%rsi, %r11
	movl	%edx, %edi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	movq	%r9, %rbp		/* for backtraces */
	fninit
	ldmxcsr	mxcsr(%rip)
	xorl	%eax, %eax
	jmp	*%r11

	.globl	lx_handler_on
	.type	lx_handler_on, @function
lx_handler_on:
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%rdi, %rsp
	andq	$-16, %rsp
	movq	%rsi, %r11
	movl	%edx, %edi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	xorl	%eax, %eax
	call	*%r11
	leave
	ret

	.section .rodata
	.balign	4
mxcsr:	.long	0x1f80

	.section .note.GNU-stack, "", @progbits
