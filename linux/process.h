/* process.h: programs as processes: what starts them and waits for them. */
#ifndef SIRLOIN_LINUX_PROCESS_H
#define SIRLOIN_LINUX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct lx_process;

struct lx_start {
	const char	*path, *workdir;	/* workdir: or NULL */
	int		argc;
	char		**argv, **envp;
	int		in, out;	/* the caller's: its input and output */
};
/*
 * In a thread with an lwp of its own.  The program has a copy of the
 * descriptors 0, 1 and 2, and of the working directory.  0, or an error of
 * Linux's (lx_strerror()).  What the structure points to has to stay.
 */
int	lx_process_start(const struct lx_start *, struct lx_process **);
/* Its status, when it has ended; -1 when the time is over (monotonic ns). */
int	lx_process_wait(struct lx_process *, uint64_t deadline);
/* A signal; if it has no handler for it, its end.  In any thread with an lwp. */
void	lx_process_signal(struct lx_process *, int sig);
const char *lx_strerror(int);

#endif /* SIRLOIN_LINUX_PROCESS_H */
