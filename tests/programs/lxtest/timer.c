/* timer.c: POSIX timers, signals with values, CPU time. */
#include "lxtest.h"
#include <sys/times.h>

static volatile sig_atomic_t count, code, value, overrun;
static sem_t fired;

static void
info(int sig, siginfo_t *si, void *ctx)
{

	code = si->si_code;
	value = si->si_value.sival_int;
	count++;
}

static void
thread_fn(union sigval v)
{

	value = v.sival_int;
	sem_post(&fired);
}

static struct itimerspec
spec(long value_ms, long interval_ms)
{

	return (struct itimerspec){
	    { interval_ms / 1000, interval_ms % 1000 * 1000000 },
	    { value_ms / 1000, value_ms % 1000 * 1000000 } };
}

/* Until n signals more were caught. */
static void
until(int n)
{
	double end = now() + 20;

	for (n += count; count < n && now() < end;)
		usleep(1000);
}

static double
cpu(clockid_t c)
{
	struct timespec t = { 0, 0 };

	CHECK(clock_gettime(c, &t) == 0);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void
compute(double s)
{
	volatile unsigned x = 0;
	double end = cpu(CLOCK_THREAD_CPUTIME_ID) + s, late = now() + 20;

	while (cpu(CLOCK_THREAD_CPUTIME_ID) < end && now() < late)
		for (int i = 0; i < 1000; i++)
			x += (unsigned)i;
}

static void
waits_blocked(timer_t t, int sig)
{
	struct itimerspec it = spec(1, 1);
	siginfo_t si = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	for (int i = 0; i < 100 && si.si_overrun < 5; i++) {
		usleep(60000);
		CHECK(sigwaitinfo(&set, &si) == sig && si.si_code == SI_TIMER);
	}
	CHECK(si.si_overrun >= 5 && si.si_value.sival_int == 42);
	it = spec(0, 0);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	sigtimedwait(&set, NULL, &(struct timespec){ 0, 0 });
	CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}

void
t_timers(void)
{
	struct sigaction sa = { .sa_sigaction = info, .sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 42 };
	struct itimerspec it = spec(20, 0), left;
	struct timespec abs;
	timer_t t;

	CHECK(sigaction(SIGRTMIN + 1, &sa, NULL) == 0);
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	until(1);
	CHECK(count == 1 && code == SI_TIMER && value == 42);
	CHECK(timer_gettime(t, &left) == 0 && left.it_value.tv_sec == 0 &&
	    left.it_value.tv_nsec == 0);
	it = spec(5, 5);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	until(3);
	CHECK(count >= 4 && timer_getoverrun(t) >= 0);
	it = spec(100000, 0);
	CHECK(timer_settime(t, 0, &it, &left) == 0);
	CHECK(left.it_interval.tv_nsec == 5000000);
	CHECK(timer_gettime(t, &left) == 0 && left.it_value.tv_sec >= 50);
	waits_blocked(t, SIGRTMIN + 1);
	CHECK(timer_delete(t) == 0);

	CHECK(timer_create(CLOCK_REALTIME, &ev, &t) == 0);
	clock_gettime(CLOCK_REALTIME, &abs);
	it = (struct itimerspec){ { 0, 0 }, abs };
	count = 0;
	CHECK(timer_settime(t, TIMER_ABSTIME, &it, NULL) == 0);
	until(1);
	CHECK(count == 1 && timer_delete(t) == 0);
	FAILS(syscall(SYS_timer_delete, 12345), EINVAL);
	ev.sigev_signo = 1000;
	FAILS(timer_create(CLOCK_REALTIME, &ev, &t), EINVAL);
	FAILS(timer_create(77, NULL, &t), EINVAL);
}

void
t_timers_threads(void)
{
	struct sigaction sa = { .sa_sigaction = info, .sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD,
	    .sigev_notify_function = thread_fn, .sigev_value.sival_int = 7 };
	struct itimerspec it = spec(5, 5);
	struct timespec late;
	timer_t t;

	sem_init(&fired, 0, 0);
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	clock_gettime(CLOCK_REALTIME, &late);
	late.tv_sec += 20;
	for (int i = 0; i < 3; i++)
		CHECK(sem_timedwait(&fired, &late) == 0);
	CHECK(value == 7 && timer_delete(t) == 0);

	CHECK(sigaction(SIGRTMIN + 2, &sa, NULL) == 0);
	ev = (struct sigevent){ .sigev_notify = SIGEV_THREAD_ID,
	    .sigev_signo = SIGRTMIN + 2 };
	ev.sigev_notify_thread_id = (int)syscall(SYS_gettid);
	it = spec(5, 0);
	count = 0;
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	until(1);
	CHECK(count == 1 && timer_delete(t) == 0);

	ev = (struct sigevent){ .sigev_notify = SIGEV_NONE };
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	for (int i = 0; i < 1000 && it.it_value.tv_nsec != 0; i++) {
		usleep(20000);
		CHECK(timer_gettime(t, &it) == 0);
	}
	CHECK(it.it_value.tv_nsec == 0);
	CHECK(timer_delete(t) == 0);

	count = 0;
	CHECK(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = 99 }) == 0);
	CHECK(count == 1 && code == SI_QUEUE && value == 99);
}

static void *
sleeper(void *arg)
{

	sem_wait(arg);
	return NULL;
}

void
t_cputime(void)
{
	struct sigaction sa = { .sa_sigaction = info, .sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGRTMIN + 3 };
	struct itimerval prof = { { 0, 0 }, { 0, 20000 } };
	struct itimerspec it = spec(30, 0);
	double p, c, least = 1, used, asleep;
	struct rusage ru;
	struct tms tms;
	clockid_t clk;
	pthread_t th;
	timer_t t;
	sem_t end;

	/* a host may let us wait meanwhile */
	for (int i = 0; i < 20 && least >= 0.15; i++) {
		p = cpu(CLOCK_PROCESS_CPUTIME_ID);
		usleep(200000);
		p = cpu(CLOCK_PROCESS_CPUTIME_ID) - p;
		least = p < least ? p : least;
	}
	CHECK(least < 0.15);
	sem_init(&end, 0, 0);
	pthread_create(&th, NULL, sleeper, &end);
	usleep(1000);
	CHECK(pthread_getcpuclockid(th, &clk) == 0);
	asleep = cpu(clk);
	p = cpu(CLOCK_PROCESS_CPUTIME_ID);
	c = cpu(CLOCK_THREAD_CPUTIME_ID);
	compute(0.05);
	c = cpu(CLOCK_THREAD_CPUTIME_ID) - c;
	used = cpu(CLOCK_PROCESS_CPUTIME_ID) - p;
	CHECK(c >= 0.05 && used >= c * 0.99);
	CHECK(cpu(clk) - asleep < c);
	CHECK(clock_getcpuclockid(0, &clk) == 0 && cpu(clk) >= c);
	sem_post(&end);
	pthread_join(th, NULL);
	CHECK(cpu(CLOCK_PROCESS_CPUTIME_ID) >= p + c * 0.99);
	CHECK(getrusage(RUSAGE_SELF, &ru) == 0 && ru.ru_utime.tv_sec * 1000000L +
	    ru.ru_utime.tv_usec + ru.ru_stime.tv_sec * 1000000L +
	    ru.ru_stime.tv_usec >= 30000);
	CHECK(times(&tms) != (clock_t)-1 && tms.tms_utime + tms.tms_stime >= 2);

	sigaction(SIGRTMIN + 3, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	CHECK(timer_create(CLOCK_PROCESS_CPUTIME_ID, &ev, &t) == 0);
	count = 0;
	c = cpu(CLOCK_PROCESS_CPUTIME_ID);
	CHECK(timer_settime(t, 0, &it, NULL) == 0);
	for (int i = 0; i < 300 && count == 0; i++)
		compute(0.01);
	CHECK(count == 1 && cpu(CLOCK_PROCESS_CPUTIME_ID) - c >= 0.03);
	CHECK(timer_delete(t) == 0);
	CHECK(setitimer(ITIMER_PROF, &prof, NULL) == 0);
	for (int i = 0; i < 300 && count == 1; i++)
		compute(0.01);
	CHECK(count == 2 && getitimer(ITIMER_PROF, &prof) == 0 &&
	    prof.it_value.tv_usec == 0);
}
