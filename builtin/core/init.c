/* init.c: rump_init(). */
#include "init.h"
#include <stdlib.h>
#include <rump/rump.h>

extern const struct rump_component *const __start_link_set_rump_components[]
    __attribute__((weak));
extern const struct rump_component *const __stop_link_set_rump_components[]
    __attribute__((weak));

char k_hostname[256];
unsigned k_ncpu;

static int
parameters(void)
{
	char buf[32];
	int error;

	if ((error = rumpuser_getparam(RUMPUSER_PARAM_NCPU, buf,
	    sizeof(buf))) != 0)
		return error;
	k_ncpu = strtoul(buf, NULL, 10);
	return rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, k_hostname,
	    sizeof(k_hostname));
}

static int
components(void)
{
	const struct rump_component *const *c;
	int level, error;

	for (level = 0; level < COMPONENT_LEVELS; level++)
		for (c = __start_link_set_rump_components;
		    c < __stop_link_set_rump_components; c++)
			if ((*c)->level == level && (error = (*c)->init()) != 0)
				return error;
	return 0;
}

static int
init_scheduled(void)
{
	int error;

	if ((error = fd_init()) != 0 || (error = proc_init()) != 0 ||
	    (error = poll_init()) != 0 || (error = kern_init()) != 0)
		return error;
	return components();
}

int
rump_init(void)
{
	static int state;		/* 0 not yet, 1 running or done */
	struct lwp *l;
	int error;

	if (__atomic_exchange_n(&state, 1, __ATOMIC_ACQ_REL) != 0)
		return EALREADY;
	if ((error = rumpuser_init(RUMPUSER_VERSION, &core_hyperup)) != 0 ||
	    (error = parameters()) != 0)
		return error;
	lwp_init();
	l = sys_enter();
	error = init_scheduled();
	sys_leave(l, 0, 0);
	return error;
}

int
rump_getversion(void)
{

	return 799003400;		/* the ABI's: NetBSD 7.99.34 */
}
