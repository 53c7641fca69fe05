/*
 * A timecounter on the line's monotonic clock.  Without one NetBSD's rump
 * kernel counts time in ticks of 10 ms (kern_tc.c's dummy counter).
 *
 * Needs no kernel header: what it declares is unchanged from 2015 to NetBSD
 * 11 (sys/sys/timetc.h).
 */
#include <stddef.h>
#include <stdint.h>

#include "component.h"

/* sys/timetc.h: struct timecounter */
struct timecounter {
	unsigned	(*tc_get_timecount)(struct timecounter *);
	void		(*tc_poll_pps)(struct timecounter *);
	unsigned	tc_counter_mask;
	uint64_t	tc_frequency;
	const char	*tc_name;
	int		tc_quality;
	void		*tc_priv;
	struct timecounter *tc_next;
};
void	tc_init(struct timecounter *);

/* rump/rumpuser.h */
int	rumpuser_clock_gettime(int, int64_t *, long *);
#define RUMPUSER_CLOCK_ABSMONO	1

/*
 * Nanoseconds, of which the kernel takes the low 32 bits: they wrap after
 * 4.3 s, and it looks a hundred times a second.
 */
static unsigned
line_timecount(struct timecounter *tc)
{
	int64_t sec;
	long nsec;

	rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec);
	return (unsigned)((uint64_t)sec * 1000000000 + (uint64_t)nsec);
}

static struct timecounter line_timecounter = {
	.tc_get_timecount = line_timecount,
	.tc_counter_mask = ~0u,
	.tc_frequency = 1000000000,
	.tc_name = "rumpuser",
	.tc_quality = 1000,
};

static void
timecounter_init(void)
{

	tc_init(&line_timecounter);
}

RUMP_COMPONENT_DECLARE(timecounter, RUMP_COMPONENT_KERN);
