/*
 * lwp.c: which lwp of the rump kernel the calling thread is.  curlwp is asked
 * for in nearly every function of a rump kernel.
 */
#include "hyp.h"

struct lwp *
rumpuser_curlwp(void)
{

	return hyp_curlwp();
}

void
rumpuser_curlwpop(int op, struct lwp *l)
{
	void **slot = hyp_slot(HYP_SLOT_LWP);

	switch ((enum rumplwpop)op) {
	case RUMPUSER_LWP_CREATE:
	case RUMPUSER_LWP_DESTROY:
		break;
	case RUMPUSER_LWP_SET:
		KASSERT(*slot == NULL && l != NULL);
		*slot = l;
		break;
	case RUMPUSER_LWP_CLEAR:
		KASSERT(*slot == l);
		*slot = NULL;
		break;
	}
}

void
rumpuser_seterrno(int error)
{

	*(int *)hyp_slot(HYP_SLOT_ERRNO) = error;
}
