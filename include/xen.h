/*
 * xen.h: Xen below the room xen/.  Two implementations of the same functions:
 *   PV    platform/xen (images of platform xen)
 *   PVH   platform/hw/xen*.c (images of platform hw that find Xen below them)
 * The types are Xen's public headers' (libxen-dev, MIT), found as <xen/...> in
 * the build directory's include/.
 *
 * Words, besides those of plat.h:
 *   pfn   number of a page as this guest counts them: paddr_t >> PAGE_SHIFT;
 *         what plat_virt_to_phys() and plat_phys_to_virt() deal in
 *   mfn   number of a page as the hypervisor counts them
 *   gfn   what is told to other domains (rings, grants, xenstore): the mfn in a
 *         PV guest, the pfn in a PVH guest
 */
#ifndef SIRLOIN_XEN_H
#define SIRLOIN_XEN_H

#include <plat.h>

#define __XEN_INTERFACE_VERSION__ 0x00040d00
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/features.h>

/* ---- is it Xen, and which ---- */

enum xen_kind { XEN_NONE, XEN_PV, XEN_PVH };
/* Always XEN_PV on platform xen.  Nothing below may be called with XEN_NONE. */
enum xen_kind xen_kind(void);
bool	xen_feature(unsigned bit);	/* XENFEAT_* */
/* "4.17", for reports. */
const char *xen_version(void);

/* ---- hypercalls.  Any context ---- */

/* op: __HYPERVISOR_*; the answer as it comes: often negative errno of Xen's. */
long	xen_hypercall(unsigned op, unsigned long a, unsigned long b,
	    unsigned long c, unsigned long d, unsigned long e);
/* A negative answer as a NetBSD errno (kern_errno.h); 0 for one >= 0. */
int	xen_errno(long answer);

/* Named ones; errno. */
int	xen_event_op(int cmd, void *arg);		/* EVTCHNOP_* */
int	xen_sched_op(int cmd, void *arg);		/* SCHEDOP_* */
int	xen_memory_op(unsigned cmd, void *arg);		/* XENMEM_* */
int	xen_vcpu_op(int cmd, unsigned vcpu, void *arg);	/* VCPUOP_* */
int	xen_physdev_op(int cmd, void *arg);		/* PHYSDEVOP_* */
/*
 * GNTTABOP_* over n elements.  errno of the whole; each element has a status
 * of its own (GNTST_*).
 */
int	xen_grant_op(unsigned cmd, void *args, unsigned n);
static inline void
xen_yield(void)
{

	(void)xen_sched_op(SCHEDOP_yield, NULL);
}

/* ---- pages that exist from the start ---- */

/* Any context; valid for ever, mapped again at the same address by a resume. */
extern struct shared_info *const xen_shared_info;

enum xen_page { XEN_PAGE_CONSOLE, XEN_PAGE_STORE };
/*
 * Address and event channel of xenconsoled's or xenstored's ring.  ENXIO:
 * there is none.  To be asked again after a resume: both can be others then.
 * The console is the platform's own (plat_console_*); the store is xen/'s.
 */
int	xen_start_page(enum xen_page, void **va, evtchn_port_t *port);

/* ---- frames ---- */

/* The gfn of any mapped page that is ours.  O(1) in the direct map. */
xen_pfn_t xen_gfn(const void *va);
xen_pfn_t xen_pfn_to_mfn(xen_pfn_t pfn);	/* INVALID_MFN: none there */
xen_pfn_t xen_mfn_to_pfn(xen_pfn_t mfn);	/* INVALID_MFN: not ours */
#define INVALID_MFN	(~(xen_pfn_t)0)

/*
 * Room for pages that are not memory of ours, in the vmap area, with guard
 * pages around; nothing is mapped yet.  NULL: no memory.  Thread context.
 */
void	*xen_window_alloc(unsigned npage);
void	xen_window_free(void *, unsigned npage);	/* empty again */
/*
 * The grant table's frames first..first+n-1 at window, which is frame `first's
 * place: the table grows in place, and room for the maximum was taken with
 * xen_window_alloc().
 * Again after a resume, from frame 0.  errno.
 */
int	xen_map_grant_table(void *window, unsigned first, unsigned n);
/*
 * Grants of dom, one for each page of a window.  All or none: errno, EINVAL for
 * a reference that is refused.  handle[n] gets what unmap wants.
 */
int	xen_map_grants(void *window, domid_t dom, const grant_ref_t *ref,
	    unsigned n, bool readonly, grant_handle_t *handle);
void	xen_unmap_grants(void *window, const grant_handle_t *handle, unsigned n);
/*
 * Ballooning.  Give n pages of kern_page_alloc(1) back to the hypervisor: they
 * are not mapped any more and their frames are gone.  Returns how many were
 * taken, from the first one on.  fill: memory for such pages again, mapped as
 * before; returns how many got some.  Thread context.
 */
unsigned xen_balloon_give(void *const *page, unsigned n);
unsigned xen_balloon_fill(void *const *page, unsigned n);
/*
 * Pages that the domain may get beyond what it was begun with: their number,
 * and the first one's address.  They are in the kernel's books as allocated one
 * by one, and to be filled and freed as such that were given back.
 */
uint64_t xen_mem_absent(void **first);

/* ---- event channels ---- */

/* New ports; masked until a handler is bound.  errno.  Any context. */
int	xen_evtchn_alloc(domid_t remote, evtchn_port_t *port);
int	xen_evtchn_connect(domid_t remote, evtchn_port_t theirs,
	    evtchn_port_t *port);
int	xen_evtchn_virq(unsigned virq, unsigned cpu, evtchn_port_t *port);
int	xen_evtchn_pirq(unsigned pirq, bool share, evtchn_port_t *port);
/* For a port without a handler; one that has it is closed by plat_irq_free. */
void	xen_evtchn_close(evtchn_port_t);
/* Any context. */
void	xen_evtchn_notify(evtchn_port_t);
void	xen_evtchn_mask(evtchn_port_t);
/* An event that came while it was masked is delivered now. */
void	xen_evtchn_unmask(evtchn_port_t);
/*
 * Handlers are plat_irq_event() (plat.h: fn in interrupt context) and, for
 * nearly everybody, kern_irq_event() (kern.h: fn in a thread of its own).
 * A port's pending bit is cleared before fn is called: what comes after that
 * calls it again.  plat_irq_mask()/unmask() work on what they return.
 */

/* Events of CPU n go to CPU 0 (away), or where they were.  Thread context. */
void	xen_events_away(unsigned cpu, bool away);

/* ---- CPUs that the toolstack takes and gives (xen/vcpus.c) ---- */

/*
 * On CPU n, interrupts masked: does nothing until xen_cpu_wake(n) is called
 * elsewhere (kern.h: kern_cpu_leave).
 */
void	xen_cpu_park(unsigned cpu);
void	xen_cpu_wake(unsigned cpu);	/* thread context */

/* ---- devices of the machine: a PV guest only ---- */

/* What was an interrupt of pirq was taken: the next one may come.  Any context. */
void	xen_pirq_eoi(unsigned pirq);
/*
 * 2^order pages of ours, with contents that don't matter and nothing but the
 * direct map to them, in one piece of the machine, aligned to its size, below
 * 2^bits bytes.  ENOMEM: there is none, they are what they were.  Thread context.
 */
int	xen_contiguous(void *va, unsigned order, unsigned bits);
/*
 * Where plat_map_io() has mapped any of this there is memory full of ones from
 * now on: what is left of a device that went away.  Thread context.
 */
void	xen_io_revoke(uint64_t addr, uint64_t size);

/* ---- the end ---- */

/*
 * fn is called before the domain shuts down, whatever the reason, and before the
 * report of a panic: interrupts off, perhaps the other CPUs stopped and locks
 * held.  There is one such function (xen/pcifront.c's).  A PV guest only.
 */
void	xen_at_end(void (*fn)(void));

/* ---- suspend ---- */

/*
 * Thread context, with every front end quiet and the store's last word ("the
 * answer to control/shutdown") written.  Suspends the domain.  0: this is
 * another life, in which
 *	- every event channel but the platform's is gone (ports that still have a
 *	  handler are dead: free them as always, which then tells Xen nothing);
 *	- grants and the grant table are gone; the pages of xen_start_page()
 *	  and their ports may be others;
 *	- plat_clock() went on from where it was; plat_clock_epoch() is new;
 *	- the number of CPUs and all memory are as before.
 * EAGAIN: the suspend was cancelled, nothing has changed.  ENOTSUP.
 * first() puts back what a thread may use at once in the new life (the grant
 * table): on CPU 0, before anything else runs, events masked.
 */
int	xen_suspend(void (*first)(void));

/* ---- time of day ---- */

/*
 * The time of day at plat_clock() == 0, in ns since 1970, from somebody else:
 * used while Xen itself has told none.
 */
void	xen_set_epoch(uint64_t ns);

#endif /* SIRLOIN_XEN_H */
