/*
 * fault.c: faults of a program's own code as signals, as Linux's kernel makes
 * them: the handler finds the registers in its ucontext, may change them, and
 * returns to them, or leaves by siglongjmp().  What has no handler, or a blocked
 * one, and what is not the program's code (include/vm.h; a call that it is in
 * among it) is the machine's end with a report.
 * Facts: Intel 64 SDM 3A, 6.15 (exceptions), 1, 13.4 (XSAVE's area); signal(7).
 */
#include <string.h>

#include "fault.h"

#define REDZONE		128	/* System V ABI, AMD64, 3.2.2 */
#define PAGE		4096UL
#define PF_PRESENT	1
#define FLAGS_TF	0x100
#define FLAGS_USER	0xcd5	/* what a handler may change: SDM 1, 3.4.3 */
#define FLAGS_ENTRY	0x54500	/* off in handlers: TF, DF, NT, RF, AC */
/* Of the FPU's image. */
#define FPU_CW		0
#define FPU_SW		2
#define FPU_MXCSR	24
#define FPU_SOFTWARE	464	/* struct _fpx_sw_bytes of Linux's */
#define FPU_HEADER	512

#define UC_FP_XSTATE	1
#define UC_SS		6	/* SIGCONTEXT_SS, STRICT_RESTORE_SS */

/* What is on the handler's stack: 8 more than a multiple of 16. */
struct sigframe {
	void		*ret;
	struct lx_ucontext uc;
	int		info[32];
};

void	lx_fault(struct lx_task *, uint8_t *fpu, struct host_frame *);
void	lx_fault_end(struct lx_ucontext *, uint8_t *fpu, struct host_frame *);
uintptr_t lx_fault_stack(void);

uint64_t lx_fpusize;
static uint64_t xfeatures;		/* XCR0 */

/* ---- in the fault's context: general registers only ---- */

static const uint8_t signals[20] = {
	[0] = LX_SIGFPE, [1] = LX_SIGTRAP, [3] = LX_SIGTRAP, [4] = LX_SIGSEGV,
	[5] = LX_SIGSEGV, [6] = LX_SIGILL, [11] = LX_SIGBUS, [12] = LX_SIGBUS,
	[13] = LX_SIGSEGV, [14] = LX_SIGSEGV, [16] = LX_SIGFPE,
	[17] = LX_SIGBUS, [19] = LX_SIGFPE
};

__attribute__((target("general-regs-only"))) static int
on_fault(struct host_frame *f, uintptr_t addr)
{
	struct lx_task *t = lx_self();
	const void *from = f;
	void *to = &t->fault;
	size_t n = sizeof(t->fault) / 8;
	int sig = f->vector < sizeof(signals) ? signals[f->vector] : 0;

	if (sig == 0 || t->in != NULL || t->nohandler ||
	    (uintptr_t)t->proc->sig[sig].handler <= 1 ||
	    (t->sigmask & LX_SIGBIT(sig)) != 0)
		return 0;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	t->faultaddr = addr;
	t->in = "a fault";
	f->rip = (uintptr_t)lx_fault_gate;
	f->rsp = (uintptr_t)t->hoststack & ~63UL;
	f->rdi = (uintptr_t)t;
	f->rflags &= ~(uint64_t)FLAGS_ENTRY;
	return 1;
}

/* ---- what happened ---- */

/* Codes of SIGFPE by the exception's bit: invalid, denormal, divide by zero ... */
static int
fpe_code(unsigned bits)
{
	static const uint8_t code[] = { 7, 5, 3, 4, 5, 6 };

	for (unsigned i = 0; i < sizeof(code); i++)
		if (bits >> i & 1)
			return code[i];
	return LX_SI_KERNEL;
}

static void
info_of(const struct lx_task *t, const uint8_t *fpu, int sig, int info[32])
{
	const struct host_frame *f = &t->fault;
	uintptr_t addr = f->rip;
	uint16_t cw, sw;
	uint32_t mx;
	int code;

	memcpy(&cw, fpu + FPU_CW, sizeof(cw));
	memcpy(&sw, fpu + FPU_SW, sizeof(sw));
	memcpy(&mx, fpu + FPU_MXCSR, sizeof(mx));
	switch (f->vector) {
	case 0:		code = 1; break;		/* FPE_INTDIV */
	case 1:		code = 2; break;		/* TRAP_TRACE */
	case 6:		code = 2; break;		/* ILL_ILLOPN */
	case 14:
		addr = t->faultaddr;
		code = f->error & PF_PRESENT ||		/* SEGV_ACCERR, MAPERR */
		    rumpcomp_host_vm_prot((void *)addr) >= 0 ? 2 : 1;
		break;
	case 16:	code = fpe_code(sw & ~cw); break;
	case 17:	code = 1; addr = 0; break;	/* BUS_ADRALN */
	case 19:	code = fpe_code(mx & ~(mx >> 7)); break;
	default:	code = LX_SI_KERNEL; addr = 0;
	}
	memset(info, 0, 32 * sizeof(int));
	info[0] = sig;
	info[2] = code;
	memcpy(&info[4], &addr, sizeof(addr));
}

/* ---- into the handler ---- */

static void
context_out(const struct lx_task *t, struct lx_ucontext *uc)
{
	const struct host_frame *f = &t->fault;

	memset(uc, 0, sizeof(*uc));
	uc->flags = UC_SS | (xfeatures != 0 ? UC_FP_XSTATE : 0);
	uc->stack = t->alt;
	uc->r8 = f->r8; uc->r9 = f->r9; uc->r10 = f->r10; uc->r11 = f->r11;
	uc->r12 = f->r12; uc->r13 = f->r13; uc->r14 = f->r14; uc->r15 = f->r15;
	uc->rdi = f->rdi; uc->rsi = f->rsi; uc->rbp = f->rbp; uc->rbx = f->rbx;
	uc->rdx = f->rdx; uc->rax = f->rax; uc->rcx = f->rcx; uc->rsp = f->rsp;
	uc->rip = f->rip;
	uc->rflags = f->rflags;
	uc->cs = (uint16_t)f->cs;
	uc->ss = (uint16_t)f->ss;
	uc->error = f->error;
	uc->vector = f->vector;
	uc->addr = t->faultaddr;
	uc->oldmask = uc->sigmask = t->sigmask;
}

/* Linux's words in the part of the image that is software's. */
static void
fpu_out(uint8_t *to, const uint8_t *fpu)
{
	struct { uint32_t magic, size; uint64_t features; uint32_t xsize; } sw = {
		0x46505853, (uint32_t)lx_fpusize + 4, xfeatures, (uint32_t)lx_fpusize
	};
	const uint32_t end = 0x46505845;

	memcpy(to, fpu, lx_fpusize);
	if (xfeatures == 0)
		return;
	memset(to + FPU_SOFTWARE, 0, FPU_HEADER - FPU_SOFTWARE);
	memcpy(to + FPU_SOFTWARE, &sw, sizeof(sw));
	memcpy(to + lx_fpusize, &end, sizeof(end));
}

/* May all of it be written?  Then it has its pages. */
static bool
writable(uintptr_t from, uintptr_t to)
{

	from &= ~(PAGE - 1);
	to = (to + PAGE - 1) & ~(PAGE - 1);
	for (uintptr_t va = from; va < to; va += PAGE)
		if ((rumpcomp_host_vm_prot((void *)va) & (HOST_VM_WRITE | -8)) !=
		    HOST_VM_WRITE)
			return false;
	return rumpcomp_host_vm_commit((void *)from, to - from) == 0;
}

static bool
action_of(struct lx_task *t, int sig, struct lx_sigaction *sa)
{
	struct lx_process *p = t->proc;

	lx_lock(&p->lock);
	*sa = p->sig[sig];
	lx_unlock(&p->lock);
	return (uintptr_t)sa->handler > 1;
}

/*
 * On the host's stack; the FPU's state is in fpu.  Returns when there is no room
 * for the handler: the fault is to come again, and to be reported.
 */
void
lx_fault(struct lx_task *t, uint8_t *fpu, struct host_frame *back)
{
	int sig = signals[t->fault.vector];
	struct lx_sigaction sa;
	struct sigframe *sf;
	uintptr_t top, alt, sp;

	if (!action_of(t, sig, &sa))
		goto report;
	alt = lx_altstack_top(t, &sa, t->fault.rsp);
	top = alt != 0 ? alt : t->fault.rsp - REDZONE;
	sp = (top - lx_fpusize - 4) & ~63UL;
	sf = (void *)(((sp - sizeof(*sf)) & ~15UL) - 8);
	if ((uintptr_t)sf > top || !writable((uintptr_t)sf, top) ||
	    (alt != 0 && (uintptr_t)sf < (uintptr_t)t->alt.sp))
		goto report;
	context_out(t, &sf->uc);
	fpu_out((uint8_t *)sp, fpu);
	sf->uc.fpu = (void *)sp;
	info_of(t, fpu, sig, sf->info);
	sf->ret = lx_fault_return;
	lx_handler_begins(t, sig, &sa);
	lx_handler_enter(sf, sa.handler, sig, sf->info, &sf->uc, t->fault.rbp);

report:	t->nohandler = true;
	t->in = NULL;
	*back = t->fault;
}

/* ---- and back ---- */

/* On the handler's stack. */
uintptr_t
lx_fault_stack(void)
{
	struct lx_task *t = lx_self();

	t->in = "rt_sigreturn";
	return (uintptr_t)t->hoststack;
}

/* What the program may have made of the image must not be a fault here. */
static void
fpu_in(const uint8_t *from, uint8_t *fpu)
{
	const uint64_t zero[7] = { 0 };
	uint64_t has;
	uint32_t mx;

	memcpy(fpu, from, lx_fpusize);
	memcpy(&mx, fpu + FPU_MXCSR, sizeof(mx));
	mx &= 0xffff;
	memcpy(fpu + FPU_MXCSR, &mx, sizeof(mx));
	if (xfeatures == 0)
		return;
	memcpy(&has, fpu + FPU_HEADER, sizeof(has));
	has &= xfeatures;
	memcpy(fpu + FPU_HEADER, &has, sizeof(has));
	memcpy(fpu + FPU_HEADER + 8, zero, sizeof(zero));
}

void
lx_fault_end(struct lx_ucontext *uc, uint8_t *fpu, struct host_frame *f)
{
	struct lx_task *t = lx_self();
	uint64_t flags = t->fault.rflags & ~(uint64_t)FLAGS_USER;

	*f = t->fault;				/* its segments */
	f->r8 = uc->r8; f->r9 = uc->r9; f->r10 = uc->r10; f->r11 = uc->r11;
	f->r12 = uc->r12; f->r13 = uc->r13; f->r14 = uc->r14; f->r15 = uc->r15;
	f->rdi = uc->rdi; f->rsi = uc->rsi; f->rbp = uc->rbp; f->rbx = uc->rbx;
	f->rdx = uc->rdx; f->rax = uc->rax; f->rcx = uc->rcx; f->rsp = uc->rsp;
	/* What is no address at all would be a fault of the platform's. */
	f->rip = (uint64_t)((int64_t)(uc->rip << 16) >> 16);
	f->rflags = (flags & ~(uint64_t)FLAGS_TF) | (uc->rflags & FLAGS_USER);
	fpu_in(uc->fpu, fpu);
	t->alt = uc->stack;
	lx_mask_back(t, uc->sigmask);
	t->in = NULL;
}

void
lx_fault_init(void)
{
	uint32_t lo, hi;

	lx_fpusize = rumpcomp_host_fpusize();
	if (lx_fpusize > FPU_HEADER) {
		__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
		xfeatures = (uint64_t)hi << 32 | lo;
	}
	rumpcomp_host_onfault(on_fault);
}
