/*
 * mutex.c: mutexes.  SPIN is the rump kernel's word for a mutex that is waited
 * for with the context in hand; the host thread may sleep all the same, since
 * whoever has the mutex has, or needs, no context of the waiter's.
 */
#include "mutex.h"

void
rumpuser_mutex_init(struct rumpuser_mtx **mtxp, int flags)
{
	struct rumpuser_mtx *mtx;

	KASSERT((flags & (RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX)) != 0);
	mtx = hyp_must_alloc(sizeof(*mtx), "mutex");
	kern_mutex_init(&mtx->m, flags & RUMPUSER_MTX_SPIN ? "spin" : "mutex");
	mtx->flags = flags;
	*mtxp = mtx;
}

/* The fast paths below are leaf functions: this is called last. */
static void __attribute__((noinline))
mtx_wait(struct rumpuser_mtx *mtx, bool wrap)
{
	int nlocks;

	if (kern_mutex_owner(&mtx->m) == kern_curthread())
		kern_panic("rumpuser_mutex_enter: %p locked by this thread",
		    (void *)mtx);
	if (wrap && (mtx->flags & RUMPUSER_MTX_SPIN) == 0) {
		nlocks = hyp_unschedule(NULL);
		kern_mutex_lock(&mtx->m);
		hyp_schedule(nlocks, NULL);
	} else
		kern_mutex_lock(&mtx->m);
	mtx_own(mtx);
}

void
rumpuser_mutex_enter(struct rumpuser_mtx *mtx)
{

	if (__builtin_expect(mtx_try(mtx), 1))
		mtx_own(mtx);
	else
		mtx_wait(mtx, true);
}

void
rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mtx)
{

	if (__builtin_expect(mtx_try(mtx), 1))
		mtx_own(mtx);
	else
		mtx_wait(mtx, false);
}

int
rumpuser_mutex_tryenter(struct rumpuser_mtx *mtx)
{

	if (!mtx_try(mtx) && kern_mutex_trylock(&mtx->m) != 0)
		return EBUSY;
	mtx_own(mtx);
	return 0;
}

void
rumpuser_mutex_exit(struct rumpuser_mtx *mtx)
{

	mtx->owner = NULL;
	mtx_unlock(mtx);
}

void
rumpuser_mutex_destroy(struct rumpuser_mtx *mtx)
{

	KASSERT(kern_mutex_owner(&mtx->m) == NULL);
	kern_free(mtx);
}

void
rumpuser_mutex_owner(struct rumpuser_mtx *mtx, struct lwp **lp)
{

	KASSERT((mtx->flags & RUMPUSER_MTX_KMUTEX) != 0);
	*lp = __atomic_load_n(&mtx->owner, __ATOMIC_RELAXED);
}

int
rumpuser_mutex_spin_p(struct rumpuser_mtx *mtx)
{

	return (mtx->flags & RUMPUSER_MTX_SPIN) != 0;
}
