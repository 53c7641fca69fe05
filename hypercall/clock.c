/* clock.c: the time, and waiting for it. */
#include "hyp.h"

#define NS	1000000000ULL

int
rumpuser_clock_gettime(int which, int64_t *sec, long *nsec)
{
	uint64_t t = kern_clock();

	switch ((enum rumpclock)which) {
	case RUMPUSER_CLOCK_RELWALL:
		t += plat_clock_epoch();
		break;
	case RUMPUSER_CLOCK_ABSMONO:
		break;
	default:
		return EINVAL;
	}
	*sec = t / NS;
	*nsec = t % NS;
	return 0;
}

/*
 * The rump kernel's clock interrupt sleeps with ABSMONO and panics on any
 * error: a time that has passed is no error.
 */
int
rumpuser_clock_sleep(int which, int64_t sec, long nsec)
{
	uint64_t now = kern_clock(), deadline;
	int nlocks;

	switch ((enum rumpclock)which) {
	case RUMPUSER_CLOCK_RELWALL:
		deadline = hyp_deadline(now, sec, nsec);
		break;
	case RUMPUSER_CLOCK_ABSMONO:
		deadline = hyp_deadline(0, sec, nsec);
		break;
	default:
		return EINVAL;
	}
	nlocks = hyp_unschedule(NULL);
	kern_sleep_until(deadline);
	hyp_schedule(nlocks, NULL);
	return 0;
}
