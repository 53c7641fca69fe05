/*
 * host.h: what an application under a rump kernel gets from its host.  On a
 * POSIX system a rump kernel's application uses the host's own threads and
 * memory; here we are the host, and these calls are that.  They belong to the
 * line (rumpcomp_ is the prefix of hypercalls beyond rumpuser(3)).  None
 * needs or touches a rump kernel context.  Results: 0 or a NetBSD errno.
 */
#ifndef SIRLOIN_RUMP_HOST_H
#define SIRLOIN_RUMP_HOST_H

#include <stddef.h>
#include <stdint.h>

struct host_thread;
/* stack 0: default.  Joinable threads must be joined once. */
int	rumpcomp_host_thread_create(struct host_thread **, const char *name,
	    void *(*fn)(void *), void *arg, int joinable, size_t stack);
void	rumpcomp_host_thread_exit(void *) __attribute__((noreturn));
int	rumpcomp_host_thread_join(struct host_thread *, void **);
struct host_thread *rumpcomp_host_thread_self(void);
/* ns that it has run; it must not end meanwhile. */
uint64_t rumpcomp_host_cputime(struct host_thread *);
void	rumpcomp_host_yield(void);
/* A word per thread, NULL at first: the C library's thread structure. */
void	*rumpcomp_host_getself(void);
void	rumpcomp_host_setself(void *);
void	rumpcomp_host_setfs(uintptr_t);
/* This thread's errno, which rumpuser_seterrno() sets. */
int	*rumpcomp_host_errno(void);

/* Sleep while *addr == val.  deadline: monotonic ns, UINT64_MAX none.
 * 0, EAGAIN (value differs), ETIMEDOUT. */
int	rumpcomp_host_futex_wait(uint32_t *addr, uint32_t val, uint64_t deadline);
int	rumpcomp_host_futex_wake(uint32_t *addr, int n);

/* Monotonic ns since boot; ns since 1970 at that clock's zero. */
uint64_t rumpcomp_host_clock(void);
uint64_t rumpcomp_host_epoch(void);
void	rumpcomp_host_sleep_until(uint64_t deadline);

/* Heap that knows its sizes.  align 0: 16. */
void	*rumpcomp_host_malloc(size_t size, size_t align);
void	*rumpcomp_host_realloc(void *, size_t size);
void	rumpcomp_host_free(void *);
size_t	rumpcomp_host_malloc_size(const void *);

/*
 * Address space for programs, in images that have the component `linux':
 * whole pages, which come when they are touched.  prot: HOST_VM_*, 0 only
 * reserves.  *addr NULL: anywhere, else in what was given out before, which is
 * replaced.  EINVAL; ENOMEM.  What a device or a hypercall is to fill must be
 * there: touch it, or commit it.
 */
#define HOST_VM_READ	1
#define HOST_VM_WRITE	2
#define HOST_VM_EXEC	4
#define HOST_VM_OWNER(n) ((n) << 8)	/* to map, with prot: a process, from 1 */
int	rumpcomp_host_vm_map(void **addr, size_t size, int prot);
int	rumpcomp_host_vm_unmap(void *, size_t size);
void	rumpcomp_host_vm_unmap_owner(int);	/* all that is this one's */
int	rumpcomp_host_vm_protect(void *, size_t size, int prot);
int	rumpcomp_host_vm_discard(void *, size_t size);	/* zeroes again */
int	rumpcomp_host_vm_commit(void *, size_t size);
/* What else is spent on a program's behalf is of its memory, too.  ENOMEM. */
int	rumpcomp_host_vm_charge(size_t size);
void	rumpcomp_host_vm_uncharge(size_t size);
/* Before a thread begins on a stack in such memory.  ENOMEM. */
int	rumpcomp_host_vm_stack(void *top);
int	rumpcomp_host_vm_prot(const void *);	/* HOST_VM_*; -1: nothing there */
/*
 * Faults of programs' code: fn says whether the thread goes on (1), as the frame
 * says then, or that is the end of the machine with a report.  Interrupts are
 * masked, and what it touches must be there: no program's memory, no lock, no
 * register that is not in the frame.  addr: of a page fault, else 0.
 */
struct host_frame {
	uint64_t	r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t	rdi, rsi, rdx, rcx, rax, vector, error;
	uint64_t	rip, cs, rflags, rsp, ss;
};
typedef int host_fault_fn(struct host_frame *, uintptr_t addr);
void	rumpcomp_host_onfault(host_fault_fn *);
/* This thread goes on there; the frame is on a stack of no more use. */
void	rumpcomp_host_resume(struct host_frame *) __attribute__((noreturn));
/* Bytes of XSAVE's area, 64-aligned; 512: FXSAVE's. */
size_t	rumpcomp_host_fpusize(void);
/* Bytes of memory there are, and free. */
void	rumpcomp_host_meminfo(uint64_t *total, uint64_t *free);

#endif /* SIRLOIN_RUMP_HOST_H */
