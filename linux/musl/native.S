/*
 * native.S: system calls of Linux itself, for a program that runs there.
 * long __sirloin_native(a, b, c, d, e, f, n); n 1000 and 1001 as in thread.c.
 */
	.text
	.globl	__sirloin_native
	.hidden	__sirloin_native
	.type	__sirloin_native, @function
__sirloin_native:
	movq	8(%rsp), %rax
	cmpq	$1000, %rax
	je	clone
	cmpq	$1001, %rax
	je	exitunmap
	movq	%rcx, %r10
	syscall
	ret

	/* RDI: struct lx_cloneargs { fn, stack, arg, tls, flags, ptid, ctid } */
clone:	movq	%rdi, %r11
	movq	8(%r11), %rsi
	andq	$-16, %rsi
	subq	$16, %rsi
	movq	(%r11), %rax
	movq	%rax, (%rsi)
	movq	16(%r11), %rax
	movq	%rax, 8(%rsi)
	movq	24(%r11), %r8
	movq	32(%r11), %rdi
	movq	40(%r11), %rdx
	movq	48(%r11), %r10
	movl	$56, %eax
	syscall
	testl	%eax, %eax
	jnz	1f
	xorl	%ebp, %ebp
	popq	%rax
	popq	%rdi
	call	*%rax
	movl	%eax, %edi
	movl	$60, %eax
	syscall
	hlt
1:	ret

exitunmap:
	movl	$11, %eax
	syscall
	xorl	%edi, %edi
	movl	$60, %eax
	syscall
	hlt
	.size	__sirloin_native, . - __sirloin_native

	/* Where Linux's signal handlers return to; ours have another place. */
	.globl	__restore_rt
	.hidden	__restore_rt
	.type	__restore_rt, @function
__restore_rt:
	movl	$15, %eax
	syscall
	.size	__restore_rt, . - __restore_rt

	.section .note.GNU-stack, "", @progbits
