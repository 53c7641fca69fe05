/* unistd.h */
#ifndef _UNISTD_H_
#define _UNISTD_H_

#include <sys/types.h>

#define STDIN_FILENO	0
#define STDOUT_FILENO	1
#define STDERR_FILENO	2

ssize_t	read(int, void *, size_t);
ssize_t	write(int, const void *, size_t);
ssize_t	pread(int, void *, size_t, off_t);
ssize_t	pwrite(int, const void *, size_t, off_t);
off_t	lseek(int, off_t, int);
int	close(int);
int	dup(int);
int	dup2(int, int);
int	pipe(int *);
int	pipe2(int *, int);
int	fsync(int);
int	fdatasync(int);
int	ftruncate(int, off_t);
int	truncate(const char *, off_t);
void	sync(void);
int	isatty(int);

int	access(const char *, int);
int	unlink(const char *);
int	rmdir(const char *);
int	link(const char *, const char *);
int	symlink(const char *, const char *);
ssize_t	readlink(const char *restrict, char *restrict, size_t);
int	chown(const char *, uid_t, gid_t);
int	chdir(const char *);
int	fchdir(int);
char	*getcwd(char *, size_t);

/* The client API's own: nothing is left to do for a C library. */
pid_t	getpid(void) __asm__("rump___sysimpl_getpid");
pid_t	getppid(void) __asm__("rump___sysimpl_getppid");
uid_t	getuid(void);
uid_t	geteuid(void);

int	gethostname(char *, size_t);
int	sethostname(const char *, size_t);

/* Sleeps end when their time is over: there are no signals. */
unsigned sleep(unsigned);
int	usleep(useconds_t);
int	pause(void);

#define _SC_ARG_MAX		1
#define _SC_OPEN_MAX		5
#define _SC_PAGESIZE		28
#define _SC_PAGE_SIZE		_SC_PAGESIZE
#define _SC_CLK_TCK		39
#define _SC_HOST_NAME_MAX	69
#define _SC_NPROCESSORS_CONF	1001
#define _SC_NPROCESSORS_ONLN	1002
long	sysconf(int);
int	getpagesize(void);

void	_exit(int) __attribute__((noreturn));

extern char	*optarg;
extern int	optind, opterr, optopt, optreset;
int	getopt(int, char *const [], const char *);

extern char	**environ;

#endif /* _UNISTD_H_ */
