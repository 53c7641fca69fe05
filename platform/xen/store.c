/*
 * One question to xenstore before anything runs: which VCPUs the domain is to
 * use (Xen public io/xs_wire.h; docs/misc/xenstore-paths.pandoc, "cpu").  The
 * client proper is xen/'s, later, and finds the ring as it was: empty.
 */
#include <stdio.h>
#include <string.h>

#include "pv.h"
#include <xen/io/xs_wire.h>

#define PATIENCE	3000000000UL	/* ns */
#define QUESTION	0x53697221u

typedef volatile struct xenstore_domain_interface store_ring;

static void
put(store_ring *r, const void *buf, size_t len)
{
	const char *p = buf;
	XENSTORE_RING_IDX prod = r->req_prod;

	while (len-- > 0)
		r->req[MASK_XENSTORE_IDX(prod++)] = *p++;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r->req_prod = prod;
}

static bool
take(store_ring *r, void *buf, size_t len, uint64_t until)
{
	char *p = buf;

	for (; len > 0; len--) {
		while (r->rsp_prod == r->rsp_cons) {
			if (plat_clock() > until)
				return false;
			xen_yield();
		}
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		*p++ = r->rsp[MASK_XENSTORE_IDX(r->rsp_cons)];
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		r->rsp_cons++;
	}
	return true;
}

/* False only when the store says "offline". */
bool
xen_store_online(unsigned vcpu)
{
	uint64_t until = plat_clock() + PATIENCE;
	struct xsd_sockmsg m = { .type = XS_READ, .req_id = QUESTION };
	char text[40];
	evtchn_port_t port;
	void *page;

	if (xen_start_page(XEN_PAGE_STORE, &page, &port) != 0)
		return true;
	m.len = (uint32_t)snprintf(text, sizeof(text), "cpu/%u/availability",
	    vcpu) + 1;
	put(page, &m, sizeof(m));
	put(page, text, m.len);
	xen_evtchn_notify(port);
	memset(text, 0, sizeof(text));
	if (!take(page, &m, sizeof(m), until) || m.req_id != QUESTION ||
	    m.len >= sizeof(text) || !take(page, text, m.len, until))
		return true;
	return strcmp(text, "offline") != 0;
}
