/*
 * vmshare.c: NetBSD's kernel beside programs (component linux).  It waits for
 * memory without an end when it gets none below its limit, so that limit is kept
 * for it: programs are promised the rest.
 */
#include <vm.h>
#include "hyp.h"

static void
vmshare_init(void)
{
	struct kern_mem_info info;

	kern_mem_info(&info);
	hyp_mem_share = info.free / 3 & ~(PAGE_SIZE - 1);
	kern_vm_share(hyp_mem_share);
}
KERN_INIT(KERN_INIT_LATE, vmshare_init);
