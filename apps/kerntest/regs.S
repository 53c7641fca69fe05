/*
 * int kt_regs(uint64_t seed, uint64_t iters): puts values made of seed into
 * all registers and (kt_redzone) the red zone, spins, and looks whether they
 * are there.
 */
	.text
	.globl	kt_regs
kt_regs:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.irp	i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	leaq	\i(%rdi), %rax
	movq	%rax, %xmm\i
	pshufd	$0x44, %xmm\i, %xmm\i
	.endr
	cmpl	$0, kt_redzone
	je	3f
	.irp	i, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16
	leaq	100+\i(%rdi), %rax
	movq	%rax, -8*\i(%rsp)
	.endr
3:
	leaq	1(%rdi), %rbx
	leaq	2(%rdi), %rbp
	leaq	3(%rdi), %r8
	leaq	4(%rdi), %r9
	leaq	5(%rdi), %r10
	leaq	6(%rdi), %r11
	leaq	7(%rdi), %r12
	leaq	8(%rdi), %r13
	leaq	9(%rdi), %r14
	leaq	10(%rdi), %r15
	leaq	11(%rdi), %rdx
	movq	%rsi, %rcx
	stc
	/* lea and jrcxz leave the flags: carry must stay set */
1:	leaq	-1(%rcx), %rcx
	jnc	9f
	jrcxz	2f
	jmp	1b
2:	.irp	i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	leaq	\i(%rdi), %rax
	movq	%xmm\i, %rcx
	cmpq	%rax, %rcx
	jne	9f
	psrldq	$8, %xmm\i
	movq	%xmm\i, %rcx
	cmpq	%rax, %rcx
	jne	9f
	.endr
	cmpl	$0, kt_redzone
	je	3f
	.irp	i, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16
	leaq	100+\i(%rdi), %rax
	cmpq	%rax, -8*\i(%rsp)
	jne	9f
	.endr
3:
	.macro	same n, reg
	leaq	\n(%rdi), %rax
	cmpq	%rax, \reg
	jne	9f
	.endm
	same	1, %rbx
	same	2, %rbp
	same	3, %r8
	same	4, %r9
	same	5, %r10
	same	6, %r11
	same	7, %r12
	same	8, %r13
	same	9, %r14
	same	10, %r15
	same	11, %rdx
	xorl	%eax, %eax
8:	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
9:	movl	$1, %eax
	jmp	8b

/*
 * int kt_ymm(uint64_t seed, uint64_t iters): the same with the upper halves of
 * the AVX registers.  kt_have_ymm: the CPU has them and they are switched on.
 */
	.globl	kt_ymm
kt_ymm:
	subq	$40, %rsp
	.irp	i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	leaq	\i(%rdi), %rax
	movq	%rax, 24(%rsp)
	notq	%rax
	movq	%rax, 16(%rsp)
	movq	%rax, 8(%rsp)
	movq	%rax, (%rsp)
	vmovdqu	(%rsp), %ymm\i
	.endr
1:	decq	%rsi
	jnz	1b
	.irp	i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	leaq	\i(%rdi), %rax
	vmovdqu	%ymm\i, (%rsp)
	cmpq	%rax, 24(%rsp)
	jne	9f
	notq	%rax
	cmpq	%rax, 16(%rsp)
	jne	9f
	cmpq	%rax, (%rsp)
	jne	9f
	.endr
	vzeroupper
	xorl	%eax, %eax
	addq	$40, %rsp
	ret
9:	vzeroupper
	movl	$1, %eax
	addq	$40, %rsp
	ret

	.globl	kt_have_ymm
kt_have_ymm:
	pushq	%rbx
	movl	$1, %eax
	xorl	%ecx, %ecx
	cpuid
	popq	%rbx
	andl	$0x18000000, %ecx	/* OSXSAVE, AVX */
	cmpl	$0x18000000, %ecx
	jne	1f
	xorl	%ecx, %ecx
	xgetbv
	andl	$6, %eax
	cmpl	$6, %eax
	jne	1f
	movl	$1, %eax
	ret
1:	xorl	%eax, %eax
	ret

	.section .note.GNU-stack, "", @progbits
