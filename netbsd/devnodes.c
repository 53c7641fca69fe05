/*
 * devnodes.c: device nodes for all of NetBSD's disks and their partitions.  Its
 * own components make those of sd0 (sys/rump/dev/lib/libscsipi) and five
 * partitions of each ld (libvirtio_ld).
 *
 * Needs no kernel header: what it declares is unchanged from 2015 to NetBSD 11
 * (sys/rump/include/rump-sys, sys/sys/conf.h, sys/arch/amd64/include/disklabel.h).
 */
#include <stddef.h>
#include <stdint.h>

#include "component.h"

#define UNITS		8
#define PARTITIONS	16		/* a to p; d is all of the disk */
#define S_IFCHR		0020000
#define S_IFBLK		0060000

int	devsw_name2blk(const char *, char *, size_t);
int	devsw_name2chr(const char *, char *, size_t);
extern int (*rump_vfs_makedevnodes)(uint64_t type, const char *base, char first,
	    int major, int minor, int n);

/* Those that are there already stay. */
static void
make(uint64_t type, const char *prefix, int unit, int major)
{
	char base[] = "/dev/rsd0", *p = base + 5;

	while (*prefix != '\0')
		*p++ = *prefix++;
	*p++ = (char)('0' + unit);
	*p = '\0';
	if (major >= 0)
		(void)rump_vfs_makedevnodes(type, base, 'a', major,
		    unit * PARTITIONS, PARTITIONS);
}

static void
devnodes_init(void)
{
	static const char *const names[] = { "rld", "rsd" };

	for (int i = 0; i < 2; i++)
		for (int unit = 0; unit < UNITS; unit++) {
			make(S_IFBLK, names[i] + 1, unit,
			    devsw_name2blk(names[i] + 1, NULL, 0));
			make(S_IFCHR, names[i], unit,
			    devsw_name2chr(names[i] + 1, NULL, 0));
		}
}
RUMP_COMPONENT_DECLARE(devnodes, RUMP_COMPONENT_POSTINIT);
