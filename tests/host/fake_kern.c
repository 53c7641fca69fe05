/* fake_kern.c: see fake_kern.h. */
#include <stdarg.h>
#include "fake_kern.h"
#include "rnd.h"

char said[16384];
uint64_t fake_time;
unsigned long fake_irq;
struct netdev *fake_net;
struct blkdev *fake_blk;
struct p9dev *fake_p9;

void fake_seed(uint64_t s) { rnd_start(s); }

void kern_free(void *p) { free(p); }
unsigned long kern_spin_lock(struct kern_spin *s) { return 0; }
void kern_spin_unlock(struct kern_spin *s, unsigned long v) { }
uint64_t plat_clock(void) { return fake_time += 1000; }
void kern_sleep_until(uint64_t t) { if (t > fake_time) fake_time = t; }
int kern_random(void *p, size_t n, bool wait) { memset(p, 7, n); return 0; }
paddr_t plat_virt_to_phys(const void *p) { return (uintptr_t)p; }
void kern_cv_init(struct kern_cv *c, const char *name) { }
void kern_cv_signal(struct kern_cv *c) { }
void kern_cv_broadcast(struct kern_cv *c) { }

/* Locks must be free when taken: there is one thread. */
void kern_mutex_init(struct kern_mutex *m, const char *name)
    { memset(m, 0, sizeof(*m)); }
static char *taken(struct kern_mutex *m) { return (char *)m; }
void kern_mutex_lock(struct kern_mutex *m)
    { CHECK(*taken(m) == 0); *taken(m) = 1; }
int kern_mutex_trylock(struct kern_mutex *m)
    { return *taken(m) ? EBUSY : (*taken(m) = 1, 0); }
void kern_mutex_unlock(struct kern_mutex *m)
    { CHECK(*taken(m) == 1); *taken(m) = 0; }

void
kern_printf(const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	va_end(ap);
}

void
netdev_register(struct netdev *n)
{

	strcpy(n->name, "net0");
	fake_net = n;
}

void
blkdev_register(struct blkdev *b)
{

	strcpy(b->name, "blk0");
	fake_blk = b;
}

void
p9dev_register(struct p9dev *p)
{

	strcpy(p->name, "share0");
	fake_p9 = p;
}
