/* host.c: rump/host.h: threads, memory and time for applications. */
#include "hyp.h"
#include <rump/host.h>

int
rumpcomp_host_thread_create(struct host_thread **tp, const char *name,
    void *(*fn)(void *), void *arg, int joinable, size_t stack)
{

	return kern_thread_create((struct thread **)tp,
	    name != NULL ? name : "app", fn, arg, KERN_PRI_USER, KERN_CPU_ANY,
	    joinable ? KERN_T_JOIN : 0, stack);
}

void
rumpcomp_host_thread_exit(void *result)
{

	kern_thread_exit(result);
}

int
rumpcomp_host_thread_join(struct host_thread *t, void **result)
{

	return kern_thread_join((struct thread *)t, result);
}

struct host_thread *
rumpcomp_host_thread_self(void)
{

	return (struct host_thread *)kern_curthread();
}

uint64_t
rumpcomp_host_cputime(struct host_thread *t)
{

	return kern_thread_cputime((struct thread *)t);
}

void
rumpcomp_host_yield(void)
{

	kern_yield();
}

void *
rumpcomp_host_getself(void)
{

	return *hyp_slot(HYP_SLOT_SELF);
}

void
rumpcomp_host_setself(void *p)
{

	*hyp_slot(HYP_SLOT_SELF) = p;
}

void
rumpcomp_host_setfs(uintptr_t fs)
{

	kern_thread_setfs(fs);
}

int *
rumpcomp_host_errno(void)
{

	return (int *)hyp_slot(HYP_SLOT_ERRNO);
}

int
rumpcomp_host_futex_wait(uint32_t *addr, uint32_t val, uint64_t deadline)
{

	return kern_futex_wait(addr, val, deadline);
}

int
rumpcomp_host_futex_wake(uint32_t *addr, int n)
{

	return kern_futex_wake(addr, n);
}

uint64_t
rumpcomp_host_clock(void)
{

	return kern_clock();
}

uint64_t
rumpcomp_host_epoch(void)
{

	return plat_clock_epoch();
}

void
rumpcomp_host_sleep_until(uint64_t deadline)
{

	kern_sleep_until(deadline);
}

void *
rumpcomp_host_malloc(size_t size, size_t align)
{

	return kern_malloc(size, align);
}

void *
rumpcomp_host_realloc(void *p, size_t size)
{

	return kern_realloc(p, size);
}

void
rumpcomp_host_free(void *p)
{

	kern_free(p);
}

size_t
rumpcomp_host_malloc_size(const void *p)
{

	return kern_malloc_size(p);
}
