/*
 * modules.c: load what /lib/modules/order lists, in one process (hotplug.c says why).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(void)
{
	FILE *f = fopen("/lib/modules/order", "r");
	char name[256], path[300];
	int fd, bad = 0;

	if (f == NULL)
		return 1;
	while (fscanf(f, "%255s", name) == 1) {
		snprintf(path, sizeof(path), "/lib/modules/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0) {
			printf("%s: %s\n", path, strerror(errno));
			bad = 1;
		}
		if (fd >= 0)
			close(fd);
	}
	return bad;
}
