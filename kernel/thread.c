/*
 * thread.c: life and death of threads.
 *
 * A thread has one mapped range: stack, TLS block, FPU area from the bottom
 * up.  Dead threads of the usual size are kept whole for the next one.  A
 * struct thread comes from the heap, which is always mapped: others may look
 * at `oncpu' of a thread that has gone (mutex.c).
 */
#include <string.h>
#include "thread.h"

#define TCBSIZE		128		/* from FS base up */
#define TCB_CANARY	0x28		/* psABI, stack protector */

/* The linker script's; the TLS layout is variant II of the ELF TLS ABI. */
extern char __tls_start[], __tls_file_end[], __tls_end[], __tls_align[];

struct threadq thread_list = TAILQ_HEAD_INITIALIZER(thread_list);
struct kern_spin thread_list_lock;

static struct threadq dead = TAILQ_HEAD_INITIALIZER(dead);
static struct kern_spin dead_lock;
static unsigned ndead, ncached = 4;
static uint32_t next_id;
static uintptr_t canary_seed;

/* ---- memory ---- */

/* The pages are chained through themselves: one unmapping reaches all CPUs. */
static void
stack_unmap(struct thread *t, size_t mapped)
{
	void *page, *list = NULL;
	size_t off;

	for (off = 0; off < mapped; off += PAGE_SIZE) {
		page = plat_phys_to_virt(
		    plat_virt_to_phys((void *)(t->stack + off)));
		*(void **)page = list;
		list = page;
	}
	if (mapped != 0)
		plat_unmap(t->stack, mapped);
	while ((page = list) != NULL) {
		list = *(void **)page;
		kern_page_free(page, 1);
	}
	kern_vmap_free((void *)t->stack, t->stacksize);
}

/*
 * In runs of a power of two: a block of the page allocator's is used up, or
 * split in halves.  With odd ends of thousands of blocks there would be much
 * memory and no run that is worth the name.
 */
static int
stack_map(struct thread *t)
{
	size_t i, k, n = t->stacksize >> PAGE_SHIFT;
	void *p;

	if ((t->stack = (uintptr_t)kern_vmap_alloc(t->stacksize)) == 0)
		return ENOMEM;
	for (i = 0; i < n; i += k) {
		k = 1UL << (63 - __builtin_clzl(n - i));
		while ((p = kern_page_alloc(k, 0, 0)) == NULL && k > 1)
			k /= 2;
		if (p == NULL)
			break;
		if (plat_map(t->stack + (i << PAGE_SHIFT), plat_virt_to_phys(p),
		    k << PAGE_SHIFT, PROT_RW) != 0) {
			kern_page_free(p, k);
			break;
		}
	}
	if (i == n)
		return 0;
	stack_unmap(t, i << PAGE_SHIFT);
	return ENOMEM;
}

/* Divides the range, from the top down. */
static void
stack_layout(struct thread *t)
{
	size_t align = (size_t)__tls_align, size = __tls_end - __tls_start;
	uintptr_t top = t->stack + t->stacksize;

	if (align < 64)
		align = 64;
	top = (top - plat_fpu_size()) & ~63UL;
	t->fpu = (void *)top;
	t->tls = (top - TCBSIZE) & ~(align - 1);
	t->stacktop = (t->tls - ((size + align - 1) & ~(align - 1))) & ~15UL;
}

static struct thread *
thread_new(size_t stack)
{
	struct thread *t;

	if ((t = kern_malloc(sizeof(*t), 64)) == NULL)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->stacksize = stack;
	if (stack_map(t) != 0) {
		kern_free(t);
		return NULL;
	}
	stack_layout(t);
	return t;
}

/* Dead threads may keep a 16th of the memory, while nobody else wants it. */
void
thread_cache(uint64_t memory)
{

	ncached = memory / 16 / KERN_STACK;
	if (ncached > 256)
		ncached = 256;
}

static void
thread_delete(struct thread *t)
{

	stack_unmap(t, t->stacksize);
	kern_free(t);
}

static struct thread *
dead_take(unsigned keep, size_t size)
{
	struct thread *t = NULL;
	unsigned long s;

	if (__atomic_load_n(&ndead, __ATOMIC_RELAXED) <= keep)
		return NULL;
	s = kern_spin_lock(&dead_lock);
	if (ndead > keep)
		TAILQ_FOREACH(t, &dead, q)
			if (size == 0 || t->stacksize == size) {
				TAILQ_REMOVE(&dead, t, q);
				ndead--;
				break;
			}
	kern_spin_unlock(&dead_lock, s);
	return t;
}

void
thread_dead(struct thread *t)
{

	spin_acquire(&dead_lock);
	/* Only the usual size is worth keeping: the others go first. */
	if (t->stacksize == KERN_STACK)
		TAILQ_INSERT_TAIL(&dead, t, q);
	else
		TAILQ_INSERT_HEAD(&dead, t, q);
	ndead++;
	spin_release(&dead_lock);
}

static void
dead_trim(unsigned keep)
{
	struct thread *t;

	while ((t = dead_take(keep, 0)) != NULL)
		thread_delete(t);
}

size_t
thread_reclaim(void)
{
	struct thread *t;
	size_t n = 0;

	while ((t = dead_take(0, 0)) != NULL) {
		n += t->stacksize >> PAGE_SHIFT;
		thread_delete(t);
	}
	return n;
}

/* ---- creation ---- */

static uintptr_t
canary(uint32_t id)
{

	return (canary_seed ^ (id + 1) * 0x9e3779b97f4a7c15ULL) & ~0xffUL;
}

static void
tls_init(struct thread *t)
{
	size_t align = (size_t)__tls_align, size = __tls_end - __tls_start;
	size_t file = __tls_file_end - __tls_start;
	char *data;

	data = (char *)t->tls - ((size + align - 1) & ~(align - 1));
	memcpy(data, __tls_start, file);
	memset(data + file, 0, size - file);
	memset((void *)t->tls, 0, TCBSIZE);
	*(uintptr_t *)t->tls = t->tls;
	*(uintptr_t *)(t->tls + TCB_CANARY) = canary(t->id);
}

static void
thread_enlist(struct thread *t)
{
	unsigned long s;

	s = kern_spin_lock(&thread_list_lock);
	TAILQ_INSERT_TAIL(&thread_list, t, all);
	kern_spin_unlock(&thread_list_lock, s);
}

/* What a new thread has, whether its memory is new or used. */
static void
thread_reset(struct thread *t, const char *name, int pri)
{
	size_t n = strnlen(name, sizeof(t->name) - 1);

	memset(t->slot, 0, sizeof(t->slot));
	memcpy(t->name, name, n);
	t->name[n] = '\0';
	t->state = T_SLEEP;
	t->npreempt = 0;
	t->pri = pri;
	t->done = t->detached_dead = false;
	t->result = NULL;
	t->wchan = NULL;
	t->cputime = 0;
	t->id = __atomic_fetch_add(&next_id, 1, __ATOMIC_RELAXED);
	kern_timer_init(&t->timer, waitq_timeout, t);
	kern_waitq_init(&t->joinq, "join");
}

int
kern_thread_create(struct thread **tp, const char *name, void *(*fn)(void *),
    void *arg, int pri, int cpu, int flags, size_t stack)
{
	struct thread *t;
	unsigned long s;

	KASSERT(pri >= 0 && pri < KERN_NPRI);
	if (stack == 0 || stack == KERN_STACK)
		stack = KERN_STACK;
	else
		stack = (stack + plat_fpu_size() + TCBSIZE + 64 +
		    (__tls_end - __tls_start) + PAGE_SIZE - 1) &
		    ~(PAGE_SIZE - 1);
	if ((t = dead_take(0, stack)) == NULL &&
	    (t = thread_new(stack)) == NULL)
		return ENOMEM;
	dead_trim(ncached);
	thread_reset(t, name, pri);
	t->fn = fn;
	t->arg = arg;
	t->joinable = (flags & KERN_T_JOIN) != 0;
	t->bound = (flags & KERN_T_BOUND) != 0 && cpu >= 0;
	tls_init(t);
	plat_ctx_init(&t->ctx, (void *)t->stacktop, t->fpu, t->tls);
	thread_enlist(t);
	if (tp != NULL)
		*tp = t;
	s = plat_irq_save();
	if (cpu >= 0) {
		t->cpu = cpus[(unsigned)cpu % ncpu];
		t->state = T_NEW;		/* no other place: sched.c */
	} else
		t->cpu = plat_self();
	sched_ready(t);
	sched_restore(s);
	return 0;
}

void
kern_thread_main(void)
{
	struct thread *t = plat_curthread();

	plat_irq_on();
	kern_thread_exit(t->fn(t->arg));
}

/* The thread of a stack that runs already: idle, and never preempted. */
struct thread *
thread_idle(unsigned n)
{
	struct thread *t;
	char name[8] = "idle";

	if ((t = thread_new(KERN_STACK / 4)) == NULL)
		return NULL;
	name[4] = n < 10 ? '0' + n : '0' + n / 10;
	name[5] = n < 10 ? '\0' : '0' + n % 10;
	thread_reset(t, name, KERN_PRI_IDLE);
	tls_init(t);
	t->ctx.fsbase = t->tls;
	t->ctx.fpu = NULL;
	thread_enlist(t);
	return t;
}

/* CPU 0's first and idle thread, while there is no memory yet. */
void
thread_boot(struct thread *t)
{

	if (plat_hwrandom(&canary_seed, sizeof(canary_seed)) !=
	    sizeof(canary_seed))
		canary_seed = (plat_clock() + 1) * 0xd1342543de82ef95ULL;
	thread_reset(t, "idle0", KERN_PRI_IDLE);
	__asm__ volatile("movq %%fs:0, %0" : "=r"(t->tls));
	t->ctx.fsbase = t->tls;		/* the platform's boot block */
	thread_enlist(t);
}

/* ---- end ---- */

void
kern_thread_exit(void *result)
{
	struct thread *t = plat_curthread(), *joiner = NULL;
	struct cpu *c;
	unsigned long s;

	KASSERT(t->npreempt == 0);
	dead_trim(ncached);
	s = kern_spin_lock(&thread_list_lock);
	TAILQ_REMOVE(&thread_list, t, all);
	kern_spin_unlock(&thread_list_lock, s);
	kern_timer_cancel(&t->timer);
	s = plat_irq_save();
	KASSERT(s & PLAT_IRQ_ENABLED);
	t->result = result;
	t->state = T_ZOMBIE;
	if (t->joinable) {
		spin_acquire(&t->jlock);
		t->done = true;
		joiner = waitq_take(&t->joinq);
		spin_release(&t->jlock);
	} else
		t->detached_dead = true;
	if (joiner != NULL)
		sched_ready(joiner);
	c = sched_hold();
	sched_switch(c);
	kern_panic("a dead thread runs");
}

int
kern_thread_join(struct thread *t, void **result)
{
	unsigned long s;

	if (!t->joinable || t == plat_curthread())
		return EINVAL;
	s = kern_spin_lock(&t->jlock);
	if (!t->done)
		kern_waitq_sleep(&t->joinq, &t->jlock, s, UINT64_MAX);
	else
		kern_spin_unlock(&t->jlock, s);
	/* Its last steps, with interrupts masked. */
	while (__atomic_load_n(&t->oncpu, __ATOMIC_ACQUIRE) != 0)
		plat_pause();
	if (result != NULL)
		*result = t->result;
	s = plat_irq_save();
	thread_dead(t);
	plat_irq_restore(s);
	dead_trim(ncached);
	return 0;
}

/* ---- odds and ends ---- */

const char *
kern_thread_name(const struct thread *t)
{

	return t->name;
}

uint32_t
kern_thread_id(const struct thread *t)
{

	return t->id;
}

void
kern_thread_setpri(struct thread *t, int pri)
{
	unsigned long s;

	KASSERT(pri >= 0 && pri < KERN_NPRI);
	s = plat_irq_save();
	sched_setpri(t, pri);
	sched_restore(s);
}

/* Functions that are active now find their canary in the new block too. */
void
kern_thread_setfs(uintptr_t fs)
{
	uintptr_t v;

	__asm__ volatile("movq %%fs:0x28, %0" : "=r"(v));
	*(uintptr_t *)(fs + TCB_CANARY) = v;
	plat_set_fsbase(&plat_curthread()->ctx, fs);
}

const char *
thread_state(const struct thread *t)
{
	static const char *const names[] = {
		[T_NEW] = "ready", [T_RUN] = "run", [T_READY] = "ready",
		[T_SLEEP] = "sleep", [T_ZOMBIE] = "zombie"
	};

	return names[t->state];
}

void
kern_thread_each(void (*fn)(const struct kern_thread_info *, void *),
    void *arg)
{
	struct kern_thread_info ti;
	const struct thread *t;
	unsigned long s;

	s = kern_spin_lock(&thread_list_lock);
	TAILQ_FOREACH(t, &thread_list, all) {
		ti.name = t->name;
		ti.state = thread_state(t);
		ti.wchan = t->wchan != NULL ? t->wchan : "";
		ti.id = t->id;
		ti.pri = t->pri;
		ti.cpu = t->cpu != NULL ? (int)t->cpu->id : -1;
		ti.cputime = t->cputime;
		if (t->state == T_RUN && t->pri != KERN_PRI_IDLE)
			ti.cputime += plat_clock() - t->cpu->since;
		ti.stack = t->stacksize;
		fn(&ti, arg);
	}
	kern_spin_unlock(&thread_list_lock, s);
}
