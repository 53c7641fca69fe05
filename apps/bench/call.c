/* call.c: single calls: hypercalls, system calls, allocation, time. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <rump/rump_syscalls.h>
#include <rump/rumpuser.h>
#include "bench.h"

#define N	200000
#define REPEAT(n, ns, stmt)						\
	do {								\
		uint64_t t_ = now();					\
		for (int i_ = 0; i_ < (n); i_++) {			\
			stmt;						\
			__asm__ volatile("" ::: "memory");		\
		}							\
		(ns) = now() - t_;					\
	} while (0)

/* From the first instruction to here, as the platform's status has it. */
void
bench_boot(void)
{
	static char buf[1024];
	uint64_t t = now(), entry;
	char *p;
	int fd;

	fd = open("/sirloin/status", O_RDONLY);
	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) <= 0)
		return;
	close(fd);
	if ((p = strstr(buf, "\"entry_ns\":")) == NULL)
		return;
	entry = strtoull(p + 11, NULL, 10);
	report("boot_entry_to_main", t - entry, "ns");
	if ((p = strstr(buf, "\"rump_ns\":")) != NULL)
		report("boot_entry_to_rump_init",
		    strtoull(p + 10, NULL, 10) - entry, "ns");
	if ((p = strstr(buf, "\"idle_ns\":")) != NULL)
		report("boot_idle", strtoull(p + 10, NULL, 10), "ns");
}

void
bench_hypercall(void)
{
	struct rumpuser_mtx *m;
	uint64_t ns;
	int64_t sec;
	long nsec;
	void *p;

	REPEAT(N, ns, (void)rumpuser_curlwp());
	report_each("hypercall_curlwp", ns, N);
	REPEAT(N, ns, (void)rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO,
	    &sec, &nsec));
	report_each("hypercall_clock_gettime", ns, N);
	rumpuser_mutex_init(&m, RUMPUSER_MTX_SPIN);
	REPEAT(N, ns, (rumpuser_mutex_enter_nowrap(m), rumpuser_mutex_exit(m)));
	report_each("hypercall_mutex", ns, N);
	rumpuser_mutex_destroy(m);
	REPEAT(N, ns, (rumpuser_malloc(100, 0, &p), rumpuser_free(p, 100)));
	report_each("hypercall_malloc_100", ns, N);
	REPEAT(N, ns, (rumpuser_malloc(4096, 4096, &p),
	    rumpuser_free(p, 4096)));
	report_each("hypercall_malloc_page", ns, N);
}

void
bench_syscall(void)
{
	uint64_t ns;

	REPEAT(N, ns, (void)rump_sys_getppid());
	report_each("getppid", ns, N);
}

void
bench_clock(void)
{
	struct timespec ts;
	uint64_t ns;

	REPEAT(N, ns, (void)clock_gettime(CLOCK_MONOTONIC, &ts));
	report_each("clock_gettime", ns, N);
}

void
bench_malloc(void)
{
	static void *p[256];
	uint64_t ns;
	int i, k;

	REPEAT(N, ns, free(malloc(64)));
	report_each("malloc_free_64", ns, N);
	ns = now();
	for (k = 0; k < 200; k++) {
		for (i = 0; i < 256; i++)
			p[i] = malloc((size_t)(16 + (i * 37 + k * 11) % 1000));
		for (i = 0; i < 256; i++)
			free(p[(i * 7) % 256]);
	}
	report_each("malloc_free_mixed", now() - ns, 200 * 256);
}

/* How much later than asked for a sleep ends. */
void
bench_sleep(void)
{
	static const struct { const char *name; long ns; } s[] = {
		{ "sleep_over_100us", 100000 }, { "sleep_over_1ms", 1000000 },
		{ "sleep_over_10ms", 10000000 },
	};
	struct timespec ts = { 0, 0 };
	uint64_t t0, over;
	size_t k;
	int i;

	for (k = 0; k < sizeof(s) / sizeof(*s); k++) {
		ts.tv_nsec = s[k].ns;
		over = 0;
		for (i = 0; i < 30; i++) {
			t0 = now();
			nanosleep(&ts, NULL);
			over += now() - t0 - (uint64_t)s[k].ns;
		}
		report_each(s[k].name, over, 30);
	}
}
