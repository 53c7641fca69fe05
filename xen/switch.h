/*
 * switch.h: a learning switch between front ends and the rump kernel.  Its
 * ports are vifs (netback) and one uplink, a network device of dev.h that the
 * rump kernel opens.  Thread context.
 *
 * What a hostile guest could do with a switch, it can't: a vif's own address
 * stays at its port; it learns at most SW_LEARN others there; an address that
 * the uplink or another vif has is not taken over while it is in use.  A port
 * that is locked receives and sends for its own address only.
 */
#ifndef SIRLOIN_XEN_SWITCH_H
#define SIRLOIN_XEN_SWITCH_H

#include <dev.h>

#define SW_LEARN	64		/* addresses learned from a vif */
#define SW_PORTS	128

struct sw;
struct sw_port {
	char		name[32];
	/*
	 * Packets for who is at this port, which are its own then.  Flags are
	 * those of a received packet (NETPKT_CSUM_PART, not NETPKT_CSUM).
	 */
	void		(*output)(struct sw_port *, struct netpktq *);
	bool		uplink, locked, up;
	uint8_t		mac[6];		/* of who is there; zero: not known */
	/* From the port into the switch: i; the other way: o. */
	struct net_stats stats;
	uint64_t	spoofed;	/* packets not let in */
	/* bytes a second, at most a second old while there is traffic */
	struct sw_rate { uint64_t since, bytes, rate; } irate, orate;
	/* the switch's: */
	struct sw	*sw;
	uint32_t	refs;
	unsigned	learned;
	LIST_ENTRY(sw_port) link;
};

/*
 * The switch; its uplink is registered as a network device at the first call.
 * NULL: no memory.
 */
struct sw *sw_get(void);
int	sw_attach(struct sw *, struct sw_port *);	/* ENOSPC */
/* When it returns, output does not run and will not. */
void	sw_detach(struct sw_port *);
/* Packets that came in at a port; all are taken. */
void	sw_input(struct sw_port *, struct netpktq *);


/* swtable.c: which address is where.  Pure; the caller locks. */
#define SW_ENTRIES	4096
struct sw_table;
struct sw_table *sw_table_new(void);
/*
 * Of a port for ever (fixed), or as just seen there.  False: it is another
 * port's for ever.
 */
bool	sw_table_learn(struct sw_table *, const uint8_t *mac, struct sw_port *,
	    bool fixed, uint64_t now);
struct sw_port *sw_table_find(struct sw_table *, const uint8_t *mac,
	    uint64_t now);
void	sw_table_forget(struct sw_table *, struct sw_port *);	/* all of its */
unsigned sw_table_count(const struct sw_table *);

#endif /* SIRLOIN_XEN_SWITCH_H */
