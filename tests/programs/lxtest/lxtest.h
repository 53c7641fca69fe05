/*
 * lxtest.h: what the files of lxtest share.  A test is a function; the first
 * CHECK of it that fails is what is reported.
 */
#ifndef LXTEST_H
#define LXTEST_H

#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern const char *failed;
extern int failline;

#define CHECK(e)							\
	do {								\
		if (!(e) && failed == NULL) {				\
			failed = #e;					\
			failline = __LINE__;				\
		}							\
	} while (0)
#define FAILS(call, err)	CHECK((errno = 0, (call) == -1 && errno == (err)))

double	now(void);
char	*path(const char *name);	/* in the test's folder; good for four calls */

void	t_threads(void);
void	t_cond(void);
void	t_detached(void);
void	t_cancel(void);
void	t_mmap(void);
void	t_mprotect(void);
void	t_mmap_file(void);
void	t_files(void);
void	t_dirs(void);
void	t_times(void);
void	t_sendfile(void);
void	t_locks(void);
void	t_pipe(void);
void	t_select(void);
void	t_epoll(void);
void	t_epoll_edge(void);
void	t_eventfd(void);
void	t_timerfd(void);
void	t_tcp(void);
void	t_tcp6(void);
void	t_udp(void);
void	t_signals(void);
void	t_clocks(void);
void	t_misc(void);
void	t_small(void);
void	t_timers(void);
void	t_timers_threads(void);
void	t_cputime(void);
void	t_epoll_nested(void);
void	t_messages(void);
void	t_faults(void);
void	t_faults_retried(void);
void	t_faults_skipped(void);
void	t_altstack(void);
void	t_faults_threads(void);

#endif /* LXTEST_H */
