/*
 * cv.c: condition variables.  The mutex is the interlock of both upcalls: the
 * scheduler's own (a pure SPIN mutex) is not even held when the wait is
 * called; giving up the context takes it, and getting it back releases it.
 */
#include "mutex.h"

struct rumpuser_cv {
	struct kern_cv	cv;
};

void
rumpuser_cv_init(struct rumpuser_cv **cvp)
{

	*cvp = hyp_must_alloc(sizeof(**cvp), "condition variable");
	kern_cv_init(&(*cvp)->cv, "cv");
}

void
rumpuser_cv_destroy(struct rumpuser_cv *cv)
{

	KASSERT(kern_cv_waiters(&cv->cv) == 0);
	kern_free(cv);
}

/*
 * A lock of the interrupt class (SPIN|KMUTEX) comes after the context in the
 * order of resources, so the context is taken first.  The scheduler's mutex
 * comes before it, and so may a sleeping mutex, for which others wait without
 * context.
 */
static int
cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx, uint64_t deadline)
{
	const int both = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX;
	int nlocks, error;

	nlocks = hyp_unschedule(mtx);
	mtx->owner = NULL;
	error = kern_cv_wait_unlocked(&cv->cv, &mtx->m, deadline);
	if ((mtx->flags & both) == both) {
		hyp_schedule(nlocks, mtx);
		mtx_lock(mtx);
		mtx_own(mtx);
	} else {
		mtx_lock(mtx);
		mtx_own(mtx);
		hyp_schedule(nlocks, mtx);
	}
	return error;
}

void
rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{

	(void)cv_wait(cv, mtx, UINT64_MAX);
}

void
rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx)
{

	mtx->owner = NULL;
	(void)kern_cv_wait_unlocked(&cv->cv, &mtx->m, UINT64_MAX);
	mtx_lock(mtx);
	mtx_own(mtx);
}

int
rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx,
    int64_t sec, int64_t nsec)
{

	/* The time runs from here, however long giving up the context takes. */
	return cv_wait(cv, mtx, hyp_deadline(kern_clock(), sec, nsec));
}

void
rumpuser_cv_signal(struct rumpuser_cv *cv)
{

	kern_cv_signal(&cv->cv);
}

void
rumpuser_cv_broadcast(struct rumpuser_cv *cv)
{

	kern_cv_broadcast(&cv->cv);
}

void
rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *nwaiters)
{

	*nwaiters = (int)kern_cv_waiters(&cv->cv);
}
