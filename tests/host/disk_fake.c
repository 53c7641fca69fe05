/* disk_fake.c: see disk_fake.h. */
#include <stdarg.h>
#include "disk_fake.h"
#include "rnd.h"

unsigned long long fake_seed_now;
char fake_said[16384];
uint64_t fake_time;
bool fake_gone, fake_decodes;
int fake_vectors, fake_short;
struct disk *fake_disk[8];
int fake_ndisk;
int (*fake_intr[32])(void *);
void *fake_intrarg[32];
volatile char *fake_regs;
size_t fake_reglen;
unsigned k_ncpu = 1;
static int locked;
static bool watch_on;
static struct diskwatch *watch;
static struct lwp thelwp;

void *aligned_alloc(size_t, size_t);

/* Drivers have what they have for ever. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

void
fake_seed(uint64_t s)
{

	fake_seed_now = s;
	rnd_start(s);
	fake_said[0] = '\0';
	fake_gone = fake_decodes = watch_on = false;
	fake_short = 0;
	fake_ndisk = 0;
	watch = NULL;
	memset(fake_intr, 0, sizeof(fake_intr));
}

/* ---- the kernel ---- */

static bool short_of(void) { return fake_short && rnd() % fake_short == 0; }

void *
kmem_alloc_aligned(size_t n, size_t align)
{

	if (short_of())
		return NULL;
	return align > 16 ? aligned_alloc(align, (n + align - 1) &
	    ~(align - 1)) : malloc(n);
}
void *kmem_alloc(size_t n) { return kmem_alloc_aligned(n, 0); }

void *
kmem_zalloc(size_t n)
{
	void *p = kmem_alloc(n);

	return p != NULL ? memset(p, 0, n) : NULL;
}
void kmem_free(void *p, size_t n) { free(p); }

/* Machine addresses are ours; those below 4 GB are said to be elsewhere. */
int
dma_alloc(struct dma *m, size_t n, size_t align)
{

	if ((m->va = kmem_alloc_aligned(n, align < 4096 ? 4096 : align)) ==
	    NULL)
		return ENOMEM;
	memset(m->va, 0, n);
	m->pa = (uintptr_t)m->va;
	m->size = n;
	return 0;
}

void
dma_free(struct dma *m)
{

	free(m->va);
	m->va = NULL;
}

unsigned long rumpcomp_pci_virt_to_mach(void *);
unsigned long rumpcomp_pci_virt_to_mach(void *p) { return (uintptr_t)p; }

void
rumpuser_mutex_init(struct rumpuser_mtx **m, int f)
{

	*m = calloc(1, sizeof(**m));
}

void
rumpuser_mutex_enter(struct rumpuser_mtx *m)
{

	CHECK(!m->held);
	m->held = 1;
	locked++;
}

void
rumpuser_mutex_exit(struct rumpuser_mtx *m)
{

	CHECK(m->held);
	m->held = 0;
	locked--;
}
void rumpuser_mutex_destroy(struct rumpuser_mtx *m) { free(m); }
void fake_locks_free(void) { CHECK(locked == 0); }
void rumpuser_cv_init(struct rumpuser_cv **c) { *c = NULL; }
void rumpuser_cv_destroy(struct rumpuser_cv *c) { }
void rumpuser_cv_signal(struct rumpuser_cv *c) { }
void rumpuser_cv_broadcast(struct rumpuser_cv *c) { }
void rumpuser_rw_init(struct rumpuser_rw **rw) { *rw = NULL; }
void rumpuser_rw_enter(int how, struct rumpuser_rw *rw) { }
void rumpuser_rw_exit(struct rumpuser_rw *rw) { }
struct lwp *rumpuser_curlwp(void) { return &thelwp; }
uint64_t k_uptime(void) { return fake_time += 1000; }

void
rumpuser_cv_wait(struct rumpuser_cv *c, struct rumpuser_mtx *m)
{

	rumpuser_mutex_exit(m);
	fake_locks_free();
	fake_time += 100000;
	fake_step();
	fake_tick();
	rumpuser_mutex_enter(m);
}

int
kcond_wait_until(kcond_t *c, kmutex_t *m, uint64_t deadline)
{

	rumpuser_mutex_exit(*m);
	fake_time += rnd() % 4 ? 100000 : TIMEOUT / 100;
	fake_step();
	rumpuser_mutex_enter(*m);
	return fake_time >= deadline ? ETIMEDOUT : 0;
}

int
rumpuser_clock_sleep(int clock, int64_t sec, long nsec)
{

	fake_time += sec * 1000000000 + nsec + rnd() % 100 * 100000;
	fake_locks_free();
	fake_step();
	return 0;
}

void
k_printf(const char *fmt, ...)
{
	size_t n = strlen(fake_said);
	va_list ap;

	if (n > sizeof(fake_said) - 1000)
		return;
	va_start(ap, fmt);
	vsnprintf(fake_said + n, sizeof(fake_said) - n, fmt, ap);
	va_end(ap);
}

/* ---- disk.c's part ---- */

int
disk_attach(struct disk *d)
{

	if (fake_ndisk == 8)
		return ENXIO;
	CHECK(d->blksize >= 512 && d->blksize <= 4096);
	CHECK(d->size >= d->blksize && d->size % d->blksize == 0);
	CHECK(d->maxio % 4096 == 0 && d->maxio >= 4096);
	CHECK(d->maxdiscard % 4096 == 0);
	CHECK(strlen(d->model) < sizeof(d->model));
	CHECK(strlen(d->serial) < sizeof(d->serial));
	fake_disk[fake_ndisk++] = d;
	return 0;
}

void
disk_done(struct diskreq *r, int error)
{

	fake_locks_free();
	r->error = error;
	r->done(r);
}

void
disk_done_all(struct diskreqs *q, int error)
{
	struct diskreq *r;

	while ((r = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		disk_done(r, error);
	}
}

void
disk_complain(struct disk *d, const struct diskreq *r, const char *fmt, ...)
{
	char text[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	CHECK(r == NULL || (r->op <= DISK_DISCARD && r->disk == d));
	k_printf("%s: %s\n", d->name, text);
}
uint64_t disk_timeout(void) { return TIMEOUT; }

int
diskwatch_start(struct diskwatch *w, const char *name)
{

	if (short_of())
		return ENOMEM;
	watch = w;
	return 0;
}
void diskwatch_busy(struct diskwatch *w) { watch_on = true; }
void diskwatch_now(struct diskwatch *w) { watch_on = true; }

/* As watch_main() does. */
void
fake_tick(void)
{

	if (!watch_on || watch == NULL)
		return;
	watch_on = false;
	if (watch->tick(watch->arg))
		watch_on = true;
	fake_locks_free();
}
void fake_shutdown(void) { if (watch != NULL) watch->shutdown(watch->arg); }

/* ---- the bus ---- */

uint32_t
pcidev_read(const struct pcidev *d, unsigned reg)
{

	return fake_gone ? 0xffffffff : 0x12345678;
}
void pcidev_write(const struct pcidev *d, unsigned reg, uint32_t v) { }
void
pcidev_enable(const struct pcidev *d, enum pcidev_use use)
{

	fake_decodes = use != PCIDEV_OFF;
}
int pcidev_vectors(const struct pcidev *d) { return fake_vectors; }

volatile void *
pcidev_map(const struct pcidev *d, int bar, size_t *len)
{

	*len = fake_reglen;
	return rnd() % 50 ? fake_regs : NULL;
}

int
pcidev_intr(struct pcidev *d, int n, int (*fn)(void *), void *arg)
{

	CHECK(n >= 0 && (n == 0 || n < fake_vectors));
	if (short_of())
		return EIO;
	fake_intr[n] = fn;
	fake_intrarg[n] = arg;
	return 0;
}

extern const struct pcidriver *const __start_link_set_pci_drivers[];
extern const struct rump_component *const __start_link_set_rump_components[];

int
fake_attach(uint32_t class_code)
{
	static struct pcidev dev;
	const struct pcidriver *drv = __start_link_set_pci_drivers[0];
	static bool init;
	int error;

	if (!init)			/* disk_io.c's */
		(void)__start_link_set_rump_components[0]->init();
	init = true;
	dev = (struct pcidev){ .class = class_code >> 16,
	    .subclass = class_code >> 8, .progif = class_code,
	    .name = "fake0" };
	CHECK(drv->match(&dev));
	error = drv->attach(&dev);
	if (error != 0)
		fake_decodes = false;	/* pci.c would */
	fake_locks_free();
	return error;
}
