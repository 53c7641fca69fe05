/*
 * frame.h: for assembler: the registers of a struct plat_frame (machine_x86.h).
 */
#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

/* The last of them to be saved; RDI: the frame. */
	.macro	push_preserved
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rdi
	.endm

/* RSP: a frame; afterwards its vector. */
	.macro	pop_frame
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	.endm

#endif /* COMMON_FRAME_H */
