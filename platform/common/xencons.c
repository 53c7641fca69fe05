/*
 * The console ring.  What the daemon writes there is not believed: an index
 * beyond the ring's size counts as an empty or a full ring.
 */
#include <stdio.h>

#include "x86.h"
#include "xencons.h"
#include <xen/io/console.h>

#define PATIENCE	30000000000UL	/* ns without progress */
#define REMIND		100000000UL	/* ns */

static volatile struct xencons_interface *ring;
static evtchn_port_t port;
static uint32_t lock;
static bool deaf;			/* nobody takes the output */
static bool report;			/* much is to come: fewer events */
static char last = '\n';			/* character of it */

void
xencons_set(void *r, evtchn_port_t p)
{
	unsigned long s = x86_lock(&lock);

	ring = r;
	port = p;
	deaf = false;
	x86_unlock(&lock, s);
}

evtchn_port_t
xencons_port(void)
{

	return ring != NULL ? port : 0;
}

static uint32_t
room(void)
{
	uint32_t used = ring->out_prod - ring->out_cons;

	return used < sizeof(ring->out) ? sizeof(ring->out) - used : 0;
}

/* At least `want' bytes of room; false when nobody makes it.  The daemon does
 * not listen for a while to whoever sends it many events. */
static bool
wait_room(uint32_t want)
{
	uint64_t since = plat_clock(), told = since, t;
	uint32_t had = room(), now;

	while ((now = room()) < want) {
		t = plat_clock();
		if (now != had) {
			since = t;
			had = now;
		} else if (deaf || t - since > PATIENCE) {
			deaf = true;
			return false;
		}
		if (t - told > REMIND) {
			xen_evtchn_notify(port);
			told = t;
		}
		xen_yield();
	}
	deaf = false;
	return true;
}

void
xencons_write(const char *p, size_t n)
{
	unsigned long s = x86_lock(&lock);
	uint32_t prod, k;

	if (n > 0)
		last = p[n - 1];
	while (n > 0 && ring != NULL) {
		if (!wait_room(1))
			break;
		prod = ring->out_prod;
		for (k = room(); k > 0 && n > 0; k--, n--)
			ring->out[prod++ % sizeof(ring->out)] = *p++;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		ring->out_prod = prod;
		if (!report || room() < sizeof(ring->out) / 2)
			xen_evtchn_notify(port);
	}
	x86_unlock(&lock, s);
}

size_t
xencons_read(char *p, size_t n)
{
	unsigned long s = x86_lock(&lock);
	uint32_t cons, left;
	size_t i = 0;

	if (ring != NULL) {
		cons = ring->in_cons;
		left = ring->in_prod - cons;
		if (left > sizeof(ring->in))
			left = 0;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		for (; i < n && left > 0; left--)
			p[i++] = ring->in[cons++ % sizeof(ring->in)];
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		ring->in_cons = cons;
		if (i > 0)
			xen_evtchn_notify(port);
	}
	x86_unlock(&lock, s);
	return i;
}

void
xencons_end(enum plat_end how, int status)
{
	char line[40];
	int n;

	n = snprintf(line, sizeof(line), how == PLAT_EXIT ?
	    "%ssirloin: exit %d\n" : how == PLAT_REBOOT ?
	    "%ssirloin: reboot\n" : "%ssirloin: panic\n",
	    last == '\n' ? "" : "\n", status & 0xff);
	deaf = report = false;
	xencons_write(line, (size_t)n);
	if (ring != NULL)
		(void)wait_room(sizeof(ring->out));
}

void
xencons_break(void)
{

	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	report = true;
}
