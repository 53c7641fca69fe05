/*
 * param.c: parameters.  A word "name=value" before the configuration's JSON
 * comes first, then its "env", then what is worked out here.
 */
#include <stdio.h>
#include "hyp.h"

/* Of the memory that is free when the rump kernel asks, applications keep a
 * quarter: they share the heap with it. */
static uint64_t
param_memlimit(void)
{
	struct kern_mem_info info;

	if (hyp_mem_share != 0)
		return hyp_mem_share;
	kern_mem_info(&info);
	return (info.free - info.free / 4) & ~(PAGE_SIZE - 1);
}

static int
param_copy(void *buf, size_t size, const char *value, size_t len)
{

	if (len >= size)
		return E2BIG;
	memcpy(buf, value, len);
	((char *)buf)[len] = '\0';
	return 0;
}

static int
param_number(void *buf, size_t size, uint64_t value)
{
	char s[24];

	return param_copy(buf, size, s, (size_t)snprintf(s, sizeof(s), "%llu",
	    (unsigned long long)value));
}

static int
param_hostname(void *buf, size_t size)
{
	int error;

	error = hyp_config_string("hostname", buf, size);
	if (error == ENOENT)
		error = param_copy(buf, size, "sirloin", 7);
	return error;
}

int
rumpuser_getparam(const char *name, void *buf, size_t buflen)
{
	const char *value;
	size_t len;
	int error;

	if (strcmp(name, RUMPUSER_PARAM_NCPU) == 0)
		return param_number(buf, buflen, kern_ncpu());
	if (strcmp(name, RUMPUSER_PARAM_HOSTNAME) == 0)
		return param_hostname(buf, buflen);
	if ((value = kern_option(name, &len)) != NULL)
		return param_copy(buf, buflen, value, len);
	error = hyp_config_env(name, buf, buflen);
	if (error == ENOENT && strcmp(name, "RUMP_MEMLIMIT") == 0)
		error = param_number(buf, buflen, param_memlimit());
	return error;
}
