/*
 * panic.c: the end, with as much of the truth as can still be read.  Any
 * context.  Nothing here takes a lock; every address is checked before it is
 * followed, and a panic within a panic gets shorter each time.
 */
#include <stdio.h>
#include <string.h>
#include "thread.h"

#define MAXFRAMES	24
#define MAXSAME		100000	/* of one function: it may be a loop */
#define MAXTHREADS	64
#define PANIC_STATUS	134

static unsigned	panic_cpu;	/* its number + 1 */
static int	panic_depth;

static bool
readable(uintptr_t a, size_t n)
{

	return (a & 7) == 0 && a >= PAGE_SIZE &&
	    plat_virt_to_phys((void *)a) != PADDR_NONE &&
	    plat_virt_to_phys((void *)(a + n - 1)) != PADDR_NONE;
}

static void
print_addr(const char *what, uintptr_t addr)
{
	const char *name;
	uintptr_t off;

	if ((name = kern_symbol(addr, &off)) != NULL)
		kern_printf("  %s %#lx %s+%#lx\n", what, (unsigned long)addr,
		    name, (unsigned long)off);
	else
		kern_printf("  %s %#lx\n", what, (unsigned long)addr);
}

/* Frame pointers, each above the one before it; recursion on one line. */
static void
backtrace(uintptr_t fp)
{
	const uintptr_t *f;
	uintptr_t last = 0;
	unsigned same = 0, lines = 0;

	for (; readable(fp, 16) && lines < MAXFRAMES; fp = f[0]) {
		f = (const uintptr_t *)fp;
		if (f[1] == last && ++same < MAXSAME)
			continue;
		if (same != 0)
			kern_printf("  ... %u times more\n", same);
		if (f[1] == 0)
			return;
		/* A return address: the call is before it. */
		print_addr("from", f[1] - 1);
		lines++;
		last = f[1];
		same = 0;
		if (f[0] <= fp)
			return;
	}
}

static void
print_registers(const struct plat_frame *f)
{

	kern_printf("  rip %016lx  rsp %016lx  flags %08lx  cs %02lx\n"
	    "  rax %016lx  rbx %016lx  rcx %016lx\n"
	    "  rdx %016lx  rsi %016lx  rdi %016lx\n"
	    "  rbp %016lx   r8 %016lx   r9 %016lx\n"
	    "  r10 %016lx  r11 %016lx  r12 %016lx\n"
	    "  r13 %016lx  r14 %016lx  r15 %016lx  error %lx\n",
	    f->rip, f->rsp, f->rflags, f->cs, f->rax, f->rbx, f->rcx, f->rdx,
	    f->rsi, f->rdi, f->rbp, f->r8, f->r9, f->r10, f->r11, f->r12,
	    f->r13, f->r14, f->r15, f->error);
}

/* Of a thread that does not run: from where it gave way, or was made to. */
static void
print_stack(const struct thread *t)
{
	const struct plat_ctx *c = &t->ctx;
	uintptr_t sp = c->rsp + PLAT_CTX_FP;

	if (t->state == T_RUN || t == plat_curthread())
		return;
	if (c->preempted) {
		print_addr("at", c->frame.rip);
		backtrace(c->frame.rbp);
	} else if (readable(sp, 8))
		backtrace(*(uintptr_t *)sp);
}

static void
print_threads(void)
{
	const struct thread *t;
	int n = 0;

	kern_printf("threads:\n");
	TAILQ_FOREACH(t, &thread_list, all) {
		if (!readable((uintptr_t)t, sizeof(*t)) || n++ == MAXTHREADS) {
			kern_printf("  ...\n");
			return;
		}
		kern_printf("  %4u %-31.31s %-6s pri %2d cpu %d %s\n", t->id,
		    t->name, t->state <= T_ZOMBIE ? thread_state(t) : "?",
		    t->pri, t->cpu != NULL ? (int)t->cpu->id : -1,
		    t->wchan != NULL ? t->wchan : "");
		print_stack(t);
	}
}

static void
print_cpus(void)
{
	const struct cpu *c;
	unsigned i;

	for (i = 0; i < ncpu; i++) {
		c = cpus[i];
		kern_printf("CPU %u: runs \"%s\", %u ready, %lu switches\n",
		    i, readable((uintptr_t)c->cur, sizeof(*c->cur)) ?
		    c->cur->name : "?", c->rq.n, (unsigned long)c->switches);
	}
}

/* One CPU gets through, and it only as often as it takes to end. */
static int
panic_enter(void)
{
	struct cpu *c = plat_self();
	unsigned none = 0, me = c != NULL ? c->id + 1 : 1;

	plat_irq_off();
	if (!__atomic_compare_exchange_n(&panic_cpu, &none, me, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) && none != me)
		for (;;)
			plat_pause();
	if (panic_depth++ == 0) {
		plat_cpu_stop_others();
		console_force();
	}
	if (panic_depth > 3)
		plat_end(PLAT_PANIC, PANIC_STATUS);
	return panic_depth;
}

static void
print_header(void)
{
	const struct thread *t = plat_curthread();
	struct cpu *c = plat_self();

	if (readable((uintptr_t)t, sizeof(*t)) && c != NULL)
		kern_printf("in thread \"%s\" (%u) on CPU %u, %lu ms after "
		    "boot\n", t->name, t->id, c->id,
		    (unsigned long)(plat_clock() / 1000000));
	else
		kern_printf("before the first thread\n");
}

static void __attribute__((noreturn))
panic_end(int depth)
{

	if (depth == 1) {
		print_cpus();
		print_threads();
	}
	kern_console_flush();
	plat_end(PLAT_PANIC, PANIC_STATUS);
}

void
kern_panic(const char *fmt, ...)
{
	va_list ap;
	int depth;

	depth = panic_enter();
	kern_printf("panic: ");
	va_start(ap, fmt);
	kern_vprintf(fmt, ap);
	va_end(ap);
	kern_printf("\n");
	if (depth == 1) {
		print_header();
		backtrace((uintptr_t)__builtin_frame_address(0));
	}
	panic_end(depth);
}

void
kern_trap(const char *what, uint64_t addr, const struct plat_frame *f)
{
	int depth;

	depth = panic_enter();
	kern_printf("panic: %s", what);
	if (addr != 0)
		kern_printf(" at address %#lx", (unsigned long)addr);
	kern_printf("\n");
	print_addr("at", f->rip);
	if (depth == 1) {
		print_header();
		print_registers(f);
		/* Called through a wild pointer: the caller is on the stack. */
		if (plat_virt_to_phys((void *)f->rip) == PADDR_NONE &&
		    readable(f->rsp, 8))
			print_addr("from", *(uintptr_t *)f->rsp - 1);
		backtrace(f->rbp);
	}
	panic_end(depth);
}

/* The compiler's call when a canary is dead (-fstack-protector). */
void	__stack_chk_fail(void) __attribute__((noreturn));
void
__stack_chk_fail(void)
{

	kern_panic("stack smashed in the function that called this");
}
