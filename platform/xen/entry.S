/*
 * The way in, and the ways in from Xen: exceptions and events.  What Xen wants
 * of an image is in its public elfnote.h, how it enters one in
 * arch-x86/xen-x86_64.h: a frame of its own (RCX, R11, an error code where the
 * exception has one, then as the processor has it) on the interrupted stack,
 * 16-aligned.  Each stub moves it to a stack of this CPU's, as a struct
 * plat_frame.  Nothing here is compiled with a red zone.
 */
#include <xen/xen.h>
#include <xen/elfnote.h>
#include "asm.h"
#include "../common/frame.h"

	.macro	note type, desc:vararg
	.pushsection .note.Xen, "a", @note
	.balign	4
	.long	2f - 1f, 4f - 3f, \type
1:	.asciz	"Xen"
2:	.balign	4
3:	\desc
4:	.balign	4
	.popsection
	.endm

	note	XEN_ELFNOTE_GUEST_OS, .asciz "Sirloin"
	note	XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	note	XEN_ELFNOTE_LOADER, .asciz "generic"
	note	XEN_ELFNOTE_VIRT_BASE, .quad 0
	note	XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	note	XEN_ELFNOTE_ENTRY, .quad _start
	note	XEN_ELFNOTE_HYPERCALL_PAGE, .quad xen_hypercall_page
	note	XEN_ELFNOTE_PAE_MODE, .asciz "yes"
	note	XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	note	XEN_ELFNOTE_SUSPEND_CANCEL, .long 1

	.section .text.boot, "ax"
	.globl	_start
_start:
	cld
	movq	$__boot_stack_end, %rsp
	movq	%rsi, %r12		/* start_info */
	movl	$SEGBASE_FS, %edi
	movq	$xen_boot_tls, %rsi
	call	xen_hypercall_page + 32 * __HYPERVISOR_set_segment_base
	movl	$SEGBASE_GS_KERNEL, %edi
	movq	$xen_boot_gs, %rsi
	call	xen_hypercall_page + 32 * __HYPERVISOR_set_segment_base
	movq	%r12, %rdi
	xorl	%ebp, %ebp
	call	xen_start
	ud2

	/* Another CPU: everything is set (smp.c), on its idle stack. */
	.globl	xen_ap_start
xen_ap_start:
	cld
	xorl	%ebp, %ebp
	call	xen_ap_main
	ud2

	/* void xen_park(struct park *, unsigned long vcpu): this CPU goes down;
	 * brought up as it was, or begun anew at xen_unpark, it returns. */
	.globl	xen_park, xen_unpark
xen_park:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movl	$XEN_VCPUOP_DOWN, %edi
	xorl	%edx, %edx
	call	xen_hypercall_page + 32 * __HYPERVISOR_vcpu_op
xen_unpark:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.section .text.hypercall, "ax"
	.balign	4096
	.globl	xen_hypercall_page
xen_hypercall_page:
	.skip	4096

	.section .text.traps, "ax"

	/* R11: the frame, less `skip' bytes below RIP; RCX: the vector. */
	.macro	build_frame skip
	pushq	\skip+32(%r11)		/* ss, rsp, rflags */
	pushq	\skip+24(%r11)
	pushq	\skip+16(%r11)
	pushq	\skip+8(%r11)		/* cs; above it the saved event mask */
	movl	$0, 4(%rsp)
	pushq	\skip(%r11)
	.if	\skip == 24
	pushq	16(%r11)
	.else
	pushq	$0
	.endif
	pushq	%rcx
	pushq	%rax
	pushq	(%r11)
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	8(%r11)
	push_preserved
	.endm

	/* 16 bytes each; 8, 10 to 14, 17, 21, 29 and 30 have an error code. */
	.balign	16
	.globl	xen_exception_stubs
xen_exception_stubs:
	.set	vec, 0
	.rept	32
	.balign	16
	.if	vec == 2
	jmp	nmi
	.endif
	movl	$vec, %ecx
	.if	((0x60227d00 >> vec) & 1) == 0
	jmp	exception
	.else
	jmp	exception_code
	.endif
	.set	vec, vec + 1
	.endr

	/* `xl trigger nmi', at any instruction: nothing is done. */
	.balign	16
nmi:
	popq	%rcx
	popq	%r11
	pushq	$0			/* flags of struct iret_context */
	jmp	xen_hypercall_page + 32 * __HYPERVISOR_iret

	.balign	16
exception:
	movq	%rsp, %r11
	movq	%gs:GS_EXC_STACK, %rsp
	build_frame 16
	jmp	1f
exception_code:
	movq	%rsp, %r11
	movq	%gs:GS_EXC_STACK, %rsp
	build_frame 24
	.cfi_sections .debug_frame
1:	cld
	.cfi_startproc
	cfi_frame
	call	xen_exception
	jmp	x86_frame_return
	.cfi_endproc

	.balign	16
	.globl	xen_event_entry
xen_event_entry:
	movl	$XEN_VEC_EVENT, %ecx
	movq	%rsp, %r11
	movq	%gs:GS_IRQ_STACK, %rsp
	build_frame 16
	cld
	.cfi_startproc
	cfi_frame
	call	xen_interrupt

	/* RSP: a struct plat_frame; events masked.  RFLAGS.IF of the frame says
	 * whether they will be. */
	.globl	x86_frame_return
x86_frame_return:
	pop_frame
	addq	$8, %rsp
	movq	$0, (%rsp)		/* flags of struct iret_context */
	jmp	xen_hypercall_page + 32 * __HYPERVISOR_iret

	/* A return to the guest that Xen could not make: RCX, R11, DS, ES, FS,
	 * GS, then as the processor has it. */
	.balign	16
	.globl	xen_failsafe_entry
xen_failsafe_entry:
	movl	$XEN_VEC_FAILSAFE, %ecx
	movq	%rsp, %r11
	movq	%gs:GS_EXC_STACK, %rsp
	build_frame 48
	jmp	1b

	/* Take the events that are pending; keeps all registers. */
	.balign	16
	.globl	xen_force_upcall
xen_force_upcall:
	pushq	%rax
	pushq	%rdi
	pushq	%rsi
	xorl	%edi, %edi		/* XENVER_version */
	xorl	%esi, %esi
	call	xen_hypercall_page + 32 * __HYPERVISOR_xen_version
	popq	%rsi
	popq	%rdi
	popq	%rax
	ret

	.section .bootstacks, "aw", @nobits
	.balign 4096
	.globl	__boot_stacks, __boot_stack_end
__boot_stacks:
	.skip	3 * 4096 + XEN_STACK_IRQ + XEN_STACK_EXC + XEN_STACK_BOOT
__boot_stack_end:

	.section .data.boot, "aw"
	.balign 16
	.globl	xen_boot_tls
xen_boot_tls:				/* self pointer, canary at 0x28 */
	.quad	xen_boot_tls, 0, 0, 0, 0, 0, 0, 0
	/* A struct cpu without a thread, events masked. */
	.balign	64
	.globl	xen_boot_gs
xen_boot_gs:
	.quad	xen_boot_gs, 0
	.skip	GS_MASK - 16
	.byte	1
	.skip	GS_IRQ_STACK - GS_MASK - 1
	.quad	__boot_stacks + 0x1000 + XEN_STACK_IRQ
	.quad	__boot_stacks + 0x2000 + XEN_STACK_IRQ + XEN_STACK_EXC
	.quad	0
	.balign	64
	.skip	64

	.section .note.GNU-stack, "", @progbits
