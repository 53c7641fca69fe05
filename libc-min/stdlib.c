/* stdlib.c: memory, environment, the end of the program. */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>
#include <rump/rumpuser.h>

#include "private.h"

/* ---- memory: the host's heap ---- */

static void *
enomem(void *p)
{

	if (p == NULL)
		errno = ENOMEM;
	return p;
}

void *
malloc(size_t n)
{

	void *p = rumpcomp_host_malloc(n, 0);

	if (__builtin_expect(p != NULL, 1))
		return p;
	return enomem(NULL);
}

void *
calloc(size_t n, size_t size)
{
	size_t all;
	void *p;

	if (__builtin_mul_overflow(n, size, &all))
		return enomem(NULL);
	if ((p = malloc(all)) != NULL)
		memset(p, 0, all);
	return p;
}

void *
realloc(void *p, size_t n)
{

	if (p == NULL)
		return malloc(n);
	return enomem(rumpcomp_host_realloc(p, n != 0 ? n : 1));
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all))
		return enomem(NULL);
	return realloc(p, all);
}

int
posix_memalign(void **pp, size_t align, size_t n)
{

	if (align < sizeof(void *) || (align & (align - 1)) != 0)
		return EINVAL;
	*pp = rumpcomp_host_malloc(n != 0 ? n : 1, align);
	return *pp == NULL ? ENOMEM : 0;
}

void *
aligned_alloc(size_t align, size_t n)
{
	void *p = NULL;

	if (align < sizeof(void *))
		align = sizeof(void *);
	if ((errno = posix_memalign(&p, align, n)) != 0)
		return NULL;
	return p;
}

void
free(void *p)
{

	if (p != NULL)
		rumpcomp_host_free(p);
}

char *
strndup(const char *s, size_t n)
{
	char *d;

	n = strnlen(s, n);
	if ((d = malloc(n + 1)) != NULL) {
		memcpy(d, s, n);
		d[n] = '\0';
	}
	return d;
}

char *
strdup(const char *s)
{

	return strndup(s, strlen(s));
}

/* ---- environment ---- */

static char *noenv[1];
char **environ = noenv;
static char **env_ours;			/* environ, when we have allocated it */
static pthread_mutex_t env_lock = PTHREAD_MUTEX_INITIALIZER;

static char **
env_find(const char *name, size_t n)
{
	char **e;

	for (e = environ; *e != NULL; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return e;
	return NULL;
}

char *
getenv(const char *name)
{
	size_t n = strlen(name);
	char **e;

	pthread_mutex_lock(&env_lock);
	e = env_find(name, n);
	pthread_mutex_unlock(&env_lock);
	return e != NULL ? *e + n + 1 : NULL;
}

/* Strings that were in use stay: somebody may hold what getenv() gave. */
static int
env_put(char *s, size_t n)
{
	char **e = env_find(s, n), **new;
	size_t count = 0;

	if (e != NULL) {
		*e = s;
		return 0;
	}
	while (environ[count] != NULL)
		count++;
	new = realloc(env_ours, (count + 2) * sizeof(*new));
	if (new == NULL)
		return -1;
	if (environ != env_ours)
		memcpy(new, environ, count * sizeof(*new));
	new[count] = s;
	new[count + 1] = NULL;
	environ = env_ours = new;
	return 0;
}

int
putenv(char *s)
{
	char *eq = strchr(s, '=');
	int r;

	if (eq == NULL || eq == s) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&env_lock);
	r = env_put(s, eq - s);
	pthread_mutex_unlock(&env_lock);
	return r;
}

int
setenv(const char *name, const char *value, int overwrite)
{
	char *s;

	if (*name == '\0' || strchr(name, '=') != NULL) {
		errno = EINVAL;
		return -1;
	}
	if (!overwrite && getenv(name) != NULL)
		return 0;
	if (asprintf(&s, "%s=%s", name, value) < 0)
		return -1;
	return putenv(s);
}

int
unsetenv(const char *name)
{
	char **e;

	if (*name == '\0' || strchr(name, '=') != NULL) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&env_lock);
	while ((e = env_find(name, strlen(name))) != NULL)
		for (; *e != NULL; e++)
			e[0] = e[1];
	pthread_mutex_unlock(&env_lock);
	return 0;
}

/* ---- the end ---- */

#define NATEXIT	32
static void (*atexit_fn[NATEXIT])(void);
static uint32_t atexit_n;
static pthread_mutex_t exit_lock = PTHREAD_MUTEX_INITIALIZER;

int
atexit(void (*fn)(void))
{
	int r = -1;

	pthread_mutex_lock(&exit_lock);
	if (atexit_n < NATEXIT) {
		atexit_fn[atexit_n++] = fn;
		r = 0;
	}
	pthread_mutex_unlock(&exit_lock);
	return r;
}

/* One thread ends the program; another that tries stays here. */
void
exit(int status)
{

	pthread_mutex_lock(&exit_lock);
	while (atexit_n > 0) {
		void (*fn)(void) = atexit_fn[--atexit_n];

		pthread_mutex_unlock(&exit_lock);
		fn();
		pthread_mutex_lock(&exit_lock);
	}
	libc_stdio_flush();
	_exit(status);
}

/* Nothing that was written is lost. */
void
_exit(int status)
{

	rump_sys_sync();
	libc_unmount();
	if (rump_dev_shutdown != NULL)
		rump_dev_shutdown();
	rumpuser_exit(status & 0xff);
}

void
_Exit(int status)
{

	_exit(status);
}

void
abort(void)
{

	rumpuser_dprintf("abort() called\n");
	rumpuser_exit(RUMPUSER_PANIC);
}

void
__assert_fail(const char *what, const char *file, int line, const char *func)
{

	rumpuser_dprintf("assertion \"%s\" failed: %s:%d, %s()\n", what, file,
	    line, func);
	rumpuser_exit(RUMPUSER_PANIC);
}

void __stack_chk_fail(void) __attribute__((noreturn));
void
__stack_chk_fail(void)
{

	rumpuser_dprintf("stack smashed (the canary is gone)\n");
	rumpuser_exit(RUMPUSER_PANIC);
}

/* ---- signals: there are none ---- */

sig_t
signal(int sig, sig_t handler)
{
	static sig_t now[NSIG];
	sig_t old;

	if (sig <= 0 || sig >= NSIG || sig == SIGKILL) {
		errno = EINVAL;
		return SIG_ERR;
	}
	if (handler != SIG_DFL && handler != SIG_IGN) {
		errno = ENOSYS;
		return SIG_ERR;
	}
	old = now[sig];
	now[sig] = handler;
	return old;
}

int
raise(int sig)
{

	if (sig <= 0 || sig >= NSIG) {
		errno = EINVAL;
		return -1;
	}
	if (sig == SIGCHLD)
		return 0;
	if (sig == SIGABRT)
		abort();
	exit(128 + sig);
}

/* ---- random numbers ---- */

void
arc4random_buf(void *buf, size_t n)
{
	size_t got;
	char *p = buf;

	/* a call that would wait needs a rump kernel context: this one does not */
	while (n > 0) {
		if (rumpuser_getrandom(p, n, RUMPUSER_RANDOM_NOWAIT, &got) != 0) {
			usleep(1000);
			continue;
		}
		p += got;
		n -= got;
	}
}

unsigned
arc4random(void)
{
	unsigned v;

	arc4random_buf(&v, sizeof(v));
	return v;
}

unsigned
arc4random_uniform(unsigned n)
{
	unsigned v, least = n < 2 ? 0 : -n % n;

	do
		v = arc4random();
	while (v < least);
	return n < 2 ? 0 : v % n;
}

/* A linear congruential generator [Knuth, TAOCP 2, MMIX's constants]. */
static uint64_t rand_state = 1;

void
srandom(unsigned seed)
{

	atomic_store(&rand_state, seed);
}

long
random(void)
{
	uint64_t old, new;

	do {
		old = atomic_load(&rand_state);
		new = old * 6364136223846793005ULL + 1442695040888963407ULL;
	} while (!atomic_cas(&rand_state, old, new));
	return new >> 33;
}

int
rand(void)
{

	return random();
}

void
srand(unsigned seed)
{

	srandom(seed);
}
