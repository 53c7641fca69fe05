/* call.c: the table of system calls, and errors. */
#include <kern_errno.h>
#include <string.h>
#include <rump/rumpuser.h>
#include <rump/trace.h>

#include "linux.h"

/* Numbers: arch/x86/entry/syscalls/syscall_64.tbl. */
#define NR_read 0
#define NR_write 1
#define NR_open 2
#define NR_close 3
#define NR_stat 4
#define NR_fstat 5
#define NR_lstat 6
#define NR_poll 7
#define NR_lseek 8
#define NR_mmap 9
#define NR_mprotect 10
#define NR_munmap 11
#define NR_brk 12
#define NR_rt_sigaction 13
#define NR_rt_sigprocmask 14
#define NR_ioctl 16
#define NR_pread64 17
#define NR_pwrite64 18
#define NR_readv 19
#define NR_writev 20
#define NR_access 21
#define NR_pipe 22
#define NR_select 23
#define NR_sched_yield 24
#define NR_mremap 25
#define NR_msync 26
#define NR_madvise 28
#define NR_dup 32
#define NR_dup2 33
#define NR_pause 34
#define NR_nanosleep 35
#define NR_getitimer 36
#define NR_alarm 37
#define NR_setitimer 38
#define NR_getpid 39
#define NR_sendfile 40
#define NR_socket 41
#define NR_connect 42
#define NR_accept 43
#define NR_sendto 44
#define NR_recvfrom 45
#define NR_sendmsg 46
#define NR_recvmsg 47
#define NR_shutdown 48
#define NR_bind 49
#define NR_listen 50
#define NR_getsockname 51
#define NR_getpeername 52
#define NR_socketpair 53
#define NR_setsockopt 54
#define NR_getsockopt 55
#define NR_exit 60
#define NR_kill 62
#define NR_uname 63
#define NR_fcntl 72
#define NR_flock 73
#define NR_fsync 74
#define NR_fdatasync 75
#define NR_truncate 76
#define NR_ftruncate 77
#define NR_getcwd 79
#define NR_chdir 80
#define NR_fchdir 81
#define NR_rename 82
#define NR_mkdir 83
#define NR_rmdir 84
#define NR_creat 85
#define NR_link 86
#define NR_unlink 87
#define NR_symlink 88
#define NR_readlink 89
#define NR_chmod 90
#define NR_fchmod 91
#define NR_chown 92
#define NR_fchown 93
#define NR_lchown 94
#define NR_umask 95
#define NR_gettimeofday 96
#define NR_getrlimit 97
#define NR_getrusage 98
#define NR_sysinfo 99
#define NR_times 100
#define NR_getuid 102
#define NR_setuid 105
#define NR_getppid 110
#define NR_getpgrp 111
#define NR_setsid 112
#define NR_setgroups 116
#define NR_getgroups 115
#define NR_getresuid 118
#define NR_getpgid 121
#define NR_setfsuid 122
#define NR_rt_sigpending 127
#define NR_rt_sigtimedwait 128
#define NR_rt_sigqueueinfo 129
#define NR_rt_sigsuspend 130
#define NR_sigaltstack 131
#define NR_utime 132
#define NR_mknod 133
#define NR_personality 135
#define NR_statfs 137
#define NR_fstatfs 138
#define NR_getpriority 140
#define NR_sched_getparam 143
#define NR_sched_setscheduler 144
#define NR_sched_getscheduler 145
#define NR_sched_get_priority_max 146
#define NR_sched_get_priority_min 147
#define NR_mlock 149
#define NR_prctl 157
#define NR_arch_prctl 158
#define NR_setrlimit 160
#define NR_sync 162
#define NR_gettid 186
#define NR_readahead 187
#define NR_setxattr 188
#define NR_tkill 200
#define NR_time 201
#define NR_futex 202
#define NR_sched_setaffinity 203
#define NR_sched_getaffinity 204
#define NR_getdents64 217
#define NR_set_tid_address 218
#define NR_fadvise64 221
#define NR_timer_create 222
#define NR_timer_settime 223
#define NR_timer_gettime 224
#define NR_timer_getoverrun 225
#define NR_timer_delete 226
#define NR_clock_settime 227
#define NR_clock_gettime 228
#define NR_clock_getres 229
#define NR_clock_nanosleep 230
#define NR_exit_group 231
#define NR_epoll_wait 232
#define NR_epoll_ctl 233
#define NR_tgkill 234
#define NR_utimes 235
#define NR_openat 257
#define NR_mkdirat 258
#define NR_fchownat 260
#define NR_newfstatat 262
#define NR_unlinkat 263
#define NR_renameat 264
#define NR_linkat 265
#define NR_symlinkat 266
#define NR_readlinkat 267
#define NR_fchmodat 268
#define NR_faccessat 269
#define NR_pselect6 270
#define NR_ppoll 271
#define NR_set_robust_list 273
#define NR_utimensat 280
#define NR_epoll_pwait 281
#define NR_timerfd_create 283
#define NR_eventfd 284
#define NR_sync_file_range 277
#define NR_fallocate 285
#define NR_timerfd_settime 286
#define NR_timerfd_gettime 287
#define NR_accept4 288
#define NR_eventfd2 290
#define NR_epoll_create 213
#define NR_epoll_create1 291
#define NR_dup3 292
#define NR_pipe2 293
#define NR_preadv 295
#define NR_pwritev 296
#define NR_rt_tgsigqueueinfo 297
#define NR_recvmmsg 299
#define NR_prlimit64 302
#define NR_syncfs 306
#define NR_sendmmsg 307
#define NR_getcpu 309
#define NR_getrandom 318
#define NR_memfd_create 319
#define NR_membarrier 324
#define NR_copy_file_range 326
#define NR_renameat2 316
#define NR_statx 332
#define NR_rseq 334
#define NR_close_range 436
#define NR_faccessat2 439

#define NCALLS	450

struct call { lx_call *fn; const char *name; };
#define ENTRY(name)	[NR_##name] = { lx_sys_##name, #name },
static const struct call calls[NCALLS] = {
	LX_CALLS(ENTRY)
	/* the same for everybody here: user 0 and group 0 */
	[104] = { lx_sys_getuid, "getgid" }, [107] = { lx_sys_getuid, "geteuid" },
	[108] = { lx_sys_getuid, "getegid" }, [106] = { lx_sys_setuid, "setgid" },
	[113] = { lx_sys_setuid, "setreuid" }, [114] = { lx_sys_setuid, "setregid" },
	[117] = { lx_sys_setuid, "setresuid" }, [119] = { lx_sys_setuid, "setresgid" },
	[109] = { lx_sys_setgroups, "setpgid" }, [141] = { lx_sys_setgroups, "setpriority" },
	[142] = { lx_sys_setgroups, "sched_setparam" },
	[120] = { lx_sys_getresuid, "getresgid" }, [123] = { lx_sys_setfsuid, "setfsgid" },
	[124] = { lx_sys_getpgid, "getsid" },
	[189] = { lx_sys_setxattr, "lsetxattr" }, [190] = { lx_sys_setxattr, "fsetxattr" },
	[191] = { lx_sys_setxattr, "getxattr" }, [192] = { lx_sys_setxattr, "lgetxattr" },
	[193] = { lx_sys_setxattr, "fgetxattr" }, [194] = { lx_sys_setxattr, "listxattr" },
	[195] = { lx_sys_setxattr, "llistxattr" }, [196] = { lx_sys_setxattr, "flistxattr" },
	[197] = { lx_sys_setxattr, "removexattr" },
	[198] = { lx_sys_setxattr, "lremovexattr" },
	[199] = { lx_sys_setxattr, "fremovexattr" },
	[150] = { lx_sys_mlock, "munlock" }, [151] = { lx_sys_mlock, "mlockall" },
	[152] = { lx_sys_mlock, "munlockall" }, [325] = { lx_sys_mlock, "mlock2" },
};
long
lx_missing(const char *what, long n)
{
	static uint64_t said[NCALLS / 64 + 1];
	uint64_t bit = 1UL << (n & 63);

	if ((uint64_t)n < NCALLS &&
	    (__atomic_fetch_or(&said[n >> 6], bit, __ATOMIC_RELAXED) & bit) != 0)
		return -LX_ENOSYS;
	if (what != NULL)
		rumpuser_dprintf("linux: %s is not there\n", what);
	else
		rumpuser_dprintf("linux: system call %ld is not there\n", n);
	return -LX_ENOSYS;
}

lx_call lx_clone, lx_exitunmap;

long
lx_syscall(long a, long b, long c, long d, long e, long f, long n)
{
	struct lx_task *t = lx_self();
	long r;

	t->in = "a call";
	if ((unsigned long)n < NCALLS && calls[n].fn != NULL) {
		t->in = calls[n].name;
		r = calls[n].fn(a, b, c, d, e, f);
	} else if (n == LX_CLONE)
		r = lx_clone(a, b, c, d, e, f);
	else if (n == LX_EXITUNMAP)
		r = lx_exitunmap(a, b, c, d, e, f);
	else
		r = lx_missing(lx_absent(n), n);
	if (__builtin_expect(lx_signal_pending(t), 0))
		r = lx_signals(t, r);
	t->in = NULL;
	return r;
}

RUMP_TRACED long
traced_lx_syscall(long a, long b, long c, long d, long e, long f, long n)
{
	const char *name = (unsigned long)n < NCALLS ? calls[n].name : NULL;
	long r;

	if (name != NULL)
		rumpcomp_trace_begin(name);
	r = lx_syscall(a, b, c, d, e, f, n);
	if (name != NULL)
		rumpcomp_trace_end(name);
	return r;
}

/* ---- errors: NetBSD's number, Linux's (asm-generic/errno{-base,}.h) ---- */

static const uint8_t errors[ELAST + 1] = {
	[EDEADLK] = 35, [EAGAIN] = 11, [EINPROGRESS] = 115, [EALREADY] = 114,
	[ENOTSOCK] = 88, [EDESTADDRREQ] = 89, [EMSGSIZE] = 90,
	[EPROTOTYPE] = 91, [ENOPROTOOPT] = 92, [EPROTONOSUPPORT] = 93,
	[ESOCKTNOSUPPORT] = 94, [EOPNOTSUPP] = 95, [EPFNOSUPPORT] = 96,
	[EAFNOSUPPORT] = 97, [EADDRINUSE] = 98, [EADDRNOTAVAIL] = 99,
	[ENETDOWN] = 100, [ENETUNREACH] = 101, [ENETRESET] = 102,
	[ECONNABORTED] = 103, [ECONNRESET] = 104, [ENOBUFS] = 105,
	[EISCONN] = 106, [ENOTCONN] = 107, [ESHUTDOWN] = 108,
	[ETOOMANYREFS] = 109, [ETIMEDOUT] = 110, [ECONNREFUSED] = 111,
	[ELOOP] = 40, [ENAMETOOLONG] = 36, [EHOSTDOWN] = 112,
	[EHOSTUNREACH] = 113, [ENOTEMPTY] = 39, [EPROCLIM] = 11,
	[EUSERS] = 87, [EDQUOT] = 122, [ESTALE] = 116, [ENOLCK] = 37,
	[ENOSYS] = 38, [EFTYPE] = 22, [EAUTH] = 13, [ENEEDAUTH] = 13,
	[EIDRM] = 43, [ENOMSG] = 42, [EOVERFLOW] = 75, [EILSEQ] = 84,
	[ENOTSUP] = 95, [ECANCELED] = 125, [EBADMSG] = 74, [ENODATA] = 61,
	[ENOSR] = 63, [ENOSTR] = 60, [ETIME] = 62, [ENOATTR] = 61,
	[EMULTIHOP] = 72, [ENOLINK] = 67, [EPROTO] = 71,
	[EOWNERDEAD] = 130, [ENOTRECOVERABLE] = 131,
};

int
lx_errno_of(int e)
{

	if (e <= 0)
		return 0;
	if (e > ELAST)
		return LX_EIO;
	return errors[e] != 0 ? errors[e] : e;	/* 1 to 34: the same */
}

long
lx_error(int e)
{

	return -(e != 0 ? lx_errno_of(e) : LX_EIO);
}

/* For the person who named a program that can't be run. */
const char *
lx_strerror(int e)
{

	switch (e) {
	case LX_ENOENT:	return "no such file";
	case LX_ENOMEM:	return "not enough memory";
	case LX_ENOEXEC: return "not a program for here";
	case LX_EACCES:	return "permission denied";
	default:	return "cannot be run";
	}
}
