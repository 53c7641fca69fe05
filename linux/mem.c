/* mem.c: address space: mmap and its like, brk. */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"

#define PAGE		4096UL
#define PAGEUP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))
#define BRK_SPACE	(1UL << 30)

#define LX_PROT_MASK	7		/* READ, WRITE, EXEC: HOST_VM_'s */
#define LX_MAP_SHARED	0x01
#define LX_MAP_FIXED	0x10
#define LX_MAP_ANON	0x20
#define LX_MAP_NOREPLACE 0x100000
#define LX_MREMAP_MAYMOVE 1

/* ---- pages that devices and others use ---- */

void
lx_touch(const void *p, size_t n)
{
	volatile char *c = (volatile char *)(uintptr_t)p, *end = c + n;

	if (n == 0 || (uintptr_t)p < PAGE)
		return;
	for (; c < end; c = (volatile char *)(((uintptr_t)c | (PAGE - 1)) + 1))
		__asm__ volatile("lock; orb $0, %0" : "+m"(*c));
}

void
lx_look(const void *p, size_t n)
{
	const volatile char *c = p, *end = c + n;

	if (n == 0 || (uintptr_t)p < PAGE)
		return;
	for (; c < end; c = (const volatile char *)(((uintptr_t)c |
	    (PAGE - 1)) + 1))
		(void)*c;
}

/* ---- files that are mapped shared, to be written back ---- */

struct shared {
	LIST_ENTRY(shared) link;
	char		*va;
	size_t		size;
	int		fd;		/* a descriptor of its own */
	off_t		off;
	const struct lx_process *proc;
};
static LIST_HEAD(, shared) shareds = LIST_HEAD_INITIALIZER(shareds);
static uint32_t shareds_lock;

static long
write_back(const struct shared *s, char *from, char *to)
{
	struct stat st;
	off_t off;
	ssize_t r;

	if (rump_sys_fstat(s->fd, &st) < 0)
		return lx_result(-1);
	while (from < to) {
		off = s->off + (from - s->va);
		if (off >= st.st_size)
			break;
		r = to - from;
		if (r > st.st_size - off)
			r = st.st_size - off;
		lx_look(from, (size_t)r);
		if ((r = rump_sys_pwrite(s->fd, from, (size_t)r, off)) <= 0)
			return lx_result(-1);
		from += r;
	}
	return 0;
}

/* Write back what of [va, va + size) is shared; forget it if it goes. */
static long
sync_shared(char *va, size_t size, bool forget)
{
	struct shared *s, *n;
	long r = 0, e;

	if (LIST_EMPTY(&shareds))
		return 0;
	lx_lock(&shareds_lock);
	for (s = LIST_FIRST(&shareds); s != NULL; s = n) {
		char *from = s->va > va ? s->va : va;
		char *to = s->va + s->size < va + size ? s->va + s->size :
		    va + size;

		n = LIST_NEXT(s, link);
		if (from >= to)
			continue;
		if ((e = write_back(s, from, to)) != 0)
			r = e;
		if (forget && from == s->va && to == s->va + s->size) {
			LIST_REMOVE(s, link);
			rump_sys_close(s->fd);
			rumpcomp_host_free(s);
		}
	}
	lx_unlock(&shareds_lock);
	return r;
}

static long
add_shared(char *va, size_t size, int fd, off_t off)
{
	struct shared *s = rumpcomp_host_malloc(sizeof(*s), 0);

	if (s == NULL)
		return -LX_ENOMEM;
	*s = (struct shared){ .va = va, .size = size, .off = off,
	    .proc = lx_self()->proc };
	if ((s->fd = rump_sys_dup(fd)) < 0) {
		rumpcomp_host_free(s);
		return lx_result(-1);
	}
	lx_lock(&shareds_lock);
	LIST_INSERT_HEAD(&shareds, s, link);
	lx_unlock(&shareds_lock);
	return 0;
}

/* What another process mapped is not this one's to write. */
void
lx_mem_end(struct lx_process *p)
{
	struct shared *s, *n;

	lx_lock(&shareds_lock);
	for (s = LIST_FIRST(&shareds); s != NULL; s = n) {
		n = LIST_NEXT(s, link);
		if (s->proc != p)
			continue;
		(void)write_back(s, s->va, s->va + s->size);
		LIST_REMOVE(s, link);
		rumpcomp_host_free(s);
	}
	lx_unlock(&shareds_lock);
}

/* ---- mmap ---- */

static int
map(void **va, size_t size, int prot)
{

	return rumpcomp_host_vm_map(va, size, prot |
	    HOST_VM_OWNER(lx_self()->proc->pid));
}

/* The file's bytes into [va, va + size), which is writable now. */
static long
fill(char *va, size_t size, int fd, off_t off)
{
	struct stat st;
	ssize_t r;

	if (rump_sys_fstat(fd, &st) < 0)
		return lx_result(-1);
	if (!S_ISREG(st.st_mode))
		return -LX_ENODEV;
	if (off < st.st_size && (off_t)size > st.st_size - off)
		size = (size_t)(st.st_size - off);
	else if (off >= st.st_size)
		size = 0;
	lx_touch(va, size);
	while (size > 0) {
		if ((r = rump_sys_pread(fd, va, size, off)) < 0)
			return lx_result(-1);
		if (r == 0)
			break;
		va += r;
		off += r;
		size -= (size_t)r;
	}
	return 0;
}

static long
map_file(char *va, size_t size, int prot, int flags, int fd, off_t off)
{
	long r = fill(va, size, fd, off);

	if (r == 0 && (flags & LX_MAP_SHARED) && (prot & HOST_VM_WRITE))
		r = add_shared(va, size, fd, off);
	if (r == 0 && prot != (HOST_VM_READ | HOST_VM_WRITE) &&
	    rumpcomp_host_vm_protect(va, size, prot) != 0)
		r = -LX_ENOMEM;
	if (r != 0)
		(void)rumpcomp_host_vm_unmap(va, size);
	return r != 0 ? r : (long)va;
}

long
lx_sys_mmap(long addr, long len, long prot, long flags, long fd, long off)
{
	bool file = (flags & LX_MAP_ANON) == 0;
	void *va = flags & LX_MAP_FIXED ? (void *)addr : NULL;
	size_t size = PAGEUP((size_t)len);

	if (len <= 0 || size == 0 || (off & (PAGE - 1)) != 0 ||
	    (prot & ~LX_PROT_MASK) != 0)
		return -LX_EINVAL;
	if (flags & LX_MAP_NOREPLACE)
		return -LX_EOPNOTSUPP;
	if (file && rump_sys_fcntl((int)fd, F_GETFD, 0) < 0)
		return -LX_EBADF;
	if ((flags & LX_MAP_FIXED) && !LIST_EMPTY(&shareds))
		(void)sync_shared(va, size, true);
	if (map(&va, size, file ? HOST_VM_READ | HOST_VM_WRITE :
	    (int)prot) != 0)
		return -LX_ENOMEM;
	if (!file)
		return (long)va;
	return map_file(va, size, (int)prot, (int)flags, (int)fd, off);
}

long
lx_sys_munmap(long addr, long len, long c, long d, long e, long f)
{

	if ((addr & (PAGE - 1)) != 0 || len <= 0)
		return -LX_EINVAL;
	(void)sync_shared((char *)addr, PAGEUP((size_t)len), true);
	return rumpcomp_host_vm_unmap((void *)addr, PAGEUP((size_t)len)) == 0 ?
	    0 : -LX_EINVAL;
}

long
lx_sys_mprotect(long addr, long len, long prot, long d, long e, long f)
{
	int error;

	if (len == 0)
		return 0;
	error = (prot & ~LX_PROT_MASK) != 0 ? EINVAL :
	    rumpcomp_host_vm_protect((void *)addr, PAGEUP((size_t)len), (int)prot);
	return error != 0 ? lx_error(error) : 0;
}

long
lx_sys_mremap(long addr, long old, long new, long flags, long e, long f)
{
	size_t from = PAGEUP((size_t)old), to = PAGEUP((size_t)new);
	void *va = NULL;

	if ((addr & (PAGE - 1)) != 0 || to == 0 || (flags & ~1L) != 0)
		return -LX_EINVAL;
	if (to <= from) {
		if (to < from)
			(void)rumpcomp_host_vm_unmap((char *)addr + to, from - to);
		return addr;
	}
	if ((flags & LX_MREMAP_MAYMOVE) == 0)
		return -LX_ENOMEM;
	if (map(&va, to, HOST_VM_READ | HOST_VM_WRITE) != 0)
		return -LX_ENOMEM;
	memcpy(va, (void *)addr, from);
	(void)rumpcomp_host_vm_unmap((void *)addr, from);
	return (long)va;
}

long
lx_sys_msync(long addr, long len, long flags, long d, long e, long f)
{

	return sync_shared((char *)addr, PAGEUP((size_t)len), false);
}

#define LX_MADV_DONTNEED 4
#define LX_MADV_FREE	8

long
lx_sys_madvise(long addr, long len, long advice, long d, long e, long f)
{

	if ((addr & (PAGE - 1)) != 0)
		return -LX_EINVAL;
	if ((advice == LX_MADV_DONTNEED || advice == LX_MADV_FREE) && len > 0 &&
	    rumpcomp_host_vm_discard((void *)addr, PAGEUP((size_t)len)) != 0)
		return -LX_EINVAL;
	return 0;			/* the rest is advice */
}

/* Nothing is ever paged out. */
long
lx_sys_mlock(long a, long b, long c, long d, long e, long f)
{

	return 0;
}

long
lx_sys_brk(long addr, long b, long c, long d, long e, long f)
{
	struct lx_process *p = lx_self()->proc;
	uintptr_t want = (uintptr_t)addr, from, to;
	void *va = NULL;
	int error = 0;

	lx_lock(&p->lock);
	if (p->brk0 == 0 && map(&va, BRK_SPACE, 0) == 0) {
		p->brk0 = p->brk = (uintptr_t)va;
		p->brkend = p->brk0 + BRK_SPACE;
	}
	if (p->brk0 != 0 && want >= p->brk0 && want <= p->brkend) {
		from = PAGEUP(p->brk);
		to = PAGEUP(want);
		if (to > from)
			error = rumpcomp_host_vm_protect((void *)from, to - from,
			    HOST_VM_READ | HOST_VM_WRITE);
		else if (to < from) {
			(void)rumpcomp_host_vm_discard((void *)to, from - to);
			error = rumpcomp_host_vm_protect((void *)to, from - to, 0);
		}
		if (error == 0)
			p->brk = want;
	}
	want = p->brk;
	lx_unlock(&p->lock);
	return (long)want;
}
