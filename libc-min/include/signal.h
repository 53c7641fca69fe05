/*
 * signal.h: a rump kernel delivers no signals.  Ignoring one is granted;
 * catching one is refused (ENOSYS).  raise() of a signal that ends a process
 * ends the machine.
 */
#ifndef _SIGNAL_H_
#define _SIGNAL_H_

#include <sys/types.h>

typedef int sig_atomic_t;
typedef void (*sig_t)(int);

#define SIG_DFL		((sig_t)0)
#define SIG_IGN		((sig_t)1)
#define SIG_ERR		((sig_t)-1)
#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGFPE		8
#define SIGKILL		9
#define SIGBUS		10
#define SIGSEGV		11
#define SIGSYS		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGCHLD		20
#define SIGUSR1		30
#define SIGUSR2		31
#define NSIG		64

sig_t	signal(int, sig_t);
int	raise(int);

#endif /* _SIGNAL_H_ */
