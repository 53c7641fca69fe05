/*
 * disk_fake.h: what the drivers for disks stand on in their host tests: a
 * kernel of one thread, in which waiting means that the device does something,
 * a bus with one function, and a client that compares what it reads with what
 * it has written.
 */
#ifndef DISK_FAKE_H
#define DISK_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include "../../builtin/dev/dev.h"

#define CHECK(e)							\
	do {								\
		if (!(e)) {						\
			printf("not ok: %s:%d: %s (seed %llu)\n%s",	\
			    __FILE__, __LINE__, #e, fake_seed_now,	\
			    fake_said);					\
			exit(1);					\
		}							\
	} while (0)

struct rumpuser_mtx { int held; };
#define TIMEOUT		1000000000ull
#define MAXBLOCKS	4096

extern unsigned long long fake_seed_now;
extern char	fake_said[16384];
extern uint64_t	fake_time;
extern bool	fake_gone;		/* from the bus */
extern bool	fake_decodes;		/* memory and bus mastering are on */
extern int	fake_vectors;
extern int	fake_short;		/* one in so many allocations fails */
extern struct disk *fake_disk[8];
extern int	fake_ndisk;
extern int	(*fake_intr[32])(void *);
extern void	*fake_intrarg[32];
extern volatile char *fake_regs;
extern size_t	fake_reglen;

void	fake_seed(uint64_t);
unsigned rnd(void);
void	fake_locks_free(void);		/* checks it */
int	fake_attach(uint32_t class_code);
void	fake_tick(void);		/* the controller's thread, if it is on */
void	fake_shutdown(void);
/* The device does something: the test's. */
void	fake_step(void);

/* ---- the client: disk_client.c ---- */

#define MAXREQ		80
struct client {
	struct disk	*d;
	uint8_t		*model;
	bool		*unknown;	/* blocks whose write failed */
	uint64_t	blocks;
	bool		liar;		/* data need not be right */
	unsigned	ndone, nerror, nout;
	struct request {
		struct diskreq r;
		bool	busy;
		uint8_t	*mem, *data;
	} req[MAXREQ];
};
void	client_new(struct client *, struct disk *);
void	client_submit(struct client *);
/* All requests come back, at last. */
void	client_finish(struct client *);
/* One transfer of any offset and length through disk_io.c. */
void	client_transfer(struct client *);
/*
 * Whole transfers only; or requests as they come, and time, and (a liar) the
 * controller gone from the bus, and what the test does at each step.
 */
void	client_session(struct client *, unsigned steps, bool whole,
	    void (*step)(void));
void	client_free(struct client *);

#endif /* DISK_FAKE_H */
