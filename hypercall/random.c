/*
 * random.c: the rump kernel credits every byte in full, and loops while it
 * gets none: so all the bytes or an error, never a success of 0 bytes.
 */
#include "hyp.h"

int
rumpuser_getrandom(void *buf, size_t len, int flags, size_t *retp)
{
	int nlocks, error;

	*retp = 0;
	error = kern_random(buf, len, false);
	if (error == EAGAIN && (flags & RUMPUSER_RANDOM_NOWAIT) == 0) {
		nlocks = hyp_unschedule(NULL);
		error = kern_random(buf, len, true);
		hyp_schedule(nlocks, NULL);
	}
	if (error == 0)
		*retp = len;
	return error;
}
