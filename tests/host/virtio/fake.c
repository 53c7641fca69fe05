/* fake.c: a kernel of one thread and a transport made of memory. */
#include "fake.h"

long fake_pages;

/* ---- kernel ---- */

void *kern_zalloc(size_t n) { return calloc(1, n); }
void *kern_malloc(size_t n, size_t align) { return malloc(n); }
int kern_cv_wait(struct kern_cv *c, struct kern_mutex *m, uint64_t t)
    { return ETIMEDOUT; }
const char *plat_hypervisor(void) { return "a process"; }
/* Nobody else runs here. */
void kern_relax(bool (*come)(const void *), const void *arg) { (void)come(arg); }
void kern_timer_init(struct kern_timer *t, void (*fn)(void *), void *arg)
    { t->fn = fn; t->arg = arg; }
void kern_timer_arm(struct kern_timer *t, uint64_t when) { t->deadline = when; }
bool kern_timer_cancel(struct kern_timer *t) { return true; }
bool virtio_job_init(void) { return true; }
void virtio_job_queue(struct virtio_job *j) { j->fn(j->arg); }
void virtio_job_cancel(struct virtio_job *j) { }


void
kern_mem_info(struct kern_mem_info *mi)
{

	memset(mi, 0, sizeof(*mi));
	mi->total = 2 << 20;
}

/* Memory runs out now and then. */
void *
kern_page_alloc(size_t n, size_t align, int flags)
{
	void *p;

	if (rnd() % 50 == 0)
		return NULL;
	fake_pages += n;
	p = aligned_alloc(PAGE_SIZE, n * PAGE_SIZE);
	if (flags & KERN_PG_ZERO)
		memset(p, 0, n * PAGE_SIZE);
	return p;
}

void
kern_page_free(void *p, size_t n)
{

	fake_pages -= n;
	free(p);
}


int
kern_irq_line(const char *name, unsigned gsi, unsigned flags,
    int (*fn)(void *), void *arg, struct kern_irq **out)
{

	*out = malloc(1);
	return 0;
}
void kern_irq_free(struct kern_irq *ki) { free(ki); }

/* The fake is no PCI device. */
int pci_claim(struct pci_func *f, const char *o) { abort(); }
void pci_release(struct pci_func *f) { abort(); }
void pci_enable(struct pci_func *f, bool on) { abort(); }
int pci_irq_count(struct pci_func *f) { abort(); }
void pci_irq_free(struct pci_irq *i) { abort(); }
const char *pci_irq_best(struct pci_func *f) { abort(); }
int pci_irq_establish(struct pci_func *f, int n, const char *name, int cpu,
    int (*fn)(void *), void *arg, struct pci_irq **i) { abort(); }

/* ---- the transport ---- */

static struct fake_dev *F(struct virtio_dev *d) { return (struct fake_dev *)d; }
static uint64_t f_features(struct virtio_dev *d) { return F(d)->offer; }
static void f_accept(struct virtio_dev *d, uint64_t f)
    { CHECK((f & ~F(d)->offer) == 0); }
static uint8_t f_status(struct virtio_dev *d) { return F(d)->st; }
static void f_notify(struct virtq *q) { }
static uint32_t f_generation(struct virtio_dev *d) { return rnd() % 8 == 0; }
static uint8_t f_isr(struct virtio_dev *d) { return 1; }
static void f_vec(struct virtio_dev *d, unsigned v) { }
static unsigned f_max(struct virtio_dev *d, unsigned n)
    { return n < FAKE_QUEUES ? F(d)->qmax : 0; }

static void
f_set_status(struct virtio_dev *d, uint8_t v)
{

	F(d)->st = v;
	if (v == 0) {
		memset(F(d)->q, 0, sizeof(F(d)->q));
		memset(F(d)->seen, 0, sizeof(F(d)->seen));
		memset(F(d)->used, 0, sizeof(F(d)->used));
	}
}

static uint32_t
f_config(struct virtio_dev *d, unsigned off, unsigned width)
{
	uint32_t v = 0;

	CHECK(off + width <= sizeof(F(d)->cfg));
	memcpy(&v, F(d)->cfg + off, width);
	return v;
}

static int
f_queue(struct virtio_dev *d, struct virtq *q, unsigned vec)
{

	F(d)->q[q->index] = q;
	return 0;
}

static const struct virtio_ops fake_ops = {
	"fake", f_features, f_accept, f_status, f_set_status, f_config,
	f_generation, f_isr, f_max, f_queue, f_vec, f_notify, false, 64
};

void
fake_device(struct fake_dev *f, unsigned type)
{

	f->d.ops = &fake_ops;
	f->d.type = type;
	strcpy(f->d.name, "fake");
	virtio_found(&f->d);
}

int
fake_take(struct fake_dev *f, unsigned n)
{
	struct vring *v;

	if (f->q[n] == NULL)
		return -1;
	v = &f->q[n]->ring;
	if (f->seen[n] == v->avail->idx)
		return -1;
	return v->avail->ring[f->seen[n]++ & (v->num - 1)];
}

int
fake_chain(struct fake_dev *f, unsigned n, unsigned head, struct fake_piece *p,
    int max)
{
	struct vring_desc *d = &f->q[n]->ring.desc[head], *table = NULL;
	int i;

	if (d->flags & VRING_DESC_INDIRECT) {
		table = d = (void *)(uintptr_t)d->addr;
		CHECK((f->q[n]->ring.desc[head].flags & VRING_DESC_NEXT) == 0);
	}
	for (i = 0; i < max; i++) {
		p[i].p = (void *)(uintptr_t)d->addr;
		p[i].len = d->len;
		p[i].write = d->flags & VRING_DESC_WRITE;
		CHECK(d->len != 0 && (i == 0 || !p[i - 1].write || p[i].write));
		if ((d->flags & VRING_DESC_NEXT) == 0)
			return i + 1;
		d = table != NULL ? &table[d->next] :
		    &f->q[n]->ring.desc[d->next];
	}
	CHECK(!"a chain without end");
	return 0;
}

void
fake_use(struct fake_dev *f, unsigned n, uint32_t id, uint32_t len)
{
	struct vring *v;

	if (f->q[n] == NULL)
		return;
	v = &f->q[n]->ring;
	v->used->ring[f->used[n] & (v->num - 1)].id = id;
	v->used->ring[f->used[n] & (v->num - 1)].len = len;
	v->used->idx = ++f->used[n];
}
