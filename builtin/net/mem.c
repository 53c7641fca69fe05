/*
 * mem.c: lwIP's two memory interfaces on rumpuser_malloc(), with a cache of
 * freed pieces by size class.  Everything runs under net_lock().  There is a
 * limit: packets and new connections are refused before the kernel starves.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/mem.h"
#include "lwip/memp.h"
#include "lwip/sys.h"
/* what lwIP's own memp.c includes, for the sizes */
#include "lwip/pbuf.h"
#include "lwip/raw.h"
#include "lwip/udp.h"
#include "lwip/tcp.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/ip4_frag.h"
#include "lwip/etharp.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/ip6_frag.h"
#include "lwip/mld6.h"

#include <rump/rumpuser.h>

#include "net.h"

/* In front of every piece; a piece that is free links to the next. */
struct piece {
	uint32_t	class;
	uint32_t	magic;
	union {
		size_t		size;	/* of the whole piece */
		struct piece	*next;
	};
};
#define MAGIC_USED	0x6e657475
#define MAGIC_FREE	0x6e657466

/* Classes: 64 bytes and below, then four to each doubling. */
#define MINSHIFT	6
#define NCLASS		(4 * 12 + 1)
#define DIRECT		NCLASS		/* too big to be cached */
#define SMALL		1024		/* may use the reserve */

static struct piece *cache[NCLASS];
static size_t cached;
size_t net_mem_used, net_mem_held, net_mem_max = 64 << 20;
size_t net_mem_cache_max = 512 << 10;
unsigned net_nsockets;

static unsigned
size_class(size_t n, size_t *rounded)
{
	unsigned shift, class;

	if (n <= 1 << MINSHIFT) {
		*rounded = 1 << MINSHIFT;
		return 0;
	}
	shift = 63 - __builtin_clzl(n - 1) - 2;
	*rounded = (((n - 1) >> shift) + 1) << shift;
	class = (shift + 2 - MINSHIFT) * 4 + (((n - 1) >> shift) & 3) + 1;
	return class < NCLASS ? class : DIRECT;
}

static void
drop_cache(void)
{
	struct piece *p;
	size_t size;

	for (unsigned c = 0; c < NCLASS; c++)
		while ((p = cache[c]) != NULL) {
			cache[c] = p->next;
			/* a cached piece has the size of its class */
			size = c == 0 ? 1 << MINSHIFT :
			    ((((size_t)c - 1) & 3) + 5) <<
			    (((c - 1) >> 2) + MINSHIFT - 2);
			cached -= size;
			rumpuser_free(p, size);
		}
}

void *
net_malloc(size_t n)
{
	struct piece *p;
	size_t size;
	unsigned class;
	void *v;

	class = size_class(n + sizeof(*p), &size);
	if (n > net_mem_max || net_mem_used + size > net_mem_max -
	    (size > SMALL ? net_mem_max / 4 : 0))
		return NULL;
	if (class < NCLASS && (p = cache[class]) != NULL) {
		if (p->magic != MAGIC_FREE)
			net_assert("mem", __LINE__);
		cache[class] = p->next;
		cached -= size;
	} else {
		if (rumpuser_malloc(size, 16, &v) != 0) {
			drop_cache();
			if (rumpuser_malloc(size, 16, &v) != 0)
				return NULL;
		}
		p = v;
		p->class = class;
	}
	p->magic = MAGIC_USED;
	p->size = size;
	net_mem_used += size;
	return p + 1;
}

void *
net_zalloc(size_t n)
{
	void *v = net_malloc(n);

	return v == NULL ? NULL : memset(v, 0, n);
}

void
net_free(void *v)
{
	struct piece *p;
	size_t size;

	if (v == NULL)
		return;
	p = (struct piece *)v - 1;
	if (p->magic != MAGIC_USED)
		net_assert("mem", __LINE__);
	size = p->size;
	net_mem_used -= size;
	p->magic = MAGIC_FREE;
	if (p->class < NCLASS && cached + size <= net_mem_cache_max) {
		p->next = cache[p->class];
		cache[p->class] = p;
		cached += size;
	} else
		rumpuser_free(p, size);
}

bool
net_mem_tight(void)
{

	return net_mem_used + net_mem_held > net_mem_max / 2;
}

bool
net_mem_full(void)
{

	return net_mem_used + net_mem_held > net_mem_max - net_mem_max / 4;
}

size_t
net_mem_share(void)
{
	size_t share = net_mem_max / 4 / (net_nsockets + 1);

	return share > 4096 ? share : 4096;
}

size_t
net_mem_buffer(size_t want)
{

	return want < net_mem_max / 8 ? want : net_mem_max / 8;
}

/* A quarter of the memory that the platform says we have, at least 1 MB. */
void
net_mem_init(void)
{
	char buf[32];
	uint64_t n = 0;

	if (rumpuser_getparam("RUMP_MEMLIMIT", buf, sizeof(buf)) != 0)
		return;
	for (char *s = buf; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (*s - '0');
	if (n == 0)
		return;
	net_mem_max = n / 4 > 1 << 20 ? n / 4 : 1 << 20;
	if (net_mem_cache_max > net_mem_max / 16)
		net_mem_cache_max = net_mem_max / 16;
}

/* ---- lwIP's heap ---- */

void mem_init(void) { }
void *mem_malloc(mem_size_t n) { return net_malloc(n); }
void mem_free(void *v) { net_free(v); }
void *mem_trim(void *v, mem_size_t n) { return v; }
void *mem_calloc(mem_size_t n, mem_size_t size) { return net_zalloc(n * size); }

/* ---- lwIP's pools ---- */

static const uint32_t pool_size[MEMP_MAX] = {
#define LWIP_MEMPOOL(name, num, size, desc) [MEMP_##name] = size,
#include "lwip/priv/memp_std.h"
};
static unsigned ntcp;

void memp_init(void) { }

/*
 * TCP connections that no socket has (half open, closing, TIME_WAIT) are
 * limited: when this returns NULL, lwIP gives up the oldest in TIME_WAIT and
 * asks again.  Above the limit one goes for each that comes; there are more
 * only if they are not in TIME_WAIT, and not twice as many.
 */
#define TCP_ORPHANS	256

static bool
too_many(void)
{
	static bool refused;

	if (ntcp < net_nsockets + TCP_ORPHANS)
		return refused = false;
	return ntcp >= net_nsockets + 2 * TCP_ORPHANS ||
	    (refused = !refused);
}

void *
memp_malloc(memp_t type)
{
	void *v;

	if (type == MEMP_TCP_PCB && too_many())
		return NULL;
	v = net_malloc(pool_size[type]);
	if (type == MEMP_TCP_PCB && v != NULL)
		ntcp++;
	return v;
}

void
memp_free(memp_t type, void *v)
{

	if (type == MEMP_TCP_PCB && v != NULL)
		ntcp--;
	net_free(v);
}
