/*
 * asm.h: numbers that C and assembler share.
 */
#ifndef HW_ASM_H
#define HW_ASM_H

#include <machine_asm.h>

#define HW_BOOT_PVH	1		/* which entry was taken */
#define HW_BOOT_MB2	2
#define HW_MB2_MAGIC	0x36d76289	/* in EAX, Multiboot2 3.3 */

/* Selectors of hw_gdt: one table for all CPUs, a TSS for each. */
#define HW_SEL_CODE	0x08
#define HW_SEL_DATA	0x10
#define HW_SEL_TSS	MACHINE_SEL_TSS	/* + 16 * CPU number */

#define HW_CR0_PE	0x00000001
#define HW_CR0_MP	0x00000002
#define HW_CR0_EM	0x00000004
#define HW_CR0_TS	0x00000008
#define HW_CR0_ET	0x00000010
#define HW_CR0_NE	0x00000020
#define HW_CR0_WP	0x00010000
#define HW_CR0_NW	0x20000000
#define HW_CR0_CD	0x40000000
#define HW_CR0_PG	0x80000000
#define HW_CR0		(HW_CR0_PG | HW_CR0_WP | HW_CR0_NE | HW_CR0_ET | \
			 HW_CR0_MP | HW_CR0_PE)
#define HW_CR4_PAE	0x00000020
#define HW_CR4_MCE	0x00000040
#define HW_CR4_OSFXSR	0x00000200
#define HW_CR4_OSXMM	0x00000400
#define HW_CR4_UMIP	0x00000800
#define HW_CR4_FSGSBASE	0x00010000
#define HW_CR4_OSXSAVE	0x00040000
#define HW_CR4_SMEP	0x00100000

#define X86_MSR_EFER	0xc0000080
#define HW_EFER_LME	0x100
#define HW_EFER_NXE	0x800

/* Interrupt stacks of a CPU, by IST number. */
#define HW_IST_IRQ	1
#define HW_IST_EXC	2
#define HW_IST_NMI	3
#define HW_IST_FATAL	4		/* double fault, machine check */

/* The boot CPU's stacks (vectors.S): each above a guard page.  Offsets of the
 * guards from __boot_stacks. */
#define HW_STACK_IRQ	0x4000
#define HW_STACK_EXC	0x4000
#define HW_STACK_NMI	0x2000
#define HW_STACK_FATAL	0x3000
#define HW_STACK_BOOT	0x4000
#define HW_STACK_GUARDS	{ 0, 0x5000, 0xa000, 0xd000, 0x11000 }

#define HW_BOOTINFO_SIZE 8192		/* room for struct hw_bootinfo */

/* Offsets, asserted in smp.c. */
#define AP_GO		0		/* in struct hw_ap */
#define AP_STACK	8
#define AP_STATE	16
#define AP_APICID	24
#define AP_NMI		28
#define AP_PARK_TOP	128
#define AP_SIZE_SHIFT	7

#endif /* HW_ASM_H */
