/*
 * rump_syscalls.h: system calls of a rump kernel.  rump_sys_X is NetBSD's
 * rump___sysimpl_Xnn, by names that both NetBSD 7 and NetBSD 11 have, so that
 * an object compiled with this file links with any of them and with builtin/.
 * -1 and the thread's errno (rumpuser_seterrno()) report an error.
 *
 * statvfs is weak, by both its names: NULL is the one that is not there.
 * Facts: NetBSD sys/rump/include/rump/rump_syscalls.h, 2016 and 11.
 */
#ifndef SIRLOIN_RUMP_SYSCALLS_H
#define SIRLOIN_RUMP_SYSCALLS_H

#include <rump/abi.h>

struct sockaddr;
struct msghdr;
struct mmsghdr;

/* ---- files ---- */

int	rump___sysimpl_open(const char *, int, ...);
int	rump___sysimpl_close(int);
ssize_t	rump___sysimpl_read(int, void *, size_t);
ssize_t	rump___sysimpl_write(int, const void *, size_t);
ssize_t	rump___sysimpl_pread(int, void *, size_t, off_t);
ssize_t	rump___sysimpl_pwrite(int, const void *, size_t, off_t);
ssize_t	rump___sysimpl_readv(int, const struct iovec *, int);
ssize_t	rump___sysimpl_writev(int, const struct iovec *, int);
ssize_t	rump___sysimpl_preadv(int, const struct iovec *, int, off_t);
ssize_t	rump___sysimpl_pwritev(int, const struct iovec *, int, off_t);
off_t	rump___sysimpl_lseek(int, off_t, int);
int	rump___sysimpl_fsync(int);
int	rump___sysimpl_fdatasync(int);
int	rump___sysimpl_fsync_range(int, int, off_t, off_t);
int	rump___sysimpl_ftruncate(int, off_t);
/* Ours only where disks are served (weak); len 0 asks whether it could. */
int	rump___sysimpl_fdiscard(int, off_t, off_t) __attribute__((weak));
int	rump___sysimpl_fstat50(int, struct stat *);
int	rump___sysimpl_getdents30(int, char *, size_t);
int	rump___sysimpl_dup(int);
int	rump___sysimpl_dup2(int, int);
int	rump___sysimpl_fcntl(int, int, ...);
int	rump___sysimpl_ioctl(int, unsigned long, ...);
int	rump___sysimpl_pipe2(int *, int);
int	rump___sysimpl_fchmod(int, mode_t);
int	rump___sysimpl_futimens(int, const struct timespec *);
int	rump___sysimpl_fchdir(int);
int	rump___sysimpl_statvfs1(const char *, struct statvfs *, int)
	    __attribute__((weak));
int	rump___sysimpl_fstatvfs1(int, struct statvfs *, int)
	    __attribute__((weak));
int	rump___sysimpl_statvfs190(const char *, void *, int)
	    __attribute__((weak));
int	rump___sysimpl_fstatvfs190(int, void *, int) __attribute__((weak));
#define rump_sys_open		rump___sysimpl_open
#define rump_sys_close		rump___sysimpl_close
#define rump_sys_read		rump___sysimpl_read
#define rump_sys_write		rump___sysimpl_write
#define rump_sys_pread		rump___sysimpl_pread
#define rump_sys_pwrite		rump___sysimpl_pwrite
#define rump_sys_readv		rump___sysimpl_readv
#define rump_sys_writev		rump___sysimpl_writev
#define rump_sys_preadv		rump___sysimpl_preadv
#define rump_sys_pwritev	rump___sysimpl_pwritev
#define rump_sys_lseek		rump___sysimpl_lseek
#define rump_sys_fsync		rump___sysimpl_fsync
#define rump_sys_fdatasync	rump___sysimpl_fdatasync
#define rump_sys_fsync_range	rump___sysimpl_fsync_range
#define rump_sys_ftruncate	rump___sysimpl_ftruncate
#define rump_sys_fdiscard	rump___sysimpl_fdiscard
#define rump_sys_fstat		rump___sysimpl_fstat50
#define rump_sys_getdents	rump___sysimpl_getdents30
#define rump_sys_dup		rump___sysimpl_dup
#define rump_sys_dup2		rump___sysimpl_dup2
#define rump_sys_fcntl		rump___sysimpl_fcntl
#define rump_sys_ioctl		rump___sysimpl_ioctl
#define rump_sys_pipe2		rump___sysimpl_pipe2
#define rump_sys_fchmod		rump___sysimpl_fchmod
#define rump_sys_futimens	rump___sysimpl_futimens
#define rump_sys_fchdir		rump___sysimpl_fchdir

/* ---- paths ---- */

int	rump___sysimpl_stat50(const char *, struct stat *);
int	rump___sysimpl_lstat50(const char *, struct stat *);
int	rump___sysimpl_access(const char *, int);
int	rump___sysimpl_truncate(const char *, off_t);
int	rump___sysimpl_mkdir(const char *, mode_t);
int	rump___sysimpl_rmdir(const char *);
int	rump___sysimpl_unlink(const char *);
int	rump___sysimpl_rename(const char *, const char *);
int	rump___sysimpl_link(const char *, const char *);
int	rump___sysimpl_symlink(const char *, const char *);
ssize_t	rump___sysimpl_readlink(const char *, char *, size_t);
int	rump___sysimpl_chmod(const char *, mode_t);
int	rump___sysimpl_chown(const char *, uid_t, gid_t);
int	rump___sysimpl_utimes50(const char *, const struct timeval *);
int	rump___sysimpl_chdir(const char *);
int	rump___sysimpl___getcwd(char *, size_t);	/* length with the NUL */
int	rump___sysimpl_mknod50(const char *, mode_t, dev_t);
mode_t	rump___sysimpl_umask(mode_t);
int	rump___sysimpl_mount50(const char *, const char *, int, void *, size_t);
int	rump___sysimpl_unmount(const char *, int);
void	rump___sysimpl_sync(void);
#define rump_sys_stat		rump___sysimpl_stat50
#define rump_sys_lstat		rump___sysimpl_lstat50
#define rump_sys_access		rump___sysimpl_access
#define rump_sys_truncate	rump___sysimpl_truncate
#define rump_sys_mkdir		rump___sysimpl_mkdir
#define rump_sys_rmdir		rump___sysimpl_rmdir
#define rump_sys_unlink		rump___sysimpl_unlink
#define rump_sys_rename		rump___sysimpl_rename
#define rump_sys_link		rump___sysimpl_link
#define rump_sys_symlink	rump___sysimpl_symlink
#define rump_sys_readlink	rump___sysimpl_readlink
#define rump_sys_chmod		rump___sysimpl_chmod
#define rump_sys_chown		rump___sysimpl_chown
#define rump_sys_utimes		rump___sysimpl_utimes50
#define rump_sys_chdir		rump___sysimpl_chdir
#define rump_sys___getcwd	rump___sysimpl___getcwd
#define rump_sys_mknod		rump___sysimpl_mknod50
#define rump_sys_umask		rump___sysimpl_umask
#define rump_sys_mount		rump___sysimpl_mount50
#define rump_sys_unmount	rump___sysimpl_unmount
#define rump_sys_sync		rump___sysimpl_sync

/* ---- waiting, time, the system ---- */

int	rump___sysimpl_poll(struct pollfd *, unsigned int, int);
int	rump___sysimpl_select50(int, fd_set *, fd_set *, fd_set *,
	    struct timeval *);
int	rump___sysimpl_nanosleep50(const struct timespec *, struct timespec *);
int	rump___sysimpl_clock_gettime50(clockid_t, struct timespec *);
int	rump___sysimpl_clock_settime50(clockid_t, const struct timespec *);
int	rump___sysimpl_clock_getres50(clockid_t, struct timespec *);
int	rump___sysimpl_gettimeofday50(struct timeval *, void *);
pid_t	rump___sysimpl_getpid(void);
pid_t	rump___sysimpl_getppid(void);
uid_t	rump___sysimpl_getuid(void);
int	rump___sysimpl___sysctl(const int *, unsigned int, void *, size_t *,
	    const void *, size_t);
int	rump___sysimpl_reboot(int, char *);
#define rump_sys_poll		rump___sysimpl_poll
#define rump_sys_select		rump___sysimpl_select50
#define rump_sys_nanosleep	rump___sysimpl_nanosleep50
#define rump_sys_clock_gettime	rump___sysimpl_clock_gettime50
#define rump_sys_clock_settime	rump___sysimpl_clock_settime50
#define rump_sys_clock_getres	rump___sysimpl_clock_getres50
#define rump_sys_gettimeofday	rump___sysimpl_gettimeofday50
#define rump_sys_getpid		rump___sysimpl_getpid
#define rump_sys_getppid	rump___sysimpl_getppid
#define rump_sys_getuid		rump___sysimpl_getuid
#define rump_sys___sysctl	rump___sysimpl___sysctl
#define rump_sys_reboot		rump___sysimpl_reboot

/* ---- sockets (builtin/net) ---- */

int	rump___sysimpl_socket30(int, int, int);
int	rump___sysimpl_socketpair(int, int, int, int *);
int	rump___sysimpl_bind(int, const struct sockaddr *, unsigned int);
int	rump___sysimpl_listen(int, int);
int	rump___sysimpl_accept(int, struct sockaddr *, unsigned int *);
int	rump___sysimpl_connect(int, const struct sockaddr *, unsigned int);
int	rump___sysimpl_shutdown(int, int);
ssize_t	rump___sysimpl_recvfrom(int, void *, size_t, int, struct sockaddr *,
	    unsigned int *);
ssize_t	rump___sysimpl_sendto(int, const void *, size_t, int,
	    const struct sockaddr *, unsigned int);
ssize_t	rump___sysimpl_recvmsg(int, struct msghdr *, int);
ssize_t	rump___sysimpl_sendmsg(int, const struct msghdr *, int);
int	rump___sysimpl_getsockopt(int, int, int, void *, unsigned int *);
int	rump___sysimpl_setsockopt(int, int, int, const void *, unsigned int);
int	rump___sysimpl_getsockname(int, struct sockaddr *, unsigned int *);
int	rump___sysimpl_getpeername(int, struct sockaddr *, unsigned int *);
#define rump_sys_socket		rump___sysimpl_socket30
#define rump_sys_socketpair	rump___sysimpl_socketpair
#define rump_sys_bind		rump___sysimpl_bind
#define rump_sys_listen		rump___sysimpl_listen
#define rump_sys_accept		rump___sysimpl_accept
#define rump_sys_connect	rump___sysimpl_connect
#define rump_sys_shutdown	rump___sysimpl_shutdown
#define rump_sys_recvfrom	rump___sysimpl_recvfrom
#define rump_sys_sendto		rump___sysimpl_sendto
#define rump_sys_recvmsg	rump___sysimpl_recvmsg
#define rump_sys_sendmsg	rump___sysimpl_sendmsg
#define rump_sys_getsockopt	rump___sysimpl_getsockopt
#define rump_sys_setsockopt	rump___sysimpl_setsockopt
#define rump_sys_getsockname	rump___sysimpl_getsockname
#define rump_sys_getpeername	rump___sysimpl_getpeername

#endif /* SIRLOIN_RUMP_SYSCALLS_H */
