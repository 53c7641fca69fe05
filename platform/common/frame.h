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

/* RSP: a frame, as cfi_frame has told; afterwards its vector. */
	.macro	pop_frame
	popq	%r15
	.cfi_endproc
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

/*
 * For debuggers: RSP is a struct plat_frame, whose registers are the caller's.
 * DW_CFA_def_cfa_expression (0x0f), DW_CFA_expression (0x10): DWARF 5, 6.4.2;
 * 0x77: DW_OP_breg7, which is RSP; the operands are SLEB128 of two bytes.
 */
	.macro	cfi_saved reg, word
	.cfi_escape 0x10, \reg, 3, 0x77, (\word * 8 & 0x7f) | 0x80, \word * 8 >> 7
	.endm
	.macro	cfi_frame
	.cfi_signal_frame
	.cfi_escape 0x0f, 4, 0x77, (20 * 8 & 0x7f) | 0x80, 20 * 8 >> 7, 0x06
	cfi_saved 15, 0
	cfi_saved 14, 1
	cfi_saved 13, 2
	cfi_saved 12, 3
	cfi_saved 6, 4			/* RBP */
	cfi_saved 3, 5			/* RBX */
	cfi_saved 11, 6
	cfi_saved 10, 7
	cfi_saved 9, 8
	cfi_saved 8, 9
	cfi_saved 5, 10			/* RDI, RSI, RDX, RCX, RAX */
	cfi_saved 4, 11
	cfi_saved 1, 12
	cfi_saved 2, 13
	cfi_saved 0, 14
	cfi_saved 16, 17		/* RIP */
	.endm

#endif /* COMMON_FRAME_H */
