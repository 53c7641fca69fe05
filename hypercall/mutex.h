/* mutex.h: private to hypercall/: a mutex, for the condition variables. */
#ifndef SIRLOIN_HYP_MUTEX_H
#define SIRLOIN_HYP_MUTEX_H

#include "hyp.h"

struct rumpuser_mtx {
	struct kern_mutex m;
	struct lwp	*owner;		/* of a KMUTEX */
	int		flags;
};

/*
 * The uncontended cases, one instruction each: m.word is 0 when free, the
 * owner's struct thread when nobody waits; with waiters it has another bit,
 * and kern_mutex_* is called (kernel/mutex.c).
 */
static inline bool
mtx_try(struct rumpuser_mtx *mtx)
{
	uintptr_t word = 0;

	return __atomic_compare_exchange_n(&mtx->m.word, &word,
	    (uintptr_t)kern_curthread(), false, __ATOMIC_ACQUIRE,
	    __ATOMIC_RELAXED);
}

static inline void
mtx_unlock(struct rumpuser_mtx *mtx)
{
	uintptr_t word = (uintptr_t)kern_curthread();

	if (__builtin_expect(!__atomic_compare_exchange_n(&mtx->m.word, &word,
	    0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED), 0))
		kern_mutex_unlock(&mtx->m);
}

static inline void
mtx_own(struct rumpuser_mtx *mtx)
{

	mtx->owner = hyp_curlwp();
}

/* Take it whatever it costs, without a word to the rump kernel. */
static inline void
mtx_lock(struct rumpuser_mtx *mtx)
{

	if (!mtx_try(mtx))
		kern_mutex_lock(&mtx->m);
}

#endif /* SIRLOIN_HYP_MUTEX_H */
