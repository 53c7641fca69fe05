/*
 * fake.c: a platform, and of the kernel what is not under test.
 */
#include <sys/mman.h>
#include "fake.h"

struct cpu cpu0;
struct thread fake_thread;
struct cpu *cpus[MAXCPU] = { &cpu0 };
unsigned ncpu = 1;
bool sched_smp;
unsigned long fake_irq = PLAT_IRQ_ENABLED;

jmp_buf fake_jmp;
int fake_catch;
static int fake_panics;
char fake_message[512];
struct plat_range fake_ranges[256];
int fake_nranges;
uint64_t fake_clock = 1000, fake_timer = UINT64_MAX;
const char *fake_cmdline = "";
size_t (*fake_hwrandom)(void *, size_t);

void
fake_ram(uint64_t base, uint64_t size)
{

	if (mmap((void *)(PLAT_DIRECT_BASE + base), size,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	fake_ranges[fake_nranges].base = base;
	fake_ranges[fake_nranges++].size = size;
}

void
fake_init(void)
{

	strcpy(fake_thread.name, "tester");
	cpu0.self = &cpu0;
	cpu0.cur = &fake_thread;
	cpu0.slice_end = cpu0.thief_at = cpu0.programmed = UINT64_MAX;
	fake_thread.cpu = &cpu0;
}

uint64_t
fake_rand(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* ---- platform ---- */

int
plat_mem_ranges(struct plat_range *r, int max)
{

	CHECK(fake_nranges <= max);
	memcpy(r, fake_ranges, fake_nranges * sizeof(*r));
	return fake_nranges;
}

uint64_t plat_clock(void) { return fake_clock; }
uint64_t plat_clock_epoch(void) { return 1; }
uint64_t plat_clock_hz(void) { return 2; }
void plat_timer_set(uint64_t d) { fake_timer = d; }
const char *plat_cmdline(void) { return fake_cmdline; }

size_t
plat_hwrandom(void *p, size_t n)
{

	return fake_hwrandom != NULL ? fake_hwrandom(p, n) : 0;
}

/* ---- kernel ---- */

void
kern_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake_message, sizeof(fake_message), fmt, ap);
	va_end(ap);
	if (!fake_catch) {
		printf("not ok: panic: %s\n", fake_message);
		exit(1);
	}
	fake_catch = 0;
	fake_panics++;
	fake_irq = PLAT_IRQ_ENABLED;
	longjmp(fake_jmp, 1);
}

void
spin_contended(struct kern_spin *l)
{

	if (fake_panics == 0)	/* else: a panic left it so */
		kern_panic("spin lock %p is held already", (void *)l);
}

unsigned long
kern_spin_lock(struct kern_spin *l)
{
	unsigned long s = plat_irq_save();

	spin_acquire(l);
	return s;
}

void
kern_spin_unlock(struct kern_spin *l, unsigned long s)
{

	spin_release(l);
	plat_irq_restore(s);
}

void kern_preempt_disable(void) { }
void kern_preempt_enable(void) { }
void sched_resched(struct cpu *c) { (void)c; }
size_t thread_reclaim(void) { return 0; }
bool __attribute__((weak)) heap_reclaim(void) { return false; }
const char *kern_thread_name(const struct thread *t) { return t->name; }

void __attribute__((weak))
kern_mutex_lock(struct kern_mutex *m)
{

	CHECK(m->word == 0);
	m->word = 1;
}

void __attribute__((weak))
kern_mutex_unlock(struct kern_mutex *m)
{

	CHECK(m->word == 1);
	m->word = 0;
}

const char * __attribute__((weak))
kern_symbol(uintptr_t a, uintptr_t *off)
{

	(void)a;
	(void)off;
	return NULL;
}

int __attribute__((weak))
kern_waitq_sleep(struct kern_waitq *wq, struct kern_spin *l, unsigned long s,
    uint64_t deadline)
{

	(void)wq;
	(void)deadline;
	kern_spin_unlock(l, s);
	kern_panic("the test would sleep");
}

int __attribute__((weak))
kern_waitq_wake(struct kern_waitq *wq, int n)
{

	(void)wq;
	(void)n;
	return 0;
}
