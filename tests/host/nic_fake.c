/* nic_fake.c: a kernel of one thread, and a bus with one device on it. */
#include <stdarg.h>
#include "nic_fake.h"
#include "rnd.h"

volatile uint32_t fake_regs[NREG / 4];
char fake_said[8192];
uint64_t fake_time;
long fake_mem;
int fake_short, fake_vectors;
bool fake_unplugged;
unsigned fake_resets, k_ncpu = 1;
uint16_t fake_ident;
struct nic *fake_nic;
int (*fake_intr[4])(void *);
void *fake_intrarg[4];
static struct pcidev dev;

void *aligned_alloc(size_t, size_t);

void fake_seed(uint64_t s) { rnd_start(s); }

/* ---- the kernel ---- */

static bool short_of(void) { return fake_short && rnd() % fake_short == 0; }

void *
kmem_alloc_aligned(size_t n, size_t align)
{

	if (short_of())
		return NULL;
	fake_mem++;
	return align > 16 ? aligned_alloc(align, n) : malloc(n);
}
void *kmem_alloc(size_t n) { return kmem_alloc_aligned(n, 0); }

void *
kmem_zalloc(size_t n)
{
	void *p = kmem_alloc(n);

	return p != NULL ? memset(p, 0, n) : NULL;
}

void
kmem_free(void *p, size_t n)
{

	fake_mem -= p != NULL;
	free(p);
}

int
dma_alloc(struct dma *m, size_t n, size_t align)
{

	if ((m->va = kmem_zalloc(n)) == NULL)
		return ENOMEM;
	m->pa = (uintptr_t)m->va;
	m->size = n;
	return 0;
}

void
dma_free(struct dma *m)
{

	kmem_free(m->va, m->size);
	m->va = NULL;
}

unsigned long rumpcomp_pci_virt_to_mach(void *);
unsigned long rumpcomp_pci_virt_to_mach(void *p) { return (uintptr_t)p; }

/* Locks must be free when taken: there is one thread. */

void rumpuser_mutex_init(struct rumpuser_mtx **m, int f)
    { *m = calloc(1, sizeof(**m)); }
void rumpuser_mutex_enter(struct rumpuser_mtx *m)
    { CHECK(!m->held); m->held = 1; }
int rumpuser_mutex_tryenter(struct rumpuser_mtx *m)
    { return m->held ? EBUSY : (m->held = 1, 0); }
void rumpuser_mutex_exit(struct rumpuser_mtx *m)
    { CHECK(m->held); m->held = 0; }
void rumpuser_mutex_destroy(struct rumpuser_mtx *m) { free(m); }
void rumpuser_cv_init(struct rumpuser_cv **c) { *c = NULL; }
void rumpuser_cv_signal(struct rumpuser_cv *c) { }
int kcond_wait_until(kcond_t *c, kmutex_t *m, uint64_t t) { abort(); }
uint64_t k_uptime(void) { return fake_time; }
int kthread_create(const char *n, void (*fn)(void *), void *a)
    { return short_of() ? ENOMEM : 0; }
int rumpuser_getparam(const char *n, void *b, size_t s) { return ENOENT; }

int
rumpuser_getrandom(void *p, size_t n, int flags, size_t *got)
{

	memset(p, 7, n);
	*got = n;
	return 0;
}

void
k_printf(const char *fmt, ...)
{
	size_t n = strlen(fake_said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake_said + n, sizeof(fake_said) - n, fmt, ap);
	va_end(ap);
}

/* ---- the bus ---- */

uint32_t
pcidev_read(const struct pcidev *d, unsigned reg)
{

	if (fake_unplugged)
		return 0xffffffff;
	return reg == 0 ? (uint32_t)fake_ident << 16 | 0x8086 : rnd();
}
void pcidev_write(const struct pcidev *d, unsigned reg, uint32_t v) { }

/* Somebody had the device before: it may reach memory when it stands still. */
void
pcidev_enable(const struct pcidev *d, enum pcidev_use use)
{

	CHECK(use != PCIDEV_MASTER || ((fake_regs[RCTL / 4] & RCTL_EN) == 0 &&
	    (fake_regs[TCTL / 4] & TCTL_EN) == 0));
}

int pcidev_vectors(const struct pcidev *d) { return fake_vectors; }

volatile void *
pcidev_map(const struct pcidev *d, int bar, size_t *len)
{

	*len = rnd() % 50 ? 0x20000 : rnd() % 0x20000;
	return rnd() % 50 ? fake_regs : NULL;
}

int
pcidev_intr(struct pcidev *d, int n, int (*fn)(void *), void *arg)
{

	CHECK(n == 0 || n < fake_vectors);
	if (short_of())
		return EIO;
	fake_intr[n] = fn;
	fake_intrarg[n] = arg;
	return 0;
}

int
nic_attach(struct nic *n)
{

	fake_nic = n;
	return 0;
}

/* No lock of the driver's is held: the stack has one of its own. */
void
nic_link(struct nic *n, bool up, uint32_t mbps)
{
	struct wm *sc = (struct wm *)n;

	CHECK(!sc->ctl->held && !sc->tx.lock->held && !sc->rxq[0].lock->held);
	n->linkup = up;
	n->mbps = mbps;
}

extern const struct pcidriver *const __start_link_set_pci_drivers[];

struct wm *
fake_attach(uint16_t ident)
{
	const struct pcidriver *drv = __start_link_set_pci_drivers[0];

	fake_nic = NULL;
	fake_ident = ident;
	fake_regs[RCTL / 4] = RCTL_EN;
	fake_regs[TCTL / 4] = TCTL_EN;
	dev = (struct pcidev){ .vendor = 0x8086, .device = ident,
	    .name = "wm0" };
	CHECK(drv->match(&dev));
	return drv->attach(&dev) == 0 ? (struct wm *)fake_nic : NULL;
}

/* ---- what a device does while its driver waits ---- */

void
fake_reset(void)
{

	for (unsigned i = 0; i < NREG / 4; i++)
		fake_regs[i] = 0;
	REG(STATUS) = 0x00080083 & ~(uint32_t)STATUS_MASTER;
	REG(EECD) = EECD_AUTO_RD;
	REG(RAL(0)) = 0x12005452;
	REG(RAH(0)) = 0x5634 | (rnd() % 4 ? RAH_AV : 0);
}

int
rumpuser_clock_sleep(int clock, int64_t sec, long nsec)
{

	fake_time += sec * 1000000000 + nsec;
	if (fake_unplugged)
		return 0;
	if (REG(CTRL) & CTRL_RST) {
		fake_resets++;
		fake_reset();
	}
	if (rnd() % 8 == 0)
		return 0;
	if ((REG(EERD) & EERD_START) != 0)
		REG(EERD) = 0x12 << 16 | 0x12 | (rnd() % 20 ? 0 : rnd());
	if (REG(MDIC) != 0)
		REG(MDIC) = (rnd() & 0xffff) | MDIC_READY |
		    (rnd() % 4 ? 0 : MDIC_ERROR);
	return 0;
}
