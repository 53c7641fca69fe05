/*
 * gate.S: onto a program's stack, and back to the host thread's.
 */
	.text

	/* void lx_enter(pc, sp, void **hoststack, long arg): saves what a
	 * function must keep, and this stack; then as a new thread: arg in
	 * RDI, no frame above. */
	.globl	lx_enter
	.type	lx_enter, @function
lx_enter:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdx)
	movq	%rdi, %rax
	movq	%rsi, %rsp
	movq	%rcx, %rdi
	xorl	%ebp, %ebp
	xorl	%edx, %edx
	jmp	*%rax
	.size	lx_enter, . - lx_enter

	/* void lx_leave(void *hoststack): lx_enter() returns. */
	.globl	lx_leave
	.type	lx_leave, @function
lx_leave:
	movq	%rdi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.size	lx_leave, . - lx_leave

	.section .note.GNU-stack, "", @progbits
