/*
 * swtable.c: a switch's table of addresses: hashed by a secret, entries age,
 * each port has its limit.
 */
#include <string.h>
#include "switch.h"

#define BUCKETS		1024
#define AGE		300000000000ull	/* ns: IEEE 802.1D's default */
#define HELD		60000000000ull	/* not taken over sooner by a vif */
#define RECLAIM		8		/* old entries looked for when it is full */

struct entry {
	uint8_t		mac[6];
	bool		fixed;
	struct sw_port	*port;		/* NULL: free */
	uint64_t	seen;
	LIST_ENTRY(entry) link;
};
struct sw_table {
	uint32_t	secret;
	unsigned	used, hand;
	LIST_HEAD(, entry) bucket[BUCKETS], free;
	struct entry	entry[SW_ENTRIES];
};

struct sw_table *
sw_table_new(void)
{
	struct sw_table *t = kern_zalloc(sizeof(*t));

	if (t == NULL)
		return NULL;
	if (kern_random(&t->secret, sizeof(t->secret), false) != 0)
		t->secret = (uint32_t)plat_clock();
	for (unsigned i = 0; i < SW_ENTRIES; i++)
		LIST_INSERT_HEAD(&t->free, &t->entry[i], link);
	return t;
}

static unsigned
hash(const struct sw_table *t, const uint8_t *mac)
{
	uint32_t h = t->secret;

	for (unsigned i = 0; i < 6; i++)
		h = (h ^ mac[i]) * 0x01000193;
	h ^= h >> 15;
	h *= 0x2c1b3c6d;
	return (h ^ h >> 12) & (BUCKETS - 1);
}

static struct entry *
lookup(struct sw_table *t, const uint8_t *mac)
{
	struct entry *e;

	LIST_FOREACH(e, &t->bucket[hash(t, mac)], link)
		if (memcmp(e->mac, mac, 6) == 0)
			return e;
	return NULL;
}

static void
release(struct sw_table *t, struct entry *e)
{

	LIST_REMOVE(e, link);
	if (!e->fixed)
		e->port->learned--;
	e->port = NULL;
	t->used--;
	LIST_INSERT_HEAD(&t->free, e, link);
}

/* A few entries at a time, round and round: those that are old go. */
static void
reclaim(struct sw_table *t, uint64_t now)
{
	struct entry *e;

	for (unsigned i = 0; i < RECLAIM; i++) {
		e = &t->entry[t->hand++ % SW_ENTRIES];
		if (e->port != NULL && !e->fixed && now - e->seen > AGE)
			release(t, e);
	}
}

/* The oldest (of a port, or of all) makes room for a new one. */
static void
oldest(struct sw_table *t, const struct sw_port *p)
{
	struct entry *e, *old = NULL;

	for (e = t->entry; e < t->entry + SW_ENTRIES; e++)
		if (e->port != NULL && (p == NULL || e->port == p) && !e->fixed &&
		    (old == NULL || e->seen < old->seen))
			old = e;
	if (old != NULL)
		release(t, old);
}

/* Whether who is at port p may have what is another's. */
static bool
moves(const struct entry *e, const struct sw_port *p, bool fixed, uint64_t now)
{

	if (fixed)
		return true;
	if (e->fixed)
		return false;
	return p->uplink || now - e->seen > HELD;
}

/* A free entry for something at port p; NULL: it has too many. */
static struct entry *
take(struct sw_table *t, struct sw_port *p, bool fixed, uint64_t now)
{

	reclaim(t, now);
	if (!fixed && p->uplink && p->learned >= SW_ENTRIES * 3 / 4)
		oldest(t, p);
	if (!fixed && !p->uplink && p->learned >= SW_LEARN)
		return NULL;			/* until some are too old */
	if (LIST_EMPTY(&t->free) && fixed)
		oldest(t, NULL);
	return LIST_FIRST(&t->free);
}

bool
sw_table_learn(struct sw_table *t, const uint8_t *mac, struct sw_port *p,
    bool fixed, uint64_t now)
{
	struct entry *e = lookup(t, mac);

	if (e != NULL && e->port == p && (e->fixed || !fixed)) {
		e->seen = now;
		return true;
	}
	if (e != NULL && e->port != p && !moves(e, p, fixed, now))
		return !e->fixed;
	if (e != NULL)
		release(t, e);
	if ((e = take(t, p, fixed, now)) == NULL)
		return true;
	LIST_REMOVE(e, link);
	memcpy(e->mac, mac, 6);
	e->port = p;
	e->fixed = fixed;
	e->seen = now;
	p->learned += !fixed;
	t->used++;
	LIST_INSERT_HEAD(&t->bucket[hash(t, mac)], e, link);
	return true;
}

struct sw_port *
sw_table_find(struct sw_table *t, const uint8_t *mac, uint64_t now)
{
	struct entry *e = lookup(t, mac);

	if (e == NULL)
		return NULL;
	if (!e->fixed && now - e->seen > AGE) {
		release(t, e);
		return NULL;
	}
	return e->port;
}

void
sw_table_forget(struct sw_table *t, struct sw_port *p)
{
	struct entry *e;

	for (e = t->entry; e < t->entry + SW_ENTRIES; e++)
		if (e->port == p)
			release(t, e);
}

unsigned
sw_table_count(const struct sw_table *t)
{

	return t->used;
}
