/*
 * netheld.h: packets of a fuzzed network driver: received ones that the test
 * keeps for a while, and sent ones, each of which comes back once.  Included by
 * one file of a test, after CHECK and rnd().
 */
#ifndef MAXHELD
#define MAXHELD	64
#endif
#define MAXSENT	4096

static struct netpkt *held[MAXHELD];
static unsigned nheld;
static unsigned char back[MAXSENT];	/* how often a packet came back */
static unsigned nsent;

/* Until release(), or not at all. */
static void
keep(struct netpkt *p, bool yes)
{

	if (nheld < MAXHELD && yes)
		held[nheld++] = p;
	else
		p->done(p);
}

static void
release(unsigned keep)
{
	struct netpkt *p;

	while (nheld > keep) {
		p = held[--nheld];
		p->done(p);
	}
}

/* Its number is in arg. */
static void
came_back(struct netpkt *p)
{
	size_t n = (size_t)p->arg;

	CHECK(back[n] == 0);
	back[n] = 1;
}
