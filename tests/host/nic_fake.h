/* nic_fake.h: what the driver wm stands on in its host test, and the device. */
#ifndef NIC_FAKE_H
#define NIC_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include "../../builtin/dev/e1000/e1000.h"
#include "check.h"

extern volatile uint32_t fake_regs[NREG / 4];
struct rumpuser_mtx { int held; };
#define REG(r)	fake_regs[(r) / 4]
extern char	fake_said[8192];
extern uint64_t	fake_time;
extern long	fake_mem;		/* pieces of memory */
extern int	fake_short;		/* one in so many allocations fails */
extern int	fake_vectors;
extern bool	fake_unplugged;
extern unsigned	fake_resets;		/* that the device saw */
extern uint16_t	fake_ident;
extern struct nic *fake_nic;
extern int	(*fake_intr[4])(void *);
extern void	*fake_intrarg[4];

void	fake_seed(uint64_t);
unsigned rnd(void);
struct wm *fake_attach(uint16_t ident);	/* NULL: it would not */
void	fake_reset(void);		/* registers as after power up */

#endif /* NIC_FAKE_H */
