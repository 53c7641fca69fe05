/*
 * start.c: from the platform's entry to the program, and the way out.
 */
#include <string.h>
#include <trace.h>
#include "thread.h"

#define MAIN_STACK	(128 * 1024)
#define LEAST_MEMORY	(768 * 1024)	/* free pages; ours, to reach main */

/* An image may say how much it needs: ld --defsym=__least_memory_kb=N. */
extern char __least_memory_kb[] __attribute__((weak));
extern const struct kern_init __start_sirloin_init[], __stop_sirloin_init[];

static struct thread thread0;
enum plat_end kern_exit_how;	/* stop.c changes it */

static void __attribute__((noreturn))
too_little(uint64_t have)
{
	uint64_t total = plat_mem_total(), need;

	/* What the machine must have: what it has now, and what is missing. */
	need = (total > have ? total - have : 0) + LEAST_MEMORY;
	if ((uintptr_t)__least_memory_kb * 1024 > need)
		need = (uintptr_t)__least_memory_kb * 1024;
	kern_printf("sirloin: too little memory: %lu KB, of which %lu KB are "
	    "free; this image needs %lu KB\n", (unsigned long)(total >> 10),
	    (unsigned long)(have >> 10), (unsigned long)((need + 1023) >> 10));
	plat_end(PLAT_EXIT, 1);
}

static int
start_cpu(unsigned n)
{
	struct cpu *c;
	struct thread *t;
	int error = ENOMEM;

	t = thread_idle(n);
	if (t != NULL && (c = kern_page_alloc((sizeof(*c) + PAGE_SIZE - 1) >>
	    PAGE_SHIFT, 0, KERN_PG_ZERO)) != NULL) {
		sched_cpu_init(c, n, t);
		heap_cache_init(&c->heap);
		c->since = plat_clock();
		error = plat_cpu_start(n, (void *)t->stacktop, c);
	}
	if (error != 0) {
		kern_printf("sirloin: CPU %u does not start: error %d\n", n,
		    error);
		return error;
	}
	while (__atomic_load_n(&ncpu, __ATOMIC_ACQUIRE) != n + 1)
		plat_pause();
	return 0;
}

/* Its FS base changes here: no canary in this frame. */
void __attribute__((no_stack_protector))
kern_cpu_main(unsigned n)
{
	struct thread *t = plat_self()->idle;

	plat_set_fsbase(&t->ctx, t->tls);
	__atomic_store_n(&ncpu, n + 1, __ATOMIC_RELEASE);
	sched_idle();
}

static void *
main_thread(void *arg)
{
	const struct kern_init *ki;
	size_t len;
	unsigned n;
	int level;

	(void)arg;
	n = plat_ncpu();
	sched_smp = n > 1;
	while (ncpu < n && start_cpu(ncpu) == 0)
		;
	for (level = KERN_INIT_BUS; level <= KERN_INIT_LATE; level++)
		for (ki = __start_sirloin_init; ki < __stop_sirloin_init; ki++)
			if ((int)ki->level == level)
				ki->fn();
	if (kern_option("probe", &len) != NULL) {
		/* sirloin run --accel auto: does a guest get this far? */
		kern_sleep_until(plat_clock() + 1000000);
		kern_exit(0);
	}
	kern_exit(sirloin_main());
}

void __attribute__((no_stack_protector))
kern_start(void)
{
	uint64_t have;
	size_t len;

	thread_boot(&thread0);
	sched_cpu_init(&cpu0, 0, &thread0);
	cpu0.since = plat_clock();
	plat_set_gsbase(&cpu0);
	if (kern_trace_start != NULL)
		kern_trace_start();
	kern_heap_debug = kern_option("heapdebug", &len) != NULL;
	have = page_init();
	if (have < LEAST_MEMORY ||
	    plat_mem_total() < (uintptr_t)__least_memory_kb * 1024)
		too_little(have);
	heap_init();
	heap_cache_init(&cpu0.heap);
	thread_cache(have);
	futex_init();
	if (kern_thread_create(NULL, "main", main_thread, NULL, KERN_PRI_USER,
	    KERN_CPU_ANY, 0, MAIN_STACK) != 0)
		too_little(have);
	sched_idle();
}

void
kern_exit(int status)
{

	kern_console_flush();
	plat_end(kern_exit_how, status);
}

void
kern_reboot(void)
{

	kern_console_flush();
	plat_end(PLAT_REBOOT, 0);
}
