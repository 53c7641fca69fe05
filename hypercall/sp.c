/* sp.c: the system call proxy (remote clients), which is not there. */
#include "hyp.h"

int
rumpuser_sp_init(const char *url, const char *ostype, const char *osrelease,
    const char *machine)
{

	(void)url;
	(void)ostype;
	(void)osrelease;
	(void)machine;
	return ENOSYS;
}

int
rumpuser_sp_copyin(void *arg, const void *from, void *to, size_t len)
{

	(void)arg; (void)from; (void)to; (void)len;
	return ENOSYS;
}

int
rumpuser_sp_copyinstr(void *arg, const void *from, void *to, size_t *len)
{

	(void)arg; (void)from; (void)to; (void)len;
	return ENOSYS;
}

int
rumpuser_sp_copyout(void *arg, const void *from, void *to, size_t len)
{

	(void)arg; (void)from; (void)to; (void)len;
	return ENOSYS;
}

int
rumpuser_sp_copyoutstr(void *arg, const void *from, void *to, size_t *len)
{

	(void)arg; (void)from; (void)to; (void)len;
	return ENOSYS;
}

int
rumpuser_sp_anonmmap(void *arg, size_t len, void **memp)
{

	(void)arg; (void)len;
	*memp = NULL;
	return ENOSYS;
}

int
rumpuser_sp_raise(void *arg, int sig)
{

	(void)arg; (void)sig;
	return ENOSYS;
}

void
rumpuser_sp_fini(void *arg)
{

	(void)arg;
}
