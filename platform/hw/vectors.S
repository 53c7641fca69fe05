/*
 * A stub for every vector.  Each runs on a stack of its own kind (IST), builds
 * a struct plat_frame there and never touches the interrupted stack: code from
 * above the line may use the red zone below its RSP.
 */
#include "asm.h"
#include "../common/frame.h"

	.section .text.traps, "ax"

	/* Exceptions: 16 bytes each.  8, 10 to 14, 17, 21, 29 and 30 push an
	 * error code themselves. */
	.balign 16
	.globl	hw_exception_stubs
hw_exception_stubs:
	.set	vec, 0
	.rept	32
	.balign 16
	.if	((0x60227d00 >> vec) & 1) == 0
	pushq	$0
	.endif
	pushq	$vec
	jmp	common
	.set	vec, vec + 1
	.endr

	/* Interrupts: 8 bytes each; the vector less 128 in place of an error
	 * code. */
	.balign 8
	.globl	hw_interrupt_stubs
hw_interrupt_stubs:
	.rept	224
	.balign 8
	pushq	$(vec - 128)
	jmp	interrupt
	.set	vec, vec + 1
	.endr

	.cfi_sections .debug_frame
	.balign 16
interrupt:
	pushq	(%rsp)
	addq	$128, (%rsp)
common:
	cld
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	push_preserved
	.cfi_startproc
	cfi_frame
	cmpq	$32, 15 * 8(%rdi)
	jb	1f
	call	hw_interrupt
	jmp	x86_frame_return
1:	call	hw_exception

	/* RSP: a struct plat_frame; interrupts masked. */
	.globl	x86_frame_return
x86_frame_return:
	pop_frame
	addq	$16, %rsp
	iretq

	.section .bootstacks, "aw", @nobits
	.balign 4096
	.globl	__boot_stacks, __boot_stacks_end, __boot_stack_end
__boot_stacks:
	.skip	5 * 4096 + HW_STACK_IRQ + HW_STACK_EXC
	.skip	HW_STACK_NMI + HW_STACK_FATAL + HW_STACK_BOOT
__boot_stack_end:
__boot_stacks_end:

	.section .note.GNU-stack, "", @progbits
