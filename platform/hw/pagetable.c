/*
 * Page tables: one set for all CPUs, four levels (SDM 3A, 4.5).  Their pages
 * are direct mapped, so a table's physical address is its address.
 */
#include "hw.h"

uint64_t *hw_pml4;
static uint32_t pt_lock;
static bool sealed;

#define LEVEL_SHIFT(l)	(12 + 9 * (l))		/* 0: 4 KB .. 3: 512 GB */
#define INDEX(va, l)	(((va) >> LEVEL_SHIFT(l)) & 511)
#define TABLE(pte)	((uint64_t *)((pte) & PTE_ADDR))

static uint64_t *
table_alloc(void)
{

	return sealed ? kern_page_alloc(1, 0,
	    KERN_PG_ZERO | KERN_PG_PROMISED) :
	    hw_early_alloc(1);
}

void
hw_pt_seal(void)
{

	sealed = true;
}

/* The entry of va at level, making the tables above it; NULL: no memory.
 * A large page on the way is returned instead. */
static uint64_t *
entry_make(uintptr_t va, int level)
{
	uint64_t *t = hw_pml4, *e, *new;
	int l;

	for (l = 3; l > level; l--) {
		e = &t[INDEX(va, l)];
		if (*e & PTE_PS)
			return e;
		if ((*e & PTE_P) == 0) {
			if ((new = table_alloc()) == NULL)
				return NULL;
			*e = (uint64_t)new | PTE_P | PTE_W | PTE_A;
		}
		t = TABLE(*e);
	}
	return &t[INDEX(va, level)];
}

static int
best_level(uintptr_t va, uint64_t pa, uint64_t size)
{

	if (x86_feature.page1g && ((va | pa) & ((1UL << 30) - 1)) == 0 &&
	    size >= 1UL << 30)
		return 2;
	return ((va | pa) & ((1UL << 21) - 1)) == 0 && size >= 1UL << 21;
}

/*
 * Map size bytes at va to pa with flags, with large pages where they fit if
 * `large'.  What is mapped already stays as it is.  ENOMEM leaves a part done.
 */
int
hw_pt_map(uintptr_t va, uint64_t pa, uint64_t size, uint64_t flags, bool large)
{
	unsigned long s = x86_lock(&pt_lock);
	int error = 0;

	while (size > 0) {
		int level = large ? best_level(va, pa, size) : 0;
		uint64_t *e = entry_make(va, level), step;

		/* A table of smaller pages is there already: use it. */
		while (e != NULL && level > 0 && (*e & PTE_P) != 0 &&
		    (*e & PTE_PS) == 0)
			e = entry_make(va, --level);
		step = 1UL << LEVEL_SHIFT(level);
		if (e == NULL) {
			error = ENOMEM;
			break;
		}
		if ((*e & PTE_P) == 0)
			*e = pa | flags | PTE_P | PTE_A | PTE_D |
			    (level > 0 ? PTE_PS : 0);
		va += step;
		pa += step;
		size -= step;
	}
	x86_unlock(&pt_lock, s);
	return error;
}

static uint64_t *
leaf(uintptr_t va, int *level)
{
	uint64_t *t = hw_pml4, *e;
	int l;

	for (l = 3; l >= 0; l--) {
		e = &t[INDEX(va, l)];
		if ((*e & PTE_P) == 0)
			return NULL;
		if (l == 0 || (*e & PTE_PS) != 0) {
			*level = l;
			return e;
		}
		t = TABLE(*e);
	}
	return NULL;
}

uint64_t *
hw_pt_entry(uintptr_t va)
{
	int level;

	return leaf(va, &level);
}

uint64_t
hw_pt_lookup(uintptr_t va)
{
	uint64_t mask, *e;
	int level;

	if ((e = leaf(va, &level)) == NULL)
		return PADDR_NONE;
	mask = (1UL << LEVEL_SHIFT(level)) - 1;
	return (*e & PTE_ADDR & ~mask) | (va & mask);
}

/* ---- other CPUs' translation caches ---- */

uint64_t hw_online = 1;
/*
 * An idle CPU is not woken for a shootdown: it flushes everything when it
 * wakes, if there has been one.  It says that it is awake before it looks at
 * the generation; who changes that looks afterwards who is idle.  A CPU's own
 * generation is that of the last shootdown that it has seen to.
 */
static uint64_t generation;
static struct {
	uint32_t	lock;
	uintptr_t	va;
	size_t		size;
	uint64_t	pending;	/* CPUs that have not flushed yet */
} shoot;

#define FLUSH_ALL	(64 * PAGE_SIZE)	/* cheaper than one by one */

static void
flush_local(uintptr_t va, size_t size)
{
	size_t off;

	if (size >= FLUSH_ALL) {
		write_cr3(read_cr3());
		return;
	}
	for (off = 0; off < size; off += PAGE_SIZE)
		invlpg(va + off);
}

/* Interrupts masked: about to halt. */
void
hw_tlb_idle(struct hw_cpu *c)
{

	__atomic_store_n(&c->idle, true, __ATOMIC_SEQ_CST);
}

/* Interrupts masked: before anything that may have been unmapped is used. */
void
hw_tlb_wake(struct hw_cpu *c)
{
	uint64_t g;

	__atomic_store_n(&c->idle, false, __ATOMIC_SEQ_CST);
	g = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);
	if (c->generation != g) {
		write_cr3(read_cr3());
		c->generation = g;
	}
}

/* Interrupts masked: do what another CPU has asked for. */
void
hw_tlb_intr(void)
{
	struct hw_cpu *c = hw_self();
	uint64_t me = 1UL << c->num;

	if ((__atomic_load_n(&shoot.pending, __ATOMIC_ACQUIRE) & me) == 0)
		return;
	flush_local(shoot.va, shoot.size);
	c->generation = generation;
	__atomic_fetch_and(&shoot.pending, ~me, __ATOMIC_RELEASE);
}

/* A new CPU takes part. */
void
hw_tlb_online(struct hw_cpu *c)
{

	__atomic_fetch_or(&hw_online, 1UL << c->num, __ATOMIC_SEQ_CST);
	hw_tlb_wake(c);
}

/* Online CPUs, but for this one, that are not idle. */
static uint64_t
awake(unsigned me)
{
	uint64_t set = __atomic_load_n(&hw_online, __ATOMIC_SEQ_CST) &
	    ~(1UL << me);
	unsigned n;

	for (n = 0; n < MAXCPU && set >> n != 0; n++)
		if ((set >> n & 1) != 0 &&
		    __atomic_load_n(&hw_cpus[n]->idle, __ATOMIC_SEQ_CST))
			set &= ~(1UL << n);
	return set;
}

/* Every CPU forgets [va, va + size) before this returns. */
static void
shootdown(uintptr_t va, size_t size)
{
	unsigned long s = plat_irq_save();
	unsigned me = hw_cpunum(), n;
	uint64_t others;

	/* The holder waits for us too: answer while waiting for it. */
	while (__atomic_exchange_n(&shoot.lock, 1, __ATOMIC_ACQUIRE) != 0) {
		hw_tlb_intr();
		plat_pause();
	}
	flush_local(va, size);
	hw_cpus[me]->generation =
	    __atomic_add_fetch(&generation, 1, __ATOMIC_SEQ_CST);
	if ((others = awake(me)) != 0) {
		shoot.va = va;
		shoot.size = size;
		__atomic_store_n(&shoot.pending, others, __ATOMIC_SEQ_CST);
		for (n = 0; n < MAXCPU; n++)
			if (others >> n & 1)
				hw_lapic_ipi(hw_cpus[n]->apicid,
				    HW_IPI_FIXED | HW_VEC_TLB);
		while (__atomic_load_n(&shoot.pending, __ATOMIC_ACQUIRE) != 0)
			plat_pause();
	}
	__atomic_store_n(&shoot.lock, 0, __ATOMIC_RELEASE);
	plat_irq_restore(s);
}

/* ---- plat.h ---- */

static uint64_t
prot_flags(int prot)
{
	uint64_t f;

	switch (prot & 3) {
	case PROT_R:	f = PTE_NX; break;
	case PROT_RW:	f = PTE_W | PTE_NX; break;
	case PROT_RX:	f = 0; break;
	default:	f = PTE_W; break;
	}
	return prot & PROT_UNCACHED ? f | PTE_PCD | PTE_PWT : f;
}

/* Clear the leaf entries of [va, va + size); true when there were any. */
static bool
clear(uintptr_t va, size_t size)
{
	bool any = false;
	uint64_t *e;
	size_t off;

	for (off = 0; off < size; off += PAGE_SIZE)
		if ((e = hw_pt_entry(va + off)) != NULL) {
			*e = 0;
			any = true;
		}
	return any;
}

int
plat_map(uintptr_t va, paddr_t pa, size_t size, int prot)
{
	size_t off;

	for (off = 0; off < size; off += PAGE_SIZE)
		if (hw_pt_entry(va + off) != NULL)
			return EEXIST;
	if (hw_pt_map(va, pa, size, prot_flags(prot), false) != 0) {
		plat_unmap(va, size);
		return ENOMEM;
	}
	return 0;
}

void
plat_unmap(uintptr_t va, size_t size)
{
	unsigned long s = x86_lock(&pt_lock);
	bool any = clear(va, size);

	x86_unlock(&pt_lock, s);
	if (any)
		shootdown(va, size);
}

void
plat_protect(uintptr_t va, size_t size, int prot)
{
	unsigned long s = x86_lock(&pt_lock);
	uint64_t *e;
	size_t off;

	for (off = 0; off < size; off += PAGE_SIZE)
		if ((e = hw_pt_entry(va + off)) != NULL)
			*e = (*e & PTE_ADDR) | prot_flags(prot) | PTE_P |
			    PTE_A | PTE_D;
	x86_unlock(&pt_lock, s);
	shootdown(va, size);
}
