/*
 * More CPUs: how many, and their stacks.
 */
#include "x86.h"

unsigned
x86_cpus_wanted(void)
{
	size_t len;
	const char *v = kern_option("cpus", &len);
	unsigned max = 0;

	while (v != NULL && len-- > 0 && *v >= '0' && *v <= '9' && max < MAXCPU)
		max = max * 10 + (unsigned)(*v++ - '0');
	return max == 0 || max > MAXCPU ? MAXCPU : max;
}

void *
x86_stack_alloc(size_t size)
{
	void *va, *page;

	if ((va = kern_vmap_alloc(size)) == NULL)
		return NULL;
	if ((page = kern_page_alloc(size >> PAGE_SHIFT, 0, 0)) == NULL)
		return NULL;
	if (plat_map((uintptr_t)va, plat_virt_to_phys(page), size,
	    PROT_RW) != 0)
		return NULL;
	return (char *)va + size;
}

void
x86_preempt(const struct plat_frame *f)
{
	struct plat_ctx *ctx = (struct plat_ctx *)plat_curthread();

	ctx->frame = *f;
	if (ctx->fpu != NULL)
		x86_fpu_save(ctx->fpu);
	ctx->preempted = 1;
	kern_preempt();
}
