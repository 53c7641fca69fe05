/*
 * The stub of a traced call, which scripts/tracesites makes, pushes the address of
 * the function and comes here.  Whoever calls may know which registers the
 * function leaves alone (gcc -fipa-ra), so all are left alone but by it.  Two
 * words of the stack are for calls that have more arguments than registers.
 */
	.macro	save
	.irp	r, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
	pushq	%\r
	.endr
	movl	-8(%rbp), %edi
	.endm
	.macro	restore
	.irp	r, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
	popq	%\r
	.endr
	.endm

	.text
	.globl	rumpcomp_trace_call
rumpcomp_trace_call:
	xchgq	%rbp, (%rsp)
	pushq	%rbp			/* the function */
	leaq	8(%rsp), %rbp
	save
	call	rumpcomp_trace_begin
	restore
	subq	$8, %rsp
	pushq	24(%rbp)
	pushq	16(%rbp)
	call	*-8(%rbp)
	leaq	-8(%rbp), %rsp
	save
	call	rumpcomp_trace_end
	restore
	movq	%rbp, %rsp
	popq	%rbp
	ret

	.section .note.GNU-stack, "", @progbits
