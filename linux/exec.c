/*
 * exec.c: an ELF file of the rump kernel's into memory, and the stack that a
 * program finds.  Programs are static and position independent (ET_DYN) and
 * relocate themselves (musl/crt.c).
 * Facts: System V ABI, chapters 4 and 5; its AMD64 supplement, 3.4.
 */
#include <string.h>
#include <rump/rumpuser.h>
#include <rump/trace.h>

#include "linux.h"

struct ehdr {
	uint8_t		ident[16];
	uint16_t	type, machine;
	uint32_t	version;
	uint64_t	entry, phoff, shoff;
	uint32_t	flags;
	uint16_t	ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct phdr {
	uint32_t	type, flags;
	uint64_t	offset, vaddr, paddr, filesz, memsz, align;
};

#define ET_DYN		3
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_INTERP	3
#define PF_X		1
#define PF_W		2
#define MAXPHDR		32
#define PAGE		4096UL
#define PAGEUP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))

struct load {
	const char	*path;
	int		fd;
	struct ehdr	eh;
	struct phdr	ph[MAXPHDR];
	uintptr_t	base;		/* what is added to addresses */
	uint64_t	end;		/* bytes of address */
	int		owner;
};

static int
bad(const struct load *l, const char *why)
{

	rumpuser_dprintf("%s: not a program for here: %s\n", l->path, why);
	return LX_ENOEXEC;
}

static bool
get(const struct load *l, void *p, size_t n, uint64_t off)
{
	size_t done = 0;
	ssize_t r;

	while (done < n) {
		r = rump_sys_pread(l->fd, (char *)p + done, n - done,
		    (off_t)(off + done));
		if (r <= 0)
			return false;
		done += (size_t)r;
	}
	return true;
}

static int
headers(struct load *l)
{
	const struct phdr *ph;
	uint64_t last = 0;

	if (!get(l, &l->eh, sizeof(l->eh), 0) ||
	    memcmp(l->eh.ident, "\177ELF\2\1", 6) != 0)
		return bad(l, "no 64-bit ELF file");
	if (l->eh.machine != EM_X86_64)
		return bad(l, "for another machine");
	if (l->eh.type != ET_DYN)
		return bad(l, "at a fixed address (make it with sirloin cc)");
	if (l->eh.phentsize != sizeof(struct phdr) || l->eh.phnum > MAXPHDR ||
	    !get(l, l->ph, l->eh.phnum * sizeof(struct phdr), l->eh.phoff))
		return bad(l, "its program headers");
	for (ph = l->ph; ph < l->ph + l->eh.phnum; ph++) {
		if (ph->type == PT_INTERP)
			return bad(l, "it wants a dynamic linker (make it with "
			    "sirloin cc)");
		if (ph->type != PT_LOAD)
			continue;
		if (ph->vaddr < last || ph->filesz > ph->memsz ||
		    ph->vaddr + ph->memsz < ph->vaddr ||
		    ph->vaddr + ph->memsz > 1UL << 32)
			return bad(l, "its segments");
		last = PAGEUP(ph->vaddr + ph->memsz);
	}
	l->end = last;
	return last == 0 ? bad(l, "nothing to load") : 0;
}

static int
segments(struct load *l)
{
	void *base = NULL;

	if (rumpcomp_host_vm_map(&base, l->end, HOST_VM_READ | HOST_VM_WRITE |
	    HOST_VM_OWNER(l->owner)) != 0)
		return LX_ENOMEM;
	l->base = (uintptr_t)base;
	for (int i = 0; i < l->eh.phnum; i++) {
		const struct phdr *ph = &l->ph[i];

		if (ph->type != PT_LOAD || ph->filesz == 0)
			continue;
		/* a device may fill it: let there be pages */
		lx_touch((void *)(l->base + ph->vaddr), ph->filesz);
		if (!get(l, (void *)(l->base + ph->vaddr), ph->filesz,
		    ph->offset))
			return bad(l, "it is truncated");
	}
	return 0;
}

static void
protections(const struct load *l)
{
	uint64_t from, to;
	int prot;

	for (int i = 0; i < l->eh.phnum; i++) {
		if (l->ph[i].type != PT_LOAD)
			continue;
		from = l->ph[i].vaddr & ~(PAGE - 1);
		to = PAGEUP(l->ph[i].vaddr + l->ph[i].memsz);
		prot = HOST_VM_READ |
		    (l->ph[i].flags & PF_W ? HOST_VM_WRITE : 0) |
		    (l->ph[i].flags & PF_X ? HOST_VM_EXEC : 0);
		(void)rumpcomp_host_vm_protect((void *)(l->base + from),
		    to - from, prot);
	}
}

/* For a debugger (scripts/gdb): what is where; it stops in lx_loaded(). */
struct { char path[48]; uintptr_t base; } lx_programs[8];
static unsigned nprogram;

__attribute__((noinline)) void
lx_loaded(const char *path, uintptr_t base)
{

	__asm__ volatile("" : : "r"(path), "r"(base) : "memory");
}

static void
tell_debugger(const struct load *l)
{
	unsigned n = __atomic_fetch_add(&nprogram, 1, __ATOMIC_RELAXED) %
	    (sizeof(lx_programs) / sizeof(lx_programs[0]));

	(void)strncpy(lx_programs[n].path, l->path,
	    sizeof(lx_programs[n].path) - 1);
	lx_programs[n].base = l->base;
	if (rumpcomp_trace_phase != NULL)
		rumpcomp_trace_phase("program");
	lx_loaded(l->path, l->base);
}

static int
load(struct load *l, struct lx_image *im)
{
	int error;

	if ((error = headers(l)) != 0 || (error = segments(l)) != 0)
		return error;
	protections(l);
	tell_debugger(l);
	im->base = l->base;
	im->entry = l->base + l->eh.entry;
	im->phdr = l->base + l->eh.phoff;
	im->phnum = l->eh.phnum;
	return 0;
}

int
lx_load(const char *path, struct lx_image *im)
{
	struct load *l = rumpcomp_host_malloc(sizeof(*l), 0);
	int error;

	if (l == NULL)
		return LX_ENOMEM;
	memset(l, 0, sizeof(*l));
	l->path = path;
	l->owner = im->owner;
	l->fd = rump_sys_open(path, O_RDONLY);
	if (l->fd < 0)
		error = lx_errno_of(*rumpcomp_host_errno());
	else {
		error = load(l, im);
		rump_sys_close(l->fd);
	}
	rumpcomp_host_free(l);
	return error;
}

/* ---- the stack ---- */

enum { AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_BASE = 7,
    AT_ENTRY = 9, AT_UID = 11, AT_EUID = 12, AT_GID = 13, AT_EGID = 14,
    AT_CLKTCK = 17, AT_SECURE = 23, AT_RANDOM = 25, AT_EXECFN = 31 };

static char *
push_string(uintptr_t *sp, const char *s)
{
	size_t n = strlen(s) + 1;

	*sp -= n;
	return memcpy((void *)*sp, s, n);
}

uintptr_t
lx_stack(const struct lx_image *im, int argc, char **argv, char **envp,
    uintptr_t sp)
{
	uint64_t aux[][2] = {
		{ AT_PHDR, im->phdr }, { AT_PHENT, sizeof(struct phdr) },
		{ AT_PHNUM, im->phnum }, { AT_PAGESZ, PAGE }, { AT_BASE, 0 },
		{ AT_ENTRY, im->entry }, { AT_UID, 0 }, { AT_EUID, 0 },
		{ AT_GID, 0 }, { AT_EGID, 0 }, { AT_CLKTCK, 100 },
		{ AT_SECURE, 0 }, { AT_RANDOM, 0 },
		{ LX_AT_SYSCALL, (uintptr_t)lx_syscall }, { 0, 0 }
	};
	const size_t naux = sizeof(aux) / sizeof(aux[0]);
	size_t envc = 0, got;
	char **strings;
	uintptr_t *p;

	while (envp[envc] != NULL)
		envc++;
	strings = rumpcomp_host_malloc((argc + envc + 2) * sizeof(*strings), 0);
	sp -= 16;
	(void)rumpuser_getrandom((void *)sp, 16, 0, &got);
	aux[naux - 3][1] = sp;
	for (size_t i = 0; i < argc + envc; i++)
		strings[i] = push_string(&sp, i < (size_t)argc ? argv[i] :
		    envp[i - argc]);
	p = (uintptr_t *)(sp & ~15UL);
	p -= (argc + envc + 3 + 2 * naux + 1) & ~1UL;
	sp = (uintptr_t)p;
	*p++ = (uintptr_t)argc;
	for (int i = 0; i < argc; i++)
		*p++ = (uintptr_t)strings[i];
	*p++ = 0;
	for (size_t i = 0; i < envc; i++)
		*p++ = (uintptr_t)strings[argc + i];
	*p++ = 0;
	memcpy(p, aux, sizeof(aux));
	rumpcomp_host_free(strings);
	return sp;
}
