/* rw.c: read-write locks. */
#include "hyp.h"

struct rumpuser_rw {
	struct kern_rw	l;
	struct lwp	*writer;	/* NULL: readers, or free */
};

void
rumpuser_rw_init(struct rumpuser_rw **rwp)
{
	struct rumpuser_rw *rw = hyp_must_alloc(sizeof(*rw), "rwlock");

	kern_rw_init(&rw->l, "rwlock");
	*rwp = rw;
}

static bool
rw_iswrite(int op)
{

	KASSERT(op == RUMPUSER_RW_READER || op == RUMPUSER_RW_WRITER);
	return op == RUMPUSER_RW_WRITER;
}

void
rumpuser_rw_enter(int op, struct rumpuser_rw *rw)
{
	bool write = rw_iswrite(op);
	int nlocks;

	if (kern_rw_trylock(&rw->l, write) != 0) {
		nlocks = hyp_unschedule(NULL);
		kern_rw_lock(&rw->l, write);
		hyp_schedule(nlocks, NULL);
	}
	if (write)
		rw->writer = hyp_curlwp();
}

int
rumpuser_rw_tryenter(int op, struct rumpuser_rw *rw)
{
	bool write = rw_iswrite(op);

	if (kern_rw_trylock(&rw->l, write) != 0)
		return EBUSY;
	if (write)
		rw->writer = hyp_curlwp();
	return 0;
}

int
rumpuser_rw_tryupgrade(struct rumpuser_rw *rw)
{

	if (kern_rw_tryupgrade(&rw->l) != 0)
		return EBUSY;
	rw->writer = hyp_curlwp();
	return 0;
}

void
rumpuser_rw_downgrade(struct rumpuser_rw *rw)
{

	rw->writer = NULL;
	kern_rw_downgrade(&rw->l);
}

void
rumpuser_rw_exit(struct rumpuser_rw *rw)
{

	if (rw->writer != NULL)		/* it can only be the caller */
		rw->writer = NULL;
	kern_rw_unlock(&rw->l);
}

void
rumpuser_rw_destroy(struct rumpuser_rw *rw)
{

	KASSERT(kern_rw_readers(&rw->l) == 0);
	kern_free(rw);
}

void
rumpuser_rw_held(int op, struct rumpuser_rw *rw, int *heldp)
{
	struct lwp *me = hyp_curlwp();

	if (rw_iswrite(op))
		*heldp = me != NULL &&
		    __atomic_load_n(&rw->writer, __ATOMIC_RELAXED) == me;
	else
		*heldp = kern_rw_readers(&rw->l) > 0;
}
