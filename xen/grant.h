/*
 * grant.h: pages of ours that another domain may reach (grant table, version
 * 1), and theirs that we reach.  A reference is 0 when there is none.
 */
#ifndef SIRLOIN_XEN_GRANT_H
#define SIRLOIN_XEN_GRANT_H

#include <kern.h>
#include <xen.h>

/*
 * A free reference, O(1); the table grows when it must (thread context, else
 * any).  0: none left.
 */
grant_ref_t xen_grant_ref(void);
/* Not in use.  Any context. */
void	xen_grant_free(grant_ref_t);
/* Let dom reach the frame gfn by ref. */
void	xen_grant_access(grant_ref_t, domid_t dom, xen_pfn_t gfn, bool readonly);
/*
 * No longer.  False: dom still has it mapped, nothing has changed: the page
 * must not be used for anything else, and the reference not be freed.
 */
bool	xen_grant_end(grant_ref_t);
/* ref, access for a page of ours; 0. */
grant_ref_t xen_grant_page(domid_t dom, const void *va, bool readonly);
/*
 * End, free the reference, then the page (NULL: none; page of
 * kern_page_alloc(1)).  While it is still mapped, this waits in a list that is
 * looked at again every second.
 */
void	xen_grant_dispose(grant_ref_t, void *page);

/* Copies by the hypervisor; each op's status says how it went. */
int	xen_grant_copy(struct gnttab_copy *, unsigned n);

/* Figures for reports. */
struct xen_grant_info { unsigned frames, max, used, waiting; };
void	xen_grant_info(struct xen_grant_info *);

/* After a resume the table is empty: its frames are mapped again. */
void	xen_grant_resume(void);

#endif /* SIRLOIN_XEN_GRANT_H */
