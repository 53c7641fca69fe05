/*
 * wm.c: the driver "wm" for Intel's 82540 and 82574 Gigabit Ethernet
 * controllers and those that are programmed as they are: which ones, their
 * attachment, and what builtin/net calls.
 */
#include "e1000.h"

static const struct wm_model models[] = {
	{ 0x100e, false, "82540EM" },		/* QEMU's e1000 */
	{ 0x100f, false, "82545EM" },
	{ 0x1010, false, "82546EB" },
	{ 0x1015, false, "82540EM LOM" },
	{ 0x1016, false, "82540EP LOM" },
	{ 0x1017, false, "82540EP" },
	{ 0x101e, false, "82540EP LP" },
	{ 0x1026, false, "82545GM" },
	{ 0x1079, false, "82546GB" },
	{ 0x10d3, true, "82574L" },		/* QEMU's e1000e */
	{ 0x10f6, true, "82574LA" },
	{ 0x150c, true, "82583V" },
};

static const struct wm_model *
model_of(const struct pcidev *d)
{

	if (d->vendor == 0x8086)
		for (unsigned i = 0; i < __arraycount(models); i++)
			if (models[i].device == d->device)
				return &models[i];
	return NULL;
}

/* ---- open, close ---- */

static int
attach_late(struct wm *sc)
{
	int error = 0;

	if (!sc->attached && (error = wm_intr_attach(sc)) == 0 &&
	    (error = kthread_create(sc->nic.name, wm_watch_thread, sc)) == 0)
		sc->attached = true;
	return error;
}

static int
start(struct wm *sc)
{
	int error;

	if ((error = wm_rx_alloc(sc)) != 0 || (error = wm_tx_alloc(sc)) != 0 ||
	    (error = attach_late(sc)) != 0 || (error = wm_hw_reset(sc)) != 0)
		return error;
	for (unsigned i = 0; i < sc->nrxq; i++)
		wm_rx_setup(&sc->rxq[i]);
	wm_tx_setup(sc);
	wm_hw_start(sc);
	wm_link_read(sc, &sc->nic.linkup, &sc->nic.mbps);
	sc->running = true;
	wm_intr_on(sc);
	kcond_signal(&sc->watch);
	return 0;
}

static void
stop(struct wm *sc)
{

	__atomic_store_n(&sc->running, false, __ATOMIC_SEQ_CST);
	if (wm_hw_reset(sc) != 0)
		sc->nic.linkup = false;
	/* who is receiving still */
	while (__atomic_load_n(&sc->receivers, __ATOMIC_SEQ_CST) != 0)
		wm_delay(1000);
	wm_tx_free(sc);
	wm_rx_free(sc);
}

static int
wm_open(struct nic *nic, void (*input)(void *, struct netpktq *), void *arg)
{
	struct wm *sc = (struct wm *)nic;
	int error;

	kmutex_enter(&sc->ctl);
	error = sc->running ? EBUSY : sc->gone ? EIO : 0;
	if (error == 0) {
		sc->input = input;
		sc->arg = arg;
		sc->sick = false;
		sc->backoff = WM_SECOND;
		if ((error = start(sc)) != 0) {
			k_printf("%s: not started (error %d)\n", nic->name,
			    error);
			stop(sc);
		}
	}
	kmutex_exit(&sc->ctl);
	return error;
}

static void
wm_close(struct nic *nic)
{
	struct wm *sc = (struct wm *)nic;

	kmutex_enter(&sc->ctl);
	if (sc->running)
		stop(sc);
	kmutex_exit(&sc->ctl);
}

/* ---- filter ---- */

/* SDM 13.4.39, 13.5.1: bits 47 to 36 of the address, if RCTL.MO is 0. */
static void
mta_set(uint32_t mta[128], const uint8_t a[6])
{
	unsigned hash = a[4] >> 4 | a[5] << 4;

	mta[hash >> 5] |= 1u << (hash & 31);
}

static int
wm_filter(struct nic *nic, bool promisc, const uint8_t (*mcast)[6], int n)
{
	struct wm *sc = (struct wm *)nic;
	uint32_t mta[128] = { 0 };

	kmutex_enter(&sc->ctl);
	sc->promisc = promisc;
	sc->allmcast = n < 0 || n > WM_MAXMCAST;
	for (int i = 0; i < n && !sc->allmcast; i++)
		mta_set(mta, mcast[i]);
	for (unsigned i = 0; i < 128; i++) {
		if (mta[i] != sc->mta[i] && sc->running && !sc->gone)
			wm_write(sc, MTA(i), mta[i]);
		sc->mta[i] = mta[i];
	}
	if (sc->running && !sc->gone)
		wm_hw_filter(sc);
	kmutex_exit(&sc->ctl);
	return 0;
}

static const struct nicops wm_ops = { wm_open, wm_close, wm_tx_send, wm_filter };

/* ---- attachment ---- */

static bool
wm_match(const struct pcidev *d)
{

	return model_of(d) != NULL;
}

/* A queue for each of two CPUs, where messages can tell them apart. */
static void
choose_queues(struct wm *sc)
{

	sc->vectors = pcidev_vectors(sc->dev);
	sc->nrxq = 1;
	if (!sc->model->pcie)
		sc->vectors = sc->vectors > 0;
	else if (sc->vectors > WM_MAXRXQ && k_ncpu > 1)
		sc->nrxq = WM_MAXRXQ;
}

static void
init_locks(struct wm *sc)
{

	kmutex_init(&sc->ctl);
	kcond_init(&sc->watch);
	kmutex_init(&sc->tx.lock);
	for (unsigned i = 0; i < WM_MAXRXQ; i++) {
		kmutex_init(&sc->rxq[i].lock);
		sc->rxq[i].sc = sc;
		sc->rxq[i].n = i;
	}
}

static int
wm_attach(struct pcidev *d)
{
	struct wm *sc = kmem_zalloc(sizeof(*sc));
	size_t len;
	int error = EIO;

	if (sc == NULL)
		return ENOMEM;
	sc->dev = d;
	sc->model = model_of(d);
	strncpy(sc->nic.name, d->name, sizeof(sc->nic.name) - 1);
	sc->nic.driver = "wm";
	sc->nic.model = sc->model->name;
	sc->nic.ops = &wm_ops;
	sc->regs = pcidev_map(d, 0, &len);
	if (sc->regs == NULL || len < NREG)
		goto fail;
	pcidev_enable(d, PCIDEV_ANSWERS);
	if (wm_hw_reset(sc) != 0)
		goto fail;
	pcidev_enable(d, PCIDEV_MASTER);
	if ((error = wm_hw_address(sc, sc->nic.info.mac)) != 0) {
		k_printf("%s: no address that makes sense\n", d->name);
		goto fail;
	}
	sc->nic.info.mtu = 1500;
	/* 8254x: TSO over IPv6 has errata, and QEMU's is wrong */
	sc->nic.info.caps = NET_TXCSUM | NET_RXCSUM | NET_TSO4 |
	    (sc->model->pcie ? NET_TSO6 : 0);
	choose_queues(sc);
	wm_link_read(sc, &sc->nic.linkup, &sc->nic.mbps);
	init_locks(sc);
	if ((error = nic_attach(&sc->nic)) == 0)
		return 0;
fail:
	kmem_free(sc, sizeof(*sc));
	return error;
}

static const struct pcidriver wm_driver = { "wm", wm_match, wm_attach };
PCI_DRIVER(wm_driver);
