/*
 * netfront_slot.c: transmit slots: what each request's id stands for, and when
 * it may be used again: never while the other side has its page mapped.
 */
#include "netfront.h"

/* ---- slots of a set; txlock held, or nobody else has it ---- */

char *
nf_slot_small(struct nf_txset *set, unsigned i)
{

	return set->small + i * NF_TXINLINE;
}

struct nf_txslot *
nf_slot_take(struct nf_txset *set, uint16_t *id)
{
	struct nf_txslot *s = &set->slot[*id = set->free];

	set->free = s->next;
	set->nfree--;
	s->state = NF_TXBUSY;
	s->ref = 0;
	s->pkt = NULL;
	s->copy = NULL;
	return s;
}

void
nf_slot_put(struct nf_txset *set, uint16_t id)
{

	set->slot[id].state = NF_TXFREE;
	set->slot[id].next = set->free;
	set->free = id;
	set->nfree++;
}

/* One request of a packet is over. */
static void
slot_over(struct nf_txset *set, uint16_t id, struct netpktq *done)
{
	struct nf_txslot *h = &set->slot[set->slot[id].head];

	if (--h->left == 0) {
		if (h->pkt != NULL)
			STAILQ_INSERT_TAIL(done, h->pkt, link);
		if (h->copy != NULL)
			kern_page_free(h->copy, h->ncopy);
		nf_slot_put(set, h - set->slot);
	}
	if (&set->slot[id] != h)
		nf_slot_put(set, id);
}

/*
 * The head's slot may not be used again before the packet is over, so it goes
 * last; its own request may be over before that.
 */
static bool
slot_end(struct nf_txset *set, uint16_t id, struct netpktq *done)
{
	struct nf_txslot *s = &set->slot[id];

	if (s->ref != 0) {
		if (!xen_grant_end(s->ref))
			return false;
		xen_grant_free(s->ref);
		s->ref = 0;
	}
	slot_over(set, id, done);
	return true;
}

/* Look again at what was answered but still mapped. */
void
nf_slots_end_again(struct nf_txset *set, struct netpktq *done)
{
	uint16_t *link = &set->ending, id;

	while ((id = *link) != NF_NOSLOT) {
		uint16_t next = set->slot[id].next;

		if (slot_end(set, id, done)) {
			*link = next;
			set->nending--;
		} else
			link = &set->slot[id].next;
	}
}

void
nf_slot_answered(struct nf_txset *set, uint16_t id, struct netpktq *done)
{
	struct nf_txslot *s = &set->slot[id];

	s->state = NF_TXENDING;
	if (!slot_end(set, id, done)) {
		s->next = set->ending;
		set->ending = id;
		set->nending++;
	}
}

/* ---- sets of slots ---- */

static void
set_free(struct nf_txset *set)
{
	unsigned i;

	for (i = 0; i < sizeof(set->smallref) / sizeof(set->smallref[0]); i++)
		if (set->smallref[i] != 0)
			xen_grant_dispose(set->smallref[i], set->small +
			    i * PAGE_SIZE);
		else if (set->small != NULL)
			kern_page_free(set->small + i * PAGE_SIZE, 1);
	kern_free(set);
}

int
nf_tx_open(struct nf_queue *q)
{
	domid_t dom = q->n->xd->dom;
	struct nf_txset *set;
	unsigned i;

	if ((set = q->set = kern_zalloc(sizeof(*set))) == NULL ||
	    (q->txpage = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL)
		return ENOMEM;
	set->small = kern_page_alloc(NF_RING * NF_TXINLINE / PAGE_SIZE, 0,
	    KERN_PG_ZERO);
	if (set->small == NULL)
		return ENOMEM;
	for (i = 0; i < sizeof(set->smallref) / sizeof(set->smallref[0]); i++)
		if ((set->smallref[i] = xen_grant_page(dom, set->small +
		    i * PAGE_SIZE, true)) == 0)
			return ENOSPC;
	if ((q->txref = xen_grant_page(dom, q->txpage, false)) == 0)
		return ENOSPC;
	xring_init(&q->tx, q->txpage, PAGE_SIZE,
	    sizeof(union netif_tx_sring_entry));
	set->free = set->ending = NF_NOSLOT;
	for (i = NF_RING; i-- > 0; )
		nf_slot_put(set, i);
	STAILQ_INIT(&q->backlog);
	q->nbacklog = 0;
	return 0;
}

/* No event comes any more, q->up is false. */
void
nf_tx_close(struct nf_queue *q)
{
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);
	struct nf_txset *set = q->set;
	struct nf *n = q->n;
	unsigned i;

	if (set == NULL)
		return;
	kern_mutex_lock(&q->txlock);
	q->set = NULL;
	if (q->txref != 0)
		for (i = 0; i < NF_RING; i++)
			if (set->slot[i].state == NF_TXBUSY)
				nf_slot_answered(set, i, &done);
	if (q->txref != 0)
		STAILQ_CONCAT(&done, &q->backlog);
	q->nbacklog = 0;
	kern_mutex_unlock(&q->txlock);
	if (set->nending > 0) {
		kern_printf("%s: %u pages are still mapped by the back end\n",
		    n->xd->name, set->nending);
		kern_mutex_lock(&n->reap_lock);
		SLIST_INSERT_HEAD(&n->zombies, set, link);
		kern_mutex_unlock(&n->reap_lock);
		nf_want_reaper(n);
	} else
		set_free(set);
	if (q->txref != 0)
		xen_grant_dispose(q->txref, q->txpage);
	else if (q->txpage != NULL)
		kern_page_free(q->txpage, 1);
	q->txpage = NULL;
	q->txref = 0;
	nf_give_back(&done);
}

/* ---- the reaper ---- */

/* Sets that the other side still has pages of; reap_lock held. */
static void
bury(struct nf *n, struct netpktq *done)
{
	struct nf_txset *set, *next;

	for (set = SLIST_FIRST(&n->zombies); set != NULL; set = next) {
		next = SLIST_NEXT(set, link);
		nf_slots_end_again(set, done);
		if (set->nending > 0)
			continue;
		SLIST_REMOVE(&n->zombies, set, nf_txset, link);
		set_free(set);
	}
}

static void *
reaper(void *arg)
{
	struct nf *n = arg;
	struct netpktq done;
	unsigned i;
	bool more;

	for (;;) {
		STAILQ_INIT(&done);
		kern_mutex_lock(&n->reap_lock);
		while (!n->reap_wanted)
			(void)kern_cv_wait(&n->reap_cv, &n->reap_lock,
			    UINT64_MAX);
		kern_mutex_unlock(&n->reap_lock);
		kern_sleep_until(plat_clock() + NF_REAP);
		kern_mutex_lock(&n->reap_lock);
		n->reap_wanted = false;
		bury(n, &done);
		more = !SLIST_EMPTY(&n->zombies);
		kern_mutex_unlock(&n->reap_lock);
		for (i = 0; i < NF_MAXQUEUE; i++) {
			struct nf_queue *q = &n->queue[i];

			kern_mutex_lock(&q->txlock);
			if (q->up) {
				nf_tx_collect(q, &done);
				more |= xring_owed(&q->tx) > 0 ||
				    q->set->nending > 0;
			}
			kern_mutex_unlock(&q->txlock);
		}
		nf_give_back(&done);
		if (more)
			nf_want_reaper(n);
	}
	return NULL;
}

bool
nf_reaper_start(struct nf *n)
{

	if (!n->reaper)
		n->reaper = kern_thread_create(NULL, "netfront", reaper, n,
		    KERN_PRI_KERNEL, KERN_CPU_ANY, 0, 16 * 1024) == 0;
	return n->reaper;
}
