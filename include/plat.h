/*
 * plat.h: what a platform (platform/hw, platform/xen) provides to the rooms
 * above it, and the few kernel entry points that a platform calls.
 *
 * Words used by every contract below:
 *   thread context     a kernel thread, interrupts enabled, may sleep
 *   interrupt context  interrupts masked, on the CPU's interrupt stack: may
 *                      not sleep, may take spin locks
 *   any context        both of these and a panic
 *   errno              0 or a positive NetBSD error number (kern_errno.h)
 * Times are nanoseconds in uint64_t, addresses of the machine are paddr_t.
 */
#ifndef SIRLOIN_PLAT_H
#define SIRLOIN_PLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t;

#define PAGE_SIZE	4096UL
#define PAGE_SHIFT	12
#define MAXCPU		64

#include <machine.h>	/* the platform's: struct plat_ctx, interrupt flag */

/* ---- what the platform calls (kernel/) ---- */

/*
 * Boot CPU, interrupts masked, on a boot stack that stays valid for ever (it
 * becomes CPU 0's idle stack). Console output, memory ranges, clock, command
 * line and traps work.  Does not return.
 */
void	kern_start(void) __attribute__((noreturn));
/* Every other CPU, the same way, once plat_cpu_start(n) has brought it up. */
void	kern_cpu_main(unsigned cpu) __attribute__((noreturn));
/* Interrupt context: the deadline given to plat_timer_set() has passed. */
void	kern_timer_intr(void);
/* Interrupt context: another CPU asked for a look at the run queue. */
void	kern_resched_intr(void);
/* Interrupt context: console input can be read. */
void	kern_console_intr(void);
/*
 * End of the outermost interrupt: whether the interrupted thread must give
 * way.  When true the platform saves the whole interrupted state (registers
 * and extended state) in the current thread's plat_ctx, sets its `preempted',
 * and calls kern_preempt(), which never returns to that interrupt.
 */
bool	kern_want_preempt(void);
void	kern_preempt(void) __attribute__((noreturn));
/*
 * Called in the new context, on a stack nobody else can claim, after the
 * previous thread's state is saved: lets go of the run queue.  The platform
 * calls it for a new and for a preempted thread; after a plat_ctx_switch that
 * returns the kernel calls it (a second call does nothing).
 */
void	kern_switch_done(void);
/* First C function of a new thread (see plat_ctx_init). */
void	kern_thread_main(void) __attribute__((noreturn));
/*
 * A trap that nothing handles.  `what' is a short text ("page fault, write"),
 * addr the faulting address or 0.  Does not return.
 */
struct plat_frame;
void	kern_trap(const char *what, uint64_t addr, const struct plat_frame *)
	    __attribute__((noreturn));

/* ---- memory ---- */

struct plat_range {
	paddr_t		base;	/* page aligned */
	uint64_t	size;	/* whole pages */
	bool		absent;	/* no memory there yet (xen.h): not usable */
};
/*
 * Usable RAM, ascending, without page 0, the image, the boot modules and what
 * the platform keeps.  Valid from kern_start.  Returns the number of ranges
 * written (at most max).  All of it is mapped, read-write and not executable,
 * at plat_phys_to_virt().
 */
int	plat_mem_ranges(struct plat_range *r, int max);
/* Bytes of RAM that the machine has, for reports. */
uint64_t plat_mem_total(void);

/* Direct map: O(1), any context.  RAM only. */
static inline void *
plat_phys_to_virt(paddr_t pa)
{

	return (void *)(uintptr_t)(pa + PLAT_DIRECT_BASE);
}
/*
 * Address of the memory behind any mapped kernel address (direct map, image,
 * stack).  O(1), any context.  PADDR_NONE when unmapped.  On xen, paddr_t counts
 * this guest's memory (xen.h: xen_gfn() has the machine's number), and a page
 * that is not ours has bit 62 set.
 */
#define PADDR_NONE	(~(paddr_t)0)
paddr_t	plat_virt_to_phys(const void *va);

/*
 * What a device is told: the same, but on xen the address in the machine, of
 * any page (granted ones of other domains, too).  O(1), any context.
 */
paddr_t	plat_virt_to_bus(const void *va);

enum plat_prot {
	PROT_R = 0, PROT_RW = 1, PROT_RX = 2,
	PROT_RWX = 3,		/* for rumpuser_anonmmap(exec) only */
	PROT_UNCACHED = 4	/* or'ed in */
};
/*
 * Map size bytes (whole pages) of RAM or device at va to pa; va lies in
 * [PLAT_VMAP_BASE, PLAT_VMAP_END), whose use kernel/vmap.c divides.  Replaces
 * nothing: EEXIST when something is mapped there, ENOMEM for want of a page
 * table.  Page tables come from kern_page_alloc().  Thread context.
 */
int	plat_map(uintptr_t va, paddr_t pa, size_t size, int prot);
/* Remove, change protection; both reach every CPU before they return. */
void	plat_unmap(uintptr_t va, size_t size);
void	plat_protect(uintptr_t va, size_t size, int prot);
/*
 * Device memory, uncached, for ever; the same range may be mapped twice.
 * NULL when it overlaps RAM in use or no page table can be had.
 */
void	*plat_map_io(paddr_t pa, size_t size);

/* ---- CPUs and contexts ---- */

/* CPUs that exist (1..MAXCPU); numbers 0..n-1 are ours, not APIC ids. */
unsigned plat_ncpu(void);
/*
 * Start CPU n (1..ncpu-1) on the given idle stack; it calls kern_cpu_main(n).
 * gsbase: value for its GS base (a struct cpu).  errno; ETIMEDOUT when the
 * CPU does not come up.
 */
int	plat_cpu_start(unsigned n, void *stack_top, void *gsbase);
/* Make kern_resched_intr() run on CPU n soon.  Any context. */
void	plat_cpu_kick(unsigned n);
/* Stop all other CPUs for good (panic).  Any context. */
void	plat_cpu_stop_others(void);
/*
 * Wait for an interrupt.  Called and returns with interrupts masked; enables
 * them atomically with the wait.
 */
void	plat_idle(void);
/* CPU model or hypervisor, for /status: "TCG", "KVM", "Xen", "hardware". */
const char *plat_hypervisor(void);
const char *plat_name(void);	/* "hw" or "xen" */

/*
 * Prepare ctx so that the first switch to it calls kern_switch_done() and
 * kern_thread_main() on the stack that ends at stack_top (16-aligned).
 * fpu: plat_fpu_size() bytes, 64-aligned, owned by the thread; gets the
 * initial extended state.  fsbase: FS base of the thread.
 */
void	plat_ctx_init(struct plat_ctx *ctx, void *stack_top, void *fpu,
	    uintptr_t fsbase);
size_t	plat_fpu_size(void);
/*
 * The running thread goes on as the frame says.  Interrupts masked, on no stack
 * that is of use; the frame is in stack memory, and RSP passes over it.
 */
void	plat_resume(struct plat_frame *) __attribute__((noreturn));
/*
 * Interrupts masked, run queue held.  Saves the current thread in from
 * (unless from->preempted says that it is saved already) and continues `to',
 * returning in its context; resumes a preempted `to' where it was, after
 * kern_switch_done().  Only what the ABI preserves is saved here: callee-saved
 * registers, MXCSR, x87 control word, FS base.
 */
void	plat_ctx_switch(struct plat_ctx *from, struct plat_ctx *to);
/*
 * `struct thread' begins with its struct plat_ctx: an interrupt that finds
 * kern_want_preempt() true saves the state there.  An fpu of NULL is allowed
 * for a thread that never runs code from above the line (idle threads): its
 * extended state is neither saved nor restored.
 *
 * Boot CPU, once, first thing in kern_start(): give CPU 0 its struct cpu.
 * (The others get theirs by plat_cpu_start.)  Until then GS base points at a
 * zeroed one, and on every CPU FS base points at a valid TLS block (its own
 * address first) with the canary of the boot, until the first plat_ctx_switch
 * or plat_set_fsbase.
 */
void	plat_set_gsbase(void *gsbase);
/* Change the FS base of the running thread (arch_prctl's work). */
void	plat_set_fsbase(struct plat_ctx *self, uintptr_t fsbase);

/* ---- time ---- */

/* Monotonic ns since boot; never steps back, on any CPU.  Any context. */
uint64_t plat_clock(void);
/* Name of the clock in use and its frequency in Hz, for reports. */
const char *plat_clock_name(void);
uint64_t plat_clock_hz(void);
/* Nanoseconds from 1970 to plat_clock() == 0. */
uint64_t plat_clock_epoch(void);
/* plat_clock() at the first instruction of ours: boot-time reports. */
uint64_t plat_boot_entry(void);
/*
 * One shot on this CPU: kern_timer_intr() at or soon after the deadline;
 * replaces the earlier one; UINT64_MAX for none.  Interrupts masked.
 */
void	plat_timer_set(uint64_t deadline);

/* ---- interrupts ---- */

struct plat_irq;	/* one vector on one CPU, or one line */
typedef void (*plat_irq_fn)(void *arg);	/* interrupt context */
/*
 * A vector for message signalled interrupts on CPU cpu; *addr and *data are
 * what the device must write.  ENOSPC when no vector is free.  Thread context.
 */
int	plat_irq_msi(unsigned cpu, plat_irq_fn, void *arg, struct plat_irq **,
	    uint64_t *addr, uint32_t *data);
/*
 * Global system interrupt (ACPI numbering) of an IOAPIC, established masked;
 * overrides of the MADT are applied for gsi < 16.  One owner: EBUSY.
 */
#define PLAT_IRQ_LEVEL	0x1
#define PLAT_IRQ_LOW	0x2
#define PLAT_IRQ_FOREIGN 0x4	/* other domains' devices raise it as well */
int	plat_irq_line(unsigned gsi, unsigned flags, plat_irq_fn, void *arg,
	    struct plat_irq **);
/*
 * An event channel of Xen's, a port from xen.h: fn on CPU cpu.  Established
 * unmasked; an event that came before is not lost.  ENXIO without Xen, EINVAL,
 * ENOMEM.  plat_irq_free() closes the port.  Thread context.
 */
int	plat_irq_event(unsigned port, unsigned cpu, plat_irq_fn, void *arg,
	    struct plat_irq **);
void	plat_irq_mask(struct plat_irq *);	/* lines, ports; any context */
void	plat_irq_unmask(struct plat_irq *);
void	plat_irq_free(struct plat_irq *);	/* thread context */

/* ---- console, boot information, power ---- */

void	plat_console_write(const char *, size_t);	/* any context */
size_t	plat_console_read(char *, size_t);		/* never blocks */
/* The configuration: command line or module; NUL terminated, never NULL. */
const char *plat_cmdline(void);
/*
 * A configuration from elsewhere (xenstore): used if it is JSON and there is
 * none.  Thread context, KERN_INIT_BUS: before anybody reads it.
 */
bool	plat_config(const char *text, size_t n);
/* Boot module n: address and size, or NULL.  Mapped read-only, for ever. */
const void *plat_module(int n, size_t *size);

enum plat_end { PLAT_EXIT, PLAT_PANIC, PLAT_REBOOT };
/* End everything; the status reaches the host as docs/exit.md says. */
void	plat_end(enum plat_end, int status) __attribute__((noreturn));

/*
 * ACPI: the n-th table with this signature, whole, header included (mapped
 * read-only, checksum verified); NULL when there is none.
 */
const void *plat_acpi_table(const char sig[4], int n, size_t *size);

/*
 * On hw: the power button is switched on; its line, for plat_irq_line().
 * ENODEV.  And was it pressed?  (That is then forgotten.)
 */
int	plat_button_line(unsigned *gsi, unsigned *flags);
bool	plat_button_pressed(void);

/* Hardware seeds: fill with RDSEED or RDRAND; bytes really had (0 if none). */
size_t	plat_hwrandom(void *, size_t);

#endif /* SIRLOIN_PLAT_H */
