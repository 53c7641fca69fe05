/*
 * link.c: an AHCI port from its engine to the disk at the other end: start and
 * stop, COMRESET, commands that are waited for.
 */
#include "ahci.h"

#define MS		1000000ull	/* ns */
#define PRESENT		(10 * MS)	/* a device shows itself */
#define LINK		(1000 * MS)
#define SPINUP		(20000 * MS)

static void
pause(void)
{

	(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, (long)MS / 2);
}

/* Until the bits are as wanted. */
static int
wait_bits(struct ahci_port *p, unsigned reg, uint32_t mask, uint32_t want,
    uint64_t ns)
{
	uint64_t end = k_uptime() + ns;
	uint32_t v;

	for (;;) {
		v = ahci_read(p->regs, reg);
		if (v == UINT32_MAX)
			return ENXIO;
		if ((v & mask) == want)
			return 0;
		if (k_uptime() > end)
			return EIO;
		pause();
	}
}

/* 10.3.2: afterwards the HBA runs none of our commands. */
int
ahci_pause(struct ahci_port *p)
{

	ahci_write(p->regs, P_CMD, ahci_read(p->regs, P_CMD) & ~CMD_ST);
	return wait_bits(p, P_CMD, CMD_CR, 0, 500 * MS);
}

int
ahci_stop(struct ahci_port *p)
{
	int error;

	if ((error = ahci_pause(p)) != 0)
		return error;
	ahci_write(p->regs, P_CMD, ahci_read(p->regs, P_CMD) & ~CMD_FRE);
	return wait_bits(p, P_CMD, CMD_FR, 0, 500 * MS);
}

/* 10.3.1 */
void
ahci_start(struct ahci_port *p)
{
	uint32_t cmd = ahci_read(p->regs, P_CMD);

	ahci_write(p->regs, P_CMD, cmd | CMD_FRE | CMD_ST);
}

/* 10.4.2; FIS receive is on, so that the disk's signature arrives. */
int
ahci_comreset(struct ahci_port *p)
{
	volatile char *r = p->regs;
	uint64_t pa = p->dma.pa, end;
	uint32_t cmd;

	ahci_write(r, P_CLB, (uint32_t)pa);
	ahci_write(r, P_CLB + 4, (uint32_t)(pa >> 32));
	pa += offsetof(struct ahci_mem, received);
	ahci_write(r, P_FB, (uint32_t)pa);
	ahci_write(r, P_FB + 4, (uint32_t)(pa >> 32));
	cmd = ahci_read(r, P_CMD);
	ahci_write(r, P_CMD, cmd | CMD_FRE | CMD_SUD | CMD_POD | CMD_ACTIVE);
	ahci_write(r, P_SCTL, SCTL_COMRESET);
	(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, (long)MS);
	ahci_write(r, P_SCTL, SCTL_NOPM);
	for (end = k_uptime() + PRESENT; SSTS_DET(ahci_read(r, P_SSTS)) ==
	    DET_NONE; pause())
		if (k_uptime() > end)
			return ENXIO;
	if (wait_bits(p, P_SSTS, 0xf, DET_UP, LINK) != 0)
		return ENXIO;
	ahci_write(r, P_SERR, UINT32_MAX);
	ahci_write(r, P_IS, UINT32_MAX);
	return ahci_wait_ready(p);
}

/* 10.4.3: the disk has said what it is. */
int
ahci_wait_ready(struct ahci_port *p)
{

	return wait_bits(p, P_TFD, TFD_BSY | TFD_DRQ, 0, SPINUP);
}

/* Slot 0; the port runs, and nothing is out. */
int
ahci_command(struct ahci_port *p, uint8_t cmd, unsigned len, uint64_t ns)
{
	uint64_t end = k_uptime() + ns;
	struct ahci_prd *d = p->mem->table[0].prd;
	uint32_t tfd;

	ahci_fis(p, 0, cmd, len != 0, false);
	d->addr = p->dma.pa + offsetof(struct ahci_mem, data);
	d->rsvd = 0;
	d->len = len - 1;
	dma_wmb();
	ahci_write(p->regs, P_CI, 1);
	for (;;) {
		tfd = ahci_read(p->regs, P_TFD);
		if (tfd == UINT32_MAX)
			return ENXIO;
		if ((tfd & TFD_BSY) == 0 && (tfd & (TFD_ERR | TFD_DF)) != 0)
			return EIO;
		if ((ahci_read(p->regs, P_CI) & 1) == 0)
			break;
		if (k_uptime() > end)
			return ETIMEDOUT;
		pause();
	}
	/* the error may have come with the end */
	tfd = ahci_read(p->regs, P_TFD);
	return (tfd & (TFD_ERR | TFD_DF)) != 0 ? EIO : 0;
}
