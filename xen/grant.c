/*
 * grant.c: the grant table (Xen public grant_table.h).  Free references are a
 * list through an array beside the table, for what is in the table itself is
 * seen by the hypervisor only, but a reference's place in the list must not
 * depend on anything it can change.
 */
#include "grant.h"

#define PERFRAME	(PAGE_SIZE / sizeof(grant_entry_v1_t))
#define SWEEP		1000000000ull	/* ns */
#define MAXFRAMES	256		/* 131072 grants: 512 MB */
#define COPY_RETRIES	10

static volatile grant_entry_v1_t *table;	/* a window of max frames */
static grant_ref_t *next_free[MAXFRAMES];	/* by frame */
static grant_ref_t head;
static unsigned frames, max, used;
static bool told;
static struct kern_spin lock;
static struct kern_mutex grow_lock;

struct waiting {
	grant_ref_t	ref;
	void		*page;
	SLIST_ENTRY(waiting) link;
};
static SLIST_HEAD(, waiting) waiting = SLIST_HEAD_INITIALIZER(waiting);
static unsigned nwaiting;
static struct kern_mutex wait_lock;
static struct kern_cv wait_cv;

static grant_ref_t *
next_of(grant_ref_t ref)
{

	return &next_free[ref / PERFRAME][ref % PERFRAME];
}

/* One frame more; grow_lock held. */
static int
grow(void)
{
	grant_ref_t *list, first = frames * PERFRAME, i;
	unsigned long s;
	int error;

	if (frames == max) {
		if (!told)
			kern_printf("xen: all %u grants are in use, and there "
			    "are no more (max_grant_frames)\n", used);
		told = true;
		return ENOSPC;
	}
	if ((list = kern_malloc(PERFRAME * sizeof(*list), 0)) == NULL)
		return ENOMEM;
	error = xen_map_grant_table((char *)(uintptr_t)table +
	    frames * PAGE_SIZE, frames, 1);
	if (error != 0) {
		kern_free(list);
		return error;
	}
	for (i = 0; i < PERFRAME; i++)
		list[i] = first + i + 1;
	s = kern_spin_lock(&lock);
	next_free[frames++] = list;
	if (first == 0)		/* the tool stack's, for console and store */
		first = GNTTAB_NR_RESERVED_ENTRIES;
	list[PERFRAME - 1] = head;
	head = first;
	kern_spin_unlock(&lock, s);
	return 0;
}

grant_ref_t
xen_grant_ref(void)
{
	grant_ref_t ref;
	unsigned long s;
	int error = 0;

	for (;;) {
		s = kern_spin_lock(&lock);
		if ((ref = head) != 0) {
			head = *next_of(ref);
			used++;
		}
		kern_spin_unlock(&lock, s);
		if (ref != 0 || error != 0)
			return ref;
		kern_mutex_lock(&grow_lock);
		if (head == 0)
			error = grow();
		kern_mutex_unlock(&grow_lock);
	}
}

void
xen_grant_free(grant_ref_t ref)
{
	unsigned long s;

	s = kern_spin_lock(&lock);
	*next_of(ref) = head;
	head = ref;
	used--;
	kern_spin_unlock(&lock, s);
}

void
xen_grant_access(grant_ref_t ref, domid_t dom, xen_pfn_t gfn, bool readonly)
{
	volatile grant_entry_v1_t *e = &table[ref];

	e->frame = (uint32_t)gfn;
	e->domid = dom;
	__atomic_store_n(&e->flags, (uint16_t)(GTF_permit_access |
	    (readonly ? GTF_readonly : 0)), __ATOMIC_RELEASE);
}

bool
xen_grant_end(grant_ref_t ref)
{
	volatile grant_entry_v1_t *e = &table[ref];
	uint16_t flags = e->flags;

	do {
		if (flags & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return true;
}

grant_ref_t
xen_grant_page(domid_t dom, const void *va, bool readonly)
{
	grant_ref_t ref = xen_grant_ref();

	if (ref != 0)
		xen_grant_access(ref, dom, xen_gfn(va), readonly);
	return ref;
}

/* ---- what the other side has not let go of yet ---- */

static bool
dispose(grant_ref_t ref, void *page)
{

	if (!xen_grant_end(ref))
		return false;
	xen_grant_free(ref);
	if (page != NULL)
		kern_page_free(page, 1);
	return true;
}

void
xen_grant_dispose(grant_ref_t ref, void *page)
{
	struct waiting *w;

	if (dispose(ref, page))
		return;
	if ((w = kern_malloc(sizeof(*w), 0)) == NULL) {
		kern_printf("xen: no memory to remember grant %u: its page "
		    "stays away\n", ref);
		return;
	}
	w->ref = ref;
	w->page = page;
	kern_mutex_lock(&wait_lock);
	SLIST_INSERT_HEAD(&waiting, w, link);
	if (nwaiting++ == 0)
		kern_cv_signal(&wait_cv);
	kern_mutex_unlock(&wait_lock);
}

static void *
sweeper(void *arg)
{
	struct waiting *w, *next;

	kern_mutex_lock(&wait_lock);
	for (;;) {
		(void)kern_cv_wait(&wait_cv, &wait_lock, nwaiting > 0 ?
		    plat_clock() + SWEEP : UINT64_MAX);
		for (w = SLIST_FIRST(&waiting); w != NULL; w = next) {
			next = SLIST_NEXT(w, link);
			if (!dispose(w->ref, w->page))
				continue;
			SLIST_REMOVE(&waiting, w, waiting, link);
			nwaiting--;
			kern_free(w);
		}
	}
	return NULL;
}

/* ---- copies ---- */

/*
 * GNTST_eagain: the other side's page is being paged in (grant_table.h): those
 * are tried again, a little later each time.
 */
int
xen_grant_copy(struct gnttab_copy *op, unsigned n)
{
	unsigned i, tries;
	int error;

	if ((error = xen_grant_op(GNTTABOP_copy, op, n)) != 0)
		return error;
	for (i = 0; i < n; i++)
		for (tries = 0; op[i].status == GNTST_eagain &&
		    tries < COPY_RETRIES; tries++) {
			kern_sleep_until(plat_clock() + (1000000ull << tries));
			error = xen_grant_op(GNTTABOP_copy, &op[i], 1);
			if (error != 0)
				return error;
		}
	return 0;
}

/* ---- begin, and begin again ---- */

void
xen_grant_info(struct xen_grant_info *gi)
{

	gi->frames = frames;
	gi->max = max;
	gi->used = used;
	gi->waiting = nwaiting;
}

void
xen_grant_resume(void)
{
	int error;

	error = xen_map_grant_table((void *)(uintptr_t)table, 0, frames);
	if (error != 0)
		kern_panic("xen: the grant table does not come back: error %d",
		    error);
}

static void
grant_init(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	int error;

	if (xen_kind() == XEN_NONE)
		return;
	kern_mutex_init(&grow_lock, "grants");
	kern_mutex_init(&wait_lock, "grants");
	kern_cv_init(&wait_cv, "grants");
	max = 4;
	if (xen_grant_op(GNTTABOP_query_size, &q, 1) == 0 &&
	    q.status == GNTST_okay && q.max_nr_frames > 0)
		max = q.max_nr_frames;
	if (max > MAXFRAMES)
		max = MAXFRAMES;
	if ((table = xen_window_alloc(max)) == NULL)
		error = ENOMEM;
	else if ((error = grow()) == 0)
		error = kern_thread_create(NULL, "grants", sweeper, NULL,
		    KERN_PRI_KERNEL, KERN_CPU_ANY, 0, 0);
	if (error != 0) {
		kern_printf("xen: no grant table: error %d\n", error);
		max = frames;
	}
}
KERN_INIT(KERN_INIT_BUS, grant_init);
