/*
 * rw.c: read-write locks.
 *
 * word: bit 0 a writer has it, bit 1 threads wait, above that the number of
 * readers.  While bit 1 is clear, word changes by compare-and-swap; once it is
 * set (under rw->lock) only the holder of rw->lock changes it.  A lock is
 * handed to those it wakes: after a writer to all waiting readers, after the
 * last reader to a writer; readers queue behind a waiting writer.
 */
#include "thread.h"

#define WRITER	1U
#define WAITERS	2U
#define READER	4U

void
kern_rw_init(struct kern_rw *rw, const char *name)
{

	rw->word = 0;
	rw->lock = (struct kern_spin)KERN_SPIN_INIT;
	rw->writer = NULL;
	kern_waitq_init(&rw->rq, name);
	kern_waitq_init(&rw->wq, name);
}

static inline uint32_t
rw_word(struct kern_rw *rw)
{

	return __atomic_load_n(&rw->word, __ATOMIC_RELAXED);
}

static inline bool
rw_cas(struct kern_rw *rw, uint32_t from, uint32_t to)
{

	return __atomic_compare_exchange_n(&rw->word, &from, to, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

int
kern_rw_trylock(struct kern_rw *rw, bool write)
{
	uint32_t v;

	if (write) {
		if (!rw_cas(rw, 0, WRITER))
			return EBUSY;
		rw->writer = plat_curthread();
		return 0;
	}
	while (((v = rw_word(rw)) & (WRITER | WAITERS)) == 0)
		if (rw_cas(rw, v, v + READER))
			return 0;
	return EBUSY;
}

void
kern_rw_lock(struct kern_rw *rw, bool write)
{
	uint32_t v;
	unsigned long s;

	for (;;) {
		if (kern_rw_trylock(rw, write) == 0)
			return;
		s = kern_spin_lock(&rw->lock);
		v = rw_word(rw);
		if ((v & WAITERS) != 0)
			break;
		/* Nobody waits yet: announce it, unless it has come free. */
		if ((write ? v != 0 : (v & WRITER) != 0) &&
		    rw_cas(rw, v, v | WAITERS))
			break;
		kern_spin_unlock(&rw->lock, s);
	}
	kern_waitq_sleep(write ? &rw->wq : &rw->rq, &rw->lock, s, UINT64_MAX);
	if (write)
		rw->writer = plat_curthread();
}

/* Moves all waiting readers to the list; how many. */
static uint32_t
rw_take_readers(struct kern_rw *rw, struct threadq *list)
{
	struct thread *t;
	uint32_t n = 0;

	while ((t = waitq_take(&rw->rq)) != NULL) {
		TAILQ_INSERT_TAIL(list, t, q);
		n++;
	}
	return n;
}

/* rw->lock held, nobody has it: hands it over. */
static void
rw_grant(struct kern_rw *rw, bool after_writer, struct threadq *list)
{
	struct thread *t;
	uint32_t v;

	if (rw->wq.n != 0 && (!after_writer || rw->rq.n == 0)) {
		t = waitq_take(&rw->wq);
		TAILQ_INSERT_TAIL(list, t, q);
		v = WRITER;
	} else
		v = rw_take_readers(rw, list) * READER;
	if (rw->wq.n != 0 || rw->rq.n != 0)
		v |= WAITERS;
	__atomic_store_n(&rw->word, v, __ATOMIC_RELEASE);
}

void
kern_rw_unlock(struct kern_rw *rw)
{
	struct threadq list = TAILQ_HEAD_INITIALIZER(list);
	uint32_t v, one;
	unsigned long s;

	v = rw_word(rw);
	KASSERT((v & ~WAITERS) != 0);
	one = (v & WRITER) != 0 ? WRITER : READER;
	if (one == WRITER) {
		KASSERT(rw->writer == plat_curthread());
		rw->writer = NULL;
	}
	while (((v = rw_word(rw)) & WAITERS) == 0)
		if (rw_cas(rw, v, v - one))
			return;
	s = plat_irq_save();
	spin_acquire(&rw->lock);
	v = rw_word(rw) - one;
	if ((v & ~WAITERS) == 0)
		rw_grant(rw, one == WRITER, &list);
	else
		__atomic_store_n(&rw->word, v, __ATOMIC_RELEASE);
	spin_release(&rw->lock);
	waitq_ready_all(&list);
	sched_restore(s);
}

int
kern_rw_tryupgrade(struct kern_rw *rw)
{
	unsigned long s;
	bool ok;

	s = kern_spin_lock(&rw->lock);
	ok = rw_cas(rw, READER, WRITER) ||
	    rw_cas(rw, READER | WAITERS, WRITER | WAITERS);
	if (ok)
		rw->writer = plat_curthread();
	kern_spin_unlock(&rw->lock, s);
	return ok ? 0 : EBUSY;
}

void
kern_rw_downgrade(struct kern_rw *rw)
{
	struct threadq list = TAILQ_HEAD_INITIALIZER(list);
	uint32_t v;
	unsigned long s;

	KASSERT(rw->writer == plat_curthread());
	rw->writer = NULL;
	if (rw_cas(rw, WRITER, READER))
		return;
	s = plat_irq_save();
	spin_acquire(&rw->lock);
	v = READER + rw_take_readers(rw, &list) * READER;
	if (rw->wq.n != 0)
		v |= WAITERS;
	__atomic_store_n(&rw->word, v, __ATOMIC_RELEASE);
	spin_release(&rw->lock);
	waitq_ready_all(&list);
	sched_restore(s);
}

uint32_t
kern_rw_readers(struct kern_rw *rw)
{

	return rw_word(rw) / READER;
}
