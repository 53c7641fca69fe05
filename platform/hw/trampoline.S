/*
 * An AP from the STARTUP IPI to its parking place.  Real mode leads to long
 * mode in one step (SDM 3A, 9.8.5: LME, then PE and PG at once); the page is
 * copied below 1 MB, mapped one to one, read and execute.
 */
#include "asm.h"

	.section .rodata.trampoline, "a"
	.globl	hw_tramp_start, hw_tramp_cr3, hw_tramp_efer, hw_tramp_end
	.code16
hw_tramp_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	movl	$HW_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	hw_tramp_cr3 - hw_tramp_start, %eax
	movl	%eax, %cr3
	movl	hw_tramp_efer - hw_tramp_start, %eax
	xorl	%edx, %edx
	movl	$X86_MSR_EFER, %ecx
	wrmsr
	lgdtl	tramp_gdt - hw_tramp_start
	movl	$HW_CR0, %eax
	movl	%eax, %cr0
	ljmpl	$HW_SEL_CODE, $hw_ap_entry
	.balign 4
hw_tramp_cr3:
	.long	0
hw_tramp_efer:
	.long	0
	.short	0
tramp_gdt:
	.short	HW_SEL_TSS + 64 * 16 - 1
	.long	hw_gdt
hw_tramp_end:

	.section .text.ap, "ax"
	.code64
	.globl	hw_ap_entry
hw_ap_entry:
	movl	$HW_SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	/* Who comes first has the lower number. */
	movl	$1, %ebx
	lock xaddl %ebx, hw_ap_next
	cmpl	hw_ncpu, %ebx
	jae	3f
	movl	%ebx, %r12d
	shlq	$AP_SIZE_SHIFT, %rbx
	addq	hw_ap, %rbx
	leaq	AP_PARK_TOP(%rbx), %rsp
	lidt	hw_park_idt_pointer
	movq	%rbx, %r13
	cmpb	$0, hw_lapic_x2
	je	1f
	movl	$0xb, %eax		/* EDX: x2APIC id */
	xorl	%ecx, %ecx
	cpuid
	jmp	4f
1:	movl	$1, %eax		/* EBX: APIC id */
	cpuid
	shrl	$24, %ebx
	movl	%ebx, %edx
4:	movq	%r13, %rbx
	movl	%edx, AP_APICID(%rbx)
	movl	$1, %eax
	xchgq	%rax, AP_STATE(%rbx)	/* and a barrier: see plat_cpu_start */
park:
	cmpq	$0, AP_GO(%rbx)
	jne	2f
	hlt
	jmp	park
2:	movq	AP_STACK(%rbx), %rsp
	xorl	%ebp, %ebp
	xorl	%edx, %edx
	movl	$hw_boot_tls, %eax
	movl	$X86_MSR_FSBASE, %ecx
	wrmsr
	movl	%r12d, %edi
	call	hw_ap_main
3:	hlt
	jmp	3b

	/* The NMI that wakes a parked CPU: look again, even when it came
	 * between the look and the halt. */
	.globl	hw_park_nmi
hw_park_nmi:
	movq	$park, (%rsp)
	movl	$0, AP_NMI(%rbx)
	iretq

	.section .note.GNU-stack, "", @progbits
