/* thread.c: POSIX threads: life, attributes, keys. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct __pthread {
	uint32_t	state;		/* a futex while somebody joins */
	void		*(*fn)(void *);
	void		*arg, *result;
	void		*specific[PTHREAD_KEYS_MAX];
};
#define T_JOINABLE	0
#define T_DETACHED	1
#define T_DEAD		2		/* to be freed by who joins or detaches */

static struct {
	uint32_t used;
	void	(*destroy)(void *);
} keys[PTHREAD_KEYS_MAX];

/*
 * A rump kernel makes a system call of a thread that it does not know by a
 * temporary lwp; threads of ours get one of the process's own at once.
 */
int	rump_pub_lwproc_newlwp(int) __attribute__((weak));
void	rump_pub_lwproc_releaselwp(void) __attribute__((weak));
extern int libc_pid;

/* Threads that others made get their structure when they ask for it. */
pthread_t
pthread_self(void)
{
	pthread_t t = rumpcomp_host_getself();

	if (t == NULL) {
		t = calloc(1, sizeof(*t));
		if (t == NULL)
			abort();
		t->state = T_DETACHED;
		rumpcomp_host_setself(t);
	}
	return t;
}

int
pthread_equal(pthread_t a, pthread_t b)
{

	return a == b;
}

static void *
thread_main(void *arg)
{
	pthread_t t = arg;

	rumpcomp_host_setself(t);
	if (libc_pid != 0 && rump_pub_lwproc_newlwp != NULL)
		(void)rump_pub_lwproc_newlwp(libc_pid);
	pthread_exit(t->fn(t->arg));
}

int
pthread_create(pthread_t *restrict tp, const pthread_attr_t *restrict attr,
    void *(*fn)(void *), void *restrict arg)
{
	pthread_t t = calloc(1, sizeof(*t));
	int error;

	if (t == NULL)
		return EAGAIN;
	t->fn = fn;
	t->arg = arg;
	t->state = attr != NULL && attr->detach ? T_DETACHED : T_JOINABLE;
	*tp = t;
	error = rumpcomp_host_thread_create(NULL, attr != NULL &&
	    attr->name[0] != '\0' ? attr->name : "pthread", thread_main, t, 0,
	    attr != NULL ? attr->stack : 0);
	if (error != 0) {
		free(t);
		return error == ENOMEM ? EAGAIN : error;
	}
	return 0;
}

void
libc_keys_run(void)
{
	pthread_t t = rumpcomp_host_getself();
	bool again = t != NULL;

	for (int round = 0; again && round < 4; round++) {
		again = false;
		for (int k = 0; k < PTHREAD_KEYS_MAX; k++) {
			void *v = t->specific[k];

			if (v == NULL || keys[k].destroy == NULL)
				continue;
			t->specific[k] = NULL;
			keys[k].destroy(v);
			again = true;
		}
	}
}

void
pthread_exit(void *result)
{
	pthread_t t = pthread_self();

	libc_keys_run();
	if (rump_pub_lwproc_releaselwp != NULL && libc_pid != 0)
		rump_pub_lwproc_releaselwp();
	rumpcomp_host_setself(NULL);
	t->result = result;
	if (atomic_cas(&t->state, T_JOINABLE, T_DEAD))
		/* it may be freed by now: only its address is used */
		rumpcomp_host_futex_wake(&t->state, 1);
	else
		free(t);
	rumpcomp_host_thread_exit(result);
}

int
pthread_join(pthread_t t, void **result)
{
	uint32_t s;

	if (t == rumpcomp_host_getself())
		return EDEADLK;
	while ((s = atomic_load(&t->state)) == T_JOINABLE)
		rumpcomp_host_futex_wait(&t->state, T_JOINABLE, NOTIME);
	if (s != T_DEAD)
		return EINVAL;
	if (result != NULL)
		*result = t->result;
	free(t);
	return 0;
}

int
pthread_detach(pthread_t t)
{

	if (atomic_cas(&t->state, T_JOINABLE, T_DETACHED))
		return 0;
	if (atomic_load(&t->state) != T_DEAD)
		return EINVAL;
	free(t);
	return 0;
}

int
sched_yield(void)
{

	rumpcomp_host_yield();
	return 0;
}

/* ---- attributes ---- */

int
pthread_attr_init(pthread_attr_t *a)
{

	memset(a, 0, sizeof(*a));
	return 0;
}

int
pthread_attr_destroy(pthread_attr_t *a)
{

	return 0;
}

int
pthread_attr_setdetachstate(pthread_attr_t *a, int detach)
{

	if (detach != PTHREAD_CREATE_JOINABLE &&
	    detach != PTHREAD_CREATE_DETACHED)
		return EINVAL;
	a->detach = detach;
	return 0;
}

int
pthread_attr_getdetachstate(const pthread_attr_t *a, int *detach)
{

	*detach = a->detach;
	return 0;
}

int
pthread_attr_setstacksize(pthread_attr_t *a, size_t size)
{

	if (size < PTHREAD_STACK_MIN)
		return EINVAL;
	a->stack = size;
	return 0;
}

int
pthread_attr_getstacksize(const pthread_attr_t *restrict a,
    size_t *restrict size)
{

	*size = a->stack;
	return 0;
}

/* NetBSD's: the name may have one %s or %d for arg; here it is taken as is. */
int
pthread_attr_setname_np(pthread_attr_t *a, const char *name, void *arg)
{

	strlcpy(a->name, name, sizeof(a->name));
	return 0;
}

/* ---- keys ---- */

int
pthread_key_create(pthread_key_t *key, void (*destroy)(void *))
{

	for (int k = 0; k < PTHREAD_KEYS_MAX; k++)
		if (atomic_cas(&keys[k].used, 0, 1)) {
			keys[k].destroy = destroy;
			*key = k;
			return 0;
		}
	return EAGAIN;
}

int
pthread_key_delete(pthread_key_t k)
{

	if (k < 0 || k >= PTHREAD_KEYS_MAX || !keys[k].used)
		return EINVAL;
	keys[k].destroy = NULL;
	atomic_store(&keys[k].used, 0);
	return 0;
}

void *
pthread_getspecific(pthread_key_t k)
{

	return pthread_self()->specific[k];
}

int
pthread_setspecific(pthread_key_t k, const void *v)
{

	if (k < 0 || k >= PTHREAD_KEYS_MAX || !keys[k].used)
		return EINVAL;
	pthread_self()->specific[k] = (void *)v;
	return 0;
}
