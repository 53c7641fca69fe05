/*
 * The two ways in, both in 32-bit protected mode without paging:
 *   hw_entry_pvh	EBX: hvm_start_info (Xen docs/misc/pvh.pandoc)
 *   hw_entry_mb2	EAX: magic, EBX: boot information (Multiboot2 3.3)
 * Both lead to hw_start() in long mode, on the boot CPU's idle stack, with the
 * first 4 GB mapped one to one.
 */
#include "asm.h"

	.section .boot.header, "a"
	.balign 8
mb2_header:
	.long	0xe85250d6, 0, mb2_end - mb2_header
	.long	-(0xe85250d6 + 0 + (mb2_end - mb2_header))
	.balign 8
	.short	3, 0			/* entry address */
	.long	12, hw_entry_mb2
	.balign 8
	.short	6, 0			/* modules at page boundaries */
	.long	8
	.balign 8
	.short	0, 0
	.long	8
mb2_end:

	.section .note.Xen, "a", @note
	.balign 4
	.long	4, 8, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	hw_entry_pvh		/* QEMU reads 8 bytes from an ELF64 */

	.section .boot.text, "ax"
	.code32
	.globl	hw_entry_pvh, hw_entry_mb2, _start
_start:
hw_entry_pvh:
	rdtsc
	movl	$HW_BOOT_PVH, %ebp
	jmp	1f
hw_entry_mb2:
	movl	%eax, %ebp
	rdtsc
	cmpl	$HW_MB2_MAGIC, %ebp
	movl	$HW_BOOT_MB2, %ebp
	je	1f
	xorl	%ebp, %ebp		/* hw_start complains */
1:	cli
	cld
	movl	$__boot_stack_end, %esp
	movl	%eax, hw_entry_tsc
	movl	%edx, hw_entry_tsc + 4
	movl	%ebx, %esi

	/* A loader zeroes this, but QEMU does not do it again at a reset. */
	xorl	%eax, %eax
	movl	$__bss_start, %edi
	movl	$__boot_stacks, %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	rep stosl
	movl	$early_pml4, %edi
	movl	$2 * 4096 / 4, %ecx
	rep stosl

	/* 64-bit code, data; the TSSs come later. */
	movl	$0x0000ffff, hw_gdt + HW_SEL_CODE
	movl	$0x00af9b00, hw_gdt + HW_SEL_CODE + 4
	movl	$0x0000ffff, hw_gdt + HW_SEL_DATA
	movl	$0x00cf9300, hw_gdt + HW_SEL_DATA + 4

	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	btl	$29, %edx
	jnc	no_long_mode
	movl	%edx, %ebx		/* bit 20: NX */

	/* Early tables: 4 GB in 2 MB pages. */
	movl	$early_pdpt + 3, early_pml4
	movl	$early_pd + 3, %eax
	movl	$early_pdpt, %edi
	movl	$4, %ecx
2:	movl	%eax, (%edi)
	addl	$4096, %eax
	addl	$8, %edi
	decl	%ecx
	jnz	2b
	movl	$0x83, %eax
	movl	$early_pd, %edi
	movl	$2048, %ecx
3:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	decl	%ecx
	jnz	3b

	movl	$HW_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$early_pml4, %eax
	movl	%eax, %cr3
	movl	$HW_EFER_LME, %eax
	btl	$20, %ebx
	jnc	4f
	orl	$HW_EFER_NXE, %eax
4:	xorl	%edx, %edx
	movl	$X86_MSR_EFER, %ecx
	wrmsr
	movl	$HW_CR0, %eax
	movl	%eax, %cr0
	lgdt	hw_gdt_pointer
	ljmp	$HW_SEL_CODE, $entry64

no_long_mode:
	movl	$no_long_text, %esi
5:	lodsb
	testb	%al, %al
	jz	6f
	movw	$0x3f8, %dx
	outb	%al, %dx
	jmp	5b
6:	hlt
	jmp	6b

	.code64
entry64:
	movl	$HW_SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	lldt	%ax
	xorl	%edx, %edx
	movl	$hw_boot_tls, %eax
	movl	$X86_MSR_FSBASE, %ecx
	wrmsr
	movl	$hw_boot_gs, %eax
	movl	$X86_MSR_GSBASE, %ecx
	wrmsr
	movl	$__boot_stack_end, %esp
	movl	%ebp, %edi
	movl	%esi, %esi
	xorl	%ebp, %ebp
	call	hw_start
7:	hlt
	jmp	7b

	.section .rodata.boot, "a"
no_long_text:
	.asciz	"sirloin: this processor has no 64-bit mode\r\n"

	.section .data.boot, "aw"
	.balign 16
	.globl	hw_gdt, hw_boot_tls, hw_entry_tsc
hw_gdt_pointer:
	.short	HW_SEL_TSS + 64 * 16 - 1
	.quad	hw_gdt
	.balign 16
hw_boot_tls:				/* self pointer, canary at 0x28 */
	.quad	hw_boot_tls, 0, 0, 0, 0, 0, 0, 0
hw_boot_gs:				/* a struct cpu without a thread */
	.quad	hw_boot_gs, 0, 0, 0, 0, 0, 0, 0
hw_entry_tsc:
	.quad	0

	.section .bss.boot, "aw", @nobits
	.balign 16
hw_gdt:					/* and a TSS for each of 64 CPUs */
	.skip	HW_SEL_TSS + 64 * 16

	/* Only until the final tables are loaded; then ordinary memory. */
	.section .bootonly, "aw", @nobits
	.balign 4096
early_pml4:
	.skip	4096
early_pdpt:
	.skip	4096
early_pd:
	.skip	4 * 4096
	.globl	hw_boot
hw_boot:
	.skip	HW_BOOTINFO_SIZE

	.section .note.GNU-stack, "", @progbits
