/*
 * watch.c: interrupts, and a thread that looks once a second whether all is
 * well: link, counters, sending that stands still, a device that is gone.
 * What goes wrong is said by name; then the device is reset, and what was
 * received, under way or waiting goes on.
 */
#include <stdarg.h>
#include <stdio.h>
#include "e1000.h"

#define MAXBACKOFF	(60 * WM_SECOND)

/* ---- errors ---- */

void
wm_sick(struct wm *sc, const char *fmt, ...)
{
	char text[80];
	va_list ap;

	if (__atomic_exchange_n(&sc->sick, true, __ATOMIC_RELAXED))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	k_printf("%s: %s: reset\n", sc->nic.name, text);
	kcond_signal(&sc->watch);
}

static void
lock_queues(struct wm *sc)
{

	for (unsigned i = 0; i < sc->nrxq; i++)
		kmutex_enter(&sc->rxq[i].lock);
	kmutex_enter(&sc->tx.lock);
}

static void
unlock_queues(struct wm *sc)
{

	kmutex_exit(&sc->tx.lock);
	for (unsigned i = sc->nrxq; i-- > 0; )
		kmutex_exit(&sc->rxq[i].lock);
}

/* ctl held. */
static void
restart(struct wm *sc, struct netpktq *in, struct netpktq *out)
{
	int error;

	lock_queues(sc);
	for (unsigned i = 0; i < sc->nrxq; i++)
		while (wm_rx_collect(&sc->rxq[i], in) > 0)
			continue;
	wm_tx_collect(&sc->tx, out);
	error = wm_hw_reset(sc);
	if (error == 0) {
		for (unsigned i = 0; i < sc->nrxq; i++)
			wm_rx_setup(&sc->rxq[i]);
		wm_tx_setup(sc);
		wm_hw_start(sc);
		sc->nic.resets++;
	}
	__atomic_store_n(&sc->sick, false, __ATOMIC_RELAXED);
	unlock_queues(sc);
	if (error == 0)
		wm_intr_on(sc);
}

/* Again and again: less and less often. */
static bool
reset_due(struct wm *sc)
{
	uint64_t now = k_uptime(), since = now - sc->lastreset;

	if (!sc->sick || since < sc->backoff)
		return false;
	sc->backoff = since > sc->backoff + 10 * WM_SECOND ? WM_SECOND :
	    sc->backoff * 2;
	if (sc->backoff > MAXBACKOFF)
		sc->backoff = MAXBACKOFF;
	sc->lastreset = now;
	return true;
}

/* Not RUC: what virtual networks send need not be padded, and is received. */
static void
counters(struct wm *sc)
{
	static const uint16_t bad[] = { CRCERRS, ALGNERRC, RXERRC, RLEC, RFC,
	    ROC, RJC };
	struct net_stats *st = &sc->nic.stats;
	uint64_t n = 0;

	for (unsigned i = 0; i < __arraycount(bad); i++)
		n += wm_read(sc, bad[i]);
	__atomic_add_fetch(&st->ierrors, n, __ATOMIC_RELAXED);
	__atomic_add_fetch(&st->idrops, wm_read(sc, MPC), __ATOMIC_RELAXED);
	n = wm_read(sc, ECOL) + (uint64_t)wm_read(sc, LATECOL);
	__atomic_add_fetch(&st->oerrors, n, __ATOMIC_RELAXED);
}

/* ---- the link ---- */

void
wm_link_read(struct wm *sc, bool *up, uint32_t *mbps)
{
	uint32_t st = wm_read(sc, STATUS);
	unsigned speed = STATUS_SPEED(st);

	*up = !sc->gone && (st & STATUS_LU) != 0;
	*mbps = speed == 0 ? 10 : speed == 1 ? 100 : 1000;
}

/* Packets for a network that is not there go back to who made them. */
static void
link_check(struct wm *sc)
{
	uint32_t mbps;
	bool up;

	wm_link_read(sc, &up, &mbps);
	if (up == sc->nic.linkup && (!up || mbps == sc->nic.mbps))
		return;
	nic_link(&sc->nic, up, mbps);
	if (up)
		return;
	if (sc->tx.nslot > 0 && !sc->gone)
		wm_sick(sc, "packets under way when the link went down");
	wm_tx_flush(sc, sc->gone);
}

/* ---- the tick ---- */

static bool
look(struct wm *sc, struct netpktq *in, struct netpktq *out)
{

	if (!sc->running)
		return false;
	if (wm_hw_gone(sc))
		return true;
	counters(sc);
	if (wm_tx_hung(sc))
		wm_sick(sc, "%u packets, and none sent for 2 seconds",
		    sc->tx.nslot);
	if (reset_due(sc))
		restart(sc, in, out);
	/* for devices that mask what they have told, and to be safe */
	if (!sc->gone)
		wm_intr_on(sc);
	for (unsigned i = 0; i < sc->nrxq; i++)
		wm_rx_look(&sc->rxq[i]);
	return true;
}

static void
give_back(struct netpktq *q)
{
	struct netpkt *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		p->done(p);
	}
}

void
wm_tick(struct wm *sc)
{
	struct netpktq in = STAILQ_HEAD_INITIALIZER(in);
	struct netpktq out = STAILQ_HEAD_INITIALIZER(out);
	uint64_t resets = sc->nic.resets;
	bool open;

	kmutex_enter(&sc->ctl);
	open = look(sc, &in, &out);
	kmutex_exit(&sc->ctl);
	give_back(&out);
	if (!STAILQ_EMPTY(&in))
		sc->input(sc->arg, &in);
	if (!open)
		return;
	link_check(sc);
	if (resets != sc->nic.resets)
		wm_tx_go(sc);
	for (unsigned i = 0; i < sc->nrxq; i++)
		if (sc->rxq[i].overlooked)
			(void)wm_rx_work(&sc->rxq[i]);
}

void
wm_watch_thread(void *arg)
{
	struct wm *sc = arg;
	uint64_t next;

	for (;;) {
		kmutex_enter(&sc->ctl);
		next = sc->running && !(sc->gone && !sc->nic.linkup) ?
		    k_uptime() + WM_SECOND : UINT64_MAX;
		(void)kcond_wait_until(&sc->watch, &sc->ctl, next);
		kmutex_exit(&sc->ctl);
		wm_tick(sc);
	}
}

/* ---- interrupts ---- */

void
wm_intr_on(struct wm *sc)
{
	uint32_t m = INT_LSC;

	if (sc->vectors > 1)
		m |= INT_RXQ(0) | INT_RXQ(1) | INT_OTHER;
	else
		m |= INT_RXT0 | INT_RXO;
	if (sc->tx.intr)
		m |= sc->vectors > 1 ? INT_TXQ0 : INT_TXDW;
	wm_write(sc, IMS, m);
}

/* The line, or MSI: causes are asked for, once. */
static int
wm_intr(void *arg)
{
	struct wm *sc = arg;
	uint32_t icr;

	if (!sc->running || sc->gone || (icr = wm_read(sc, ICR)) == 0)
		return 0;
	if (icr == 0xffffffff) {
		kcond_signal(&sc->watch);	/* gone? */
		return 0;
	}
	if (icr & INT_LSC)
		link_check(sc);
	if (icr & (INT_RXT0 | INT_RXDMT0 | INT_RXO))
		(void)wm_rx_work(&sc->rxq[0]);
	wm_tx_reap(sc, sc->tx.intr);
	return (icr & (INT_LSC | INT_RXT0 | INT_RXDMT0 | INT_RXO | INT_TXDW)) !=
	    0;
}

/* MSI-X: what the message says is all there is to know. */
static int
wm_intr_rx(void *arg)
{
	struct wm_rxq *q = arg;

	(void)wm_rx_work(q);
	wm_tx_reap(q->sc, false);
	return 1;
}

/*
 * A device may have cleared the receive queues' causes with the others, and
 * raises none for them when it has no more buffers (82574).
 */
static int
wm_intr_other(void *arg)
{
	struct wm *sc = arg;
	uint32_t icr;

	if (!sc->running || sc->gone)
		return 1;
	icr = wm_read(sc, ICR);
	if (icr == 0xffffffff)
		kcond_signal(&sc->watch);
	else
		wm_write(sc, ICR, icr & (INT_LSC | INT_RXO | INT_OTHER));
	link_check(sc);
	for (unsigned i = 0; i < sc->nrxq; i++)
		(void)wm_rx_work(&sc->rxq[i]);
	wm_tx_reap(sc, sc->tx.intr);
	return 1;
}

int
wm_intr_attach(struct wm *sc)
{
	unsigned i;
	int error;

	if (sc->vectors < 2)
		return pcidev_intr(sc->dev, 0, wm_intr, sc);
	for (i = 0; i < sc->nrxq; i++)
		if ((error = pcidev_intr(sc->dev, i, wm_intr_rx,
		    &sc->rxq[i])) != 0)
			return error;
	return pcidev_intr(sc->dev, i, wm_intr_other, sc);
}
