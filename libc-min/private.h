/* private.h: what the files of libc-min share. */
#ifndef LIBC_PRIVATE_H
#define LIBC_PRIVATE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <rump/host.h>
#include <time.h>

#define NSEC	1000000000ULL

#define atomic_load(p)		__atomic_load_n((p), __ATOMIC_SEQ_CST)
#define atomic_store(p, v)	__atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_add(p, v)	__atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_swap(p, v)	__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
/* *p was old and is new now. */
#define atomic_cas(p, old, new)						\
	({ __typeof__(*(p)) old_ = (old);				\
	   __atomic_compare_exchange_n((p), &old_, (new), false,	\
	   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); })

#define NOTIME	UINT64_MAX

/* Absolute time by a clock as the line's deadline; false: not a time. */
bool	libc_deadline(int clock, const struct timespec *, uint64_t *deadline);
/* Run atexit's functions, flush stdio. */
void	libc_atexit_run(void);
void	libc_stdio_flush(void);
/* The keys' destructors of the calling thread. */
void	libc_keys_run(void);

/* The name of the program that runs. */
extern const char *libc_progname;
/* mount.c: unmount what the configuration mounted, last first. */
void	libc_unmount(void);

#endif /* LIBC_PRIVATE_H */
