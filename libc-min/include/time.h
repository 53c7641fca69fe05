/* time.h: local time is UTC. */
#ifndef _TIME_H_
#define _TIME_H_

#include <sys/types.h>

#define CLOCKS_PER_SEC	1000000
typedef long clock_t;

struct tm {
	int	tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year;
	int	tm_wday, tm_yday, tm_isdst;
	long	tm_gmtoff;
	const char *tm_zone;
};

#define TIMER_ABSTIME	1

/* CLOCK_REALTIME and CLOCK_MONOTONIC, without entering the rump kernel. */
int	clock_gettime(clockid_t, struct timespec *);
int	clock_settime(clockid_t, const struct timespec *);
int	clock_getres(clockid_t, struct timespec *);
int	nanosleep(const struct timespec *, struct timespec *);
int	clock_nanosleep(clockid_t, int, const struct timespec *,
	    struct timespec *);
time_t	time(time_t *);
clock_t	clock(void);		/* time since boot */

/* Stateless: timeconv.c. */
struct tm *gmtime_r(const time_t *restrict, struct tm *restrict);
struct tm *localtime_r(const time_t *restrict, struct tm *restrict);
time_t	timegm(struct tm *);	/* fields out of range are carried */
time_t	mktime(struct tm *);
/* aAbBcCdDeFHIjmMnprRSTuwyYzZ% */
size_t	strftime(char *restrict, size_t, const char *restrict,
	    const struct tm *restrict);

struct tm *gmtime(const time_t *);
struct tm *localtime(const time_t *);

#endif /* _TIME_H_ */
