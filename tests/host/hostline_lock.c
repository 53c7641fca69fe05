/*
 * hostline_lock.c: a part of hostline.c, which includes it: mutexes, read-write
 * locks, condition variables.
 */

/* ---- locks ---- */

struct rumpuser_mtx { pthread_mutex_t m; struct lwp *owner; int flags; int held; };
struct rumpuser_rw { pthread_rwlock_t l; struct lwp *writer; int readers; };
struct rumpuser_cv { pthread_cond_t c; int waiters; };

void
rumpuser_mutex_init(struct rumpuser_mtx **mp, int flags)
{
	struct rumpuser_mtx *m = calloc(1, sizeof(*m));

	pthread_mutex_init(&m->m, NULL);
	m->flags = flags;
	*mp = m;
}
int rumpuser_mutex_spin_p(struct rumpuser_mtx *m)
{ return (m->flags & RUMPUSER_MTX_SPIN) != 0; }
static void got(struct rumpuser_mtx *m) { m->owner = mylwp; m->held = 1; }

void
rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *m)
{

	pthread_mutex_lock(&m->m);
	got(m);
}

void
rumpuser_mutex_enter(struct rumpuser_mtx *m)
{

	if (m->flags & RUMPUSER_MTX_SPIN)
		pthread_mutex_lock(&m->m);
	else if (pthread_mutex_trylock(&m->m) != 0)
		BLOCKING(pthread_mutex_lock(&m->m));
	got(m);
}

int
rumpuser_mutex_tryenter(struct rumpuser_mtx *m)
{

	if (pthread_mutex_trylock(&m->m) != 0)
		return 16;
	got(m);
	return 0;
}
void rumpuser_mutex_exit(struct rumpuser_mtx *m)
{ m->owner = NULL; m->held = 0; pthread_mutex_unlock(&m->m); }
void rumpuser_mutex_destroy(struct rumpuser_mtx *m)
{ pthread_mutex_destroy(&m->m); free(m); }
void rumpuser_mutex_owner(struct rumpuser_mtx *m, struct lwp **lp) { *lp = m->owner; }

void
rumpuser_rw_init(struct rumpuser_rw **rp)
{

	*rp = calloc(1, sizeof(**rp));
	pthread_rwlock_init(&(*rp)->l, NULL);
}

void
rumpuser_rw_enter(int op, struct rumpuser_rw *rw)
{

	if (op == RUMPUSER_RW_WRITER) {
		if (pthread_rwlock_trywrlock(&rw->l) != 0)
			BLOCKING(pthread_rwlock_wrlock(&rw->l));
		rw->writer = mylwp;
	} else {
		if (pthread_rwlock_tryrdlock(&rw->l) != 0)
			BLOCKING(pthread_rwlock_rdlock(&rw->l));
		__atomic_add_fetch(&rw->readers, 1, __ATOMIC_SEQ_CST);
	}
}

int
rumpuser_rw_tryenter(int op, struct rumpuser_rw *rw)
{

	if (op == RUMPUSER_RW_WRITER) {
		if (pthread_rwlock_trywrlock(&rw->l) != 0)
			return 16;
		rw->writer = mylwp;
	} else {
		if (pthread_rwlock_tryrdlock(&rw->l) != 0)
			return 16;
		__atomic_add_fetch(&rw->readers, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}
int rumpuser_rw_tryupgrade(struct rumpuser_rw *rw) { return 16; }

/* POSIX has no downgrade; a writer may get in between: good enough here. */
void
rumpuser_rw_downgrade(struct rumpuser_rw *rw)
{

	rw->writer = NULL;
	pthread_rwlock_unlock(&rw->l);
	rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
}

void
rumpuser_rw_exit(struct rumpuser_rw *rw)
{

	if (rw->writer == mylwp && rw->writer != NULL)
		rw->writer = NULL;
	else
		__atomic_sub_fetch(&rw->readers, 1, __ATOMIC_SEQ_CST);
	pthread_rwlock_unlock(&rw->l);
}
void rumpuser_rw_destroy(struct rumpuser_rw *rw)
{ pthread_rwlock_destroy(&rw->l); free(rw); }
void rumpuser_rw_held(int op, struct rumpuser_rw *rw, int *r)
{ *r = op == RUMPUSER_RW_WRITER ? rw->writer == mylwp : rw->readers > 0; }

void
rumpuser_cv_init(struct rumpuser_cv **cp)
{
	pthread_condattr_t a;

	*cp = calloc(1, sizeof(**cp));
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&(*cp)->c, &a);
}
void rumpuser_cv_destroy(struct rumpuser_cv *cv)
{ pthread_cond_destroy(&cv->c); free(cv); }

static int
cvwait(struct rumpuser_cv *cv, struct rumpuser_mtx *m, struct timespec *ts)
{
	int e;

	cv->waiters++;
	m->owner = NULL;
	e = ts ? pthread_cond_timedwait(&cv->c, &m->m, ts) :
	    pthread_cond_wait(&cv->c, &m->m);
	cv->waiters--;
	return nberr(e);
}

/* Semantics 2 and 3 of the line: the order in which mutex and context come. */
static int
cvwrap(struct rumpuser_cv *cv, struct rumpuser_mtx *m, struct timespec *ts)
{
	int n, e;

	unsched(&n, m);
	e = cvwait(cv, m, ts);
	if ((m->flags & (RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX)) ==
	    (RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX)) {
		pthread_mutex_unlock(&m->m);
		sched(n, m);
		pthread_mutex_lock(&m->m);
	} else
		sched(n, m);
	got(m);
	return e;
}
void rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *m)
{ cvwrap(cv, m, NULL); }
void rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *m)
{ cvwait(cv, m, NULL); got(m); }

int
rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *m,
    int64_t sec, int64_t nsec)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += sec + (ts.tv_nsec + nsec) / 1000000000;
	ts.tv_nsec = (ts.tv_nsec + nsec) % 1000000000;
	return cvwrap(cv, m, &ts);
}
void rumpuser_cv_signal(struct rumpuser_cv *cv) { pthread_cond_signal(&cv->c); }
void rumpuser_cv_broadcast(struct rumpuser_cv *cv) { pthread_cond_broadcast(&cv->c); }
void rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *n) { *n = cv->waiters; }
