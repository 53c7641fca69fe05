/* sysctl.c: what an ordinary program asks sysctl(3) for. */
#include "core.h"
#include <rump/rump_syscalls.h>

/* ../dev/devstat.c, in images with drivers: JSON of size *len. */
char	*devstat(size_t *len, size_t *size);
#pragma weak devstat

static kmutex_t sysctl_mtx;

static int
sysctl_init(void)
{

	kmutex_init(&sysctl_mtx);
	return 0;
}
RUMP_COMPONENT(COMPONENT_CORE, sysctl_init);

static int
sysctl_set_hostname(const char *new, size_t len)
{
	const char *nul = memchr(new, '\0', len);

	if (nul != NULL)
		len = nul - new;
	if (len >= sizeof(k_hostname))
		return EINVAL;
	memset(k_hostname, 0, sizeof(k_hostname));
	memcpy(k_hostname, new, len);
	return 0;
}

/* NetBSD's rule: *oldlenp becomes what there is; ENOMEM if it did not fit. */
static int
sysctl_out(const void *value, size_t len, void *old, size_t *oldlenp)
{
	size_t room;

	if (oldlenp == NULL)
		return 0;
	room = *oldlenp;
	*oldlenp = len;
	if (old == NULL)
		return 0;
	memcpy(old, value, len < room ? len : room);
	return len > room ? ENOMEM : 0;
}

static int
sysctl_node(const int *name, unsigned n, void *old, size_t *oldlenp,
    const void *new, size_t newlen)
{
	static const char ostype[] = "NetBSD", osrelease[] = "7.99.34";
	static const char version[] = "Sirloin's built-in rump kernel";
	static const int pagesize = 4096;
	size_t len, size;
	char *text;
	int error;

	if (n != 2)
		return ENOENT;
	if (name[0] == CTL_KERN && name[1] == KERN_HOSTNAME) {
		error = sysctl_out(k_hostname, strlen(k_hostname) + 1, old,
		    oldlenp);
		return error != 0 || new == NULL ? error :
		    sysctl_set_hostname(new, newlen);
	}
	if (new != NULL)
		return EPERM;
	if (name[0] == CTL_KERN && name[1] == KERN_OSTYPE)
		return sysctl_out(ostype, sizeof(ostype), old, oldlenp);
	if (name[0] == CTL_KERN && name[1] == KERN_OSRELEASE)
		return sysctl_out(osrelease, sizeof(osrelease), old, oldlenp);
	if (name[0] == CTL_KERN && name[1] == KERN_VERSION)
		return sysctl_out(version, sizeof(version), old, oldlenp);
	if (name[0] == CTL_HW && name[1] == HW_NCPU)
		return sysctl_out(&k_ncpu, sizeof(k_ncpu), old, oldlenp);
	if (name[0] == CTL_HW && name[1] == HW_PAGESIZE)
		return sysctl_out(&pagesize, sizeof(pagesize), old, oldlenp);
	if (devstat != NULL && name[0] == CTL_VENDOR && name[1] == 1 &&
	    (text = devstat(&len, &size)) != NULL) {
		error = sysctl_out(text, len, old, oldlenp);
		kmem_free(text, size);
		return error;
	}
	return ENOENT;
}

int
rump___sysimpl___sysctl(const int *name, unsigned int n, void *old,
    size_t *oldlenp, const void *new, size_t newlen)
{
	int error;

	SYS_ENTER();
	kmutex_enter(&sysctl_mtx);
	error = sysctl_node(name, n, old, oldlenp, new, newlen);
	kmutex_exit(&sysctl_mtx);
	return SYS_LEAVE(error, 0);
}
