/*
 * syscall_arch.h: in place of musl's for x86-64: a system call is a call of
 * Sirloin's, whose address the start code (crt.c) found.
 */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

extern __attribute__((__visibility__("hidden")))
long (*__sirloin_syscall)(long, long, long, long, long, long, long);

static __inline long __syscall0(long n)
{
	return __sirloin_syscall(0, 0, 0, 0, 0, 0, n);
}

static __inline long __syscall1(long n, long a)
{
	return __sirloin_syscall(a, 0, 0, 0, 0, 0, n);
}

static __inline long __syscall2(long n, long a, long b)
{
	return __sirloin_syscall(a, b, 0, 0, 0, 0, n);
}

static __inline long __syscall3(long n, long a, long b, long c)
{
	return __sirloin_syscall(a, b, c, 0, 0, 0, n);
}

static __inline long __syscall4(long n, long a, long b, long c, long d)
{
	return __sirloin_syscall(a, b, c, d, 0, 0, n);
}

static __inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
	return __sirloin_syscall(a, b, c, d, e, 0, n);
}

static __inline long __syscall6(long n, long a, long b, long c, long d, long e,
    long f)
{
	return __sirloin_syscall(a, b, c, d, e, f, n);
}

#define IPC_64 0
