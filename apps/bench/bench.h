/* bench.h: bench, what things cost.  One JSON object a line on the console. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <rump/host.h>

#define now()	rumpcomp_host_clock()

void	report(const char *what, uint64_t value, const char *unit);
/* total ns of n operations: the mean of one. */
void	report_each(const char *what, uint64_t ns, uint64_t n);

/* thread.c */
void	bench_switch(void), bench_cond(void), bench_pipe(void);
void	bench_thread(void), bench_mutex(void), bench_contended(void);
/* call.c */
void	bench_boot(void), bench_hypercall(void), bench_malloc(void);
void	bench_sleep(void), bench_syscall(void), bench_clock(void);
/* disk.c */
extern const char *bench_disk_name;
void	bench_disk(void), bench_diskwrite(void), bench_file(void);
/* tcp.c */
void	bench_tcp(void);

#endif /* BENCH_H */
