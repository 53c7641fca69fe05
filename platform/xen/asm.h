/*
 * asm.h: numbers that C and assembler share.
 */
#ifndef XEN_ASM_H
#define XEN_ASM_H

#include <machine_asm.h>

#define XEN_VCPUOP_DOWN	2		/* vcpu.h is not for assembler */
#define XEN_VEC_EVENT	32		/* in plat_frame.vector */
#define XEN_VEC_FAILSAFE 33

/* The boot CPU's stacks (entry.S): each above a guard page.  Offsets of the
 * guards from __boot_stacks. */
#define XEN_STACK_IRQ	0x4000
#define XEN_STACK_EXC	0x4000
#define XEN_STACK_BOOT	0x4000
#define XEN_STACK_GUARDS { 0, 0x5000, 0xa000 }

#endif /* XEN_ASM_H */
