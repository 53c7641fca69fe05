/*
 * error.c: what goes wrong at an AHCI port (6.2.2): commands that fail, that
 * are not answered, links that go down.
 *
 * Which of several NCQ commands failed is not asked for: after an error all
 * that were out are done again one by one, without NCQ, and the one that fails
 * then is the one.
 */
#include "ahci.h"

#define MAXFUTILE	8
#define RESETS		3		/* for one recovery */
#define END_WAIT	10000000000ull	/* ns */

static const char *
error_name(unsigned tfd)
{
	unsigned err = tfd >> 8;	/* ACS 6.2: the error register */

	return (tfd & TFD_DF) ? "device fault" : err & 0x80 ? "bad CRC" :
	    err & 0x40 ? "uncorrectable data" : err & 0x10 ? "no such sector" :
	    err & 0x04 ? "aborted" : "error";
}

/* Fails, or goes in front of what waits.  The mutex is held. */
static void
again(struct ahci_port *p, struct diskreq *r, bool guilty,
    struct diskreqs *lost, const char *why, unsigned tfd)
{
	bool more = !guilty || ++r->tries < MAXTRIES;

	if (guilty && tfd != 0)
		disk_complain(&p->d, r, "%s (status 0x%02x, error 0x%02x)%s", why,
		    tfd & 0xff, tfd >> 8, more ? ", once more" : "");
	else if (guilty)
		disk_complain(&p->d, r, "%s%s", why, more ? ", once more" : "");
	if (!more) {
		STAILQ_INSERT_TAIL(lost, r, link);
		return;
	}
	r->disk->retries++;
	STAILQ_INSERT_HEAD(&p->waiting, r, link);
	p->single++;
}

/*
 * The port is stopped: what was out is ours.  A single one that was out when
 * an error came is guilty of it; of no answer, those that are late.
 */
static void
take_back(struct ahci_port *p, struct diskreqs *lost)
{
	bool one = (p->out & (p->out - 1)) == 0;
	uint64_t now = k_uptime();
	struct diskreq *r;
	bool late;

	p->single = 0;
	if (p->failed && !one)
		disk_complain(&p->d, NULL, "%s (status 0x%02x, error 0x%02x) "
		    "of some command: all once more, one by one",
		    error_name(p->tfd), p->tfd & 0xff, p->tfd >> 8);
	for (int i = MAXSLOTS - 1; i >= 0; i--) {
		if ((r = p->slot[i].req) == NULL)
			continue;
		late = now >= p->slot[i].late;
		p->slot[i].req = NULL;
		if (p->failed)
			again(p, r, one, lost, error_name(p->tfd), p->tfd);
		else
			again(p, r, late, lost, "no answer", 0);
	}
	p->out = 0;
	p->failed = false;
}

static void
give_up(struct ahci_port *p, const char *why)
{
	struct diskreqs all = STAILQ_HEAD_INITIALIZER(all);

	k_printf("%s: %s: it fails from now on\n", p->d.name, why);
	kmutex_enter(&p->mtx);
	p->state = AHCI_DEAD;
	for (unsigned i = 0; i < MAXSLOTS; i++)
		if (p->slot[i].req != NULL) {
			STAILQ_INSERT_TAIL(&all, p->slot[i].req, link);
			p->slot[i].req = NULL;
		}
	p->out = 0;
	STAILQ_CONCAT(&all, &p->waiting);
	ahci_write(p->regs, P_IE, 0);
	kmutex_exit(&p->mtx);
	disk_done_all(&all, EIO);
}

/*
 * 10.4.2: an engine that does not stop does after a COMRESET.  FISes are still
 * received: QEMU (7.2) keeps the tags of NCQ commands that end meanwhile, and
 * would tell them with the first command of the next life that ends, as done.
 */
static int
halt(struct ahci_port *p)
{

	if (ahci_pause(p) == 0)
		return 0;
	(void)ahci_comreset(p);
	return ahci_pause(p);
}

/* A reset, and the disk is the one that it was: ENODEV, if not. */
static int
restart(struct ahci_port *p)
{
	uint8_t *id = p->mem->data;
	int error = EIO, tries;

	for (tries = 0; tries < RESETS && error != 0 && error != ENXIO;
	    tries++) {
		if ((error = halt(p)) != 0 ||
		    (error = ahci_comreset(p)) != 0)
			continue;
		ahci_start(p);
		error = ahci_command(p, ATA_IDENTIFY, 512, disk_timeout());
	}
	return error == 0 && (memcmp(p->serial, id + 20, 20) != 0 ||
	    memcmp(p->model, id + 54, 40) != 0) ? ENODEV : error;
}

/* A device that may still write to memory is cut off with its controller. */
static void
cut_off(struct ahci_port *p)
{
	struct ahci *h = p->h;

	pcidev_enable(h->pci, PCIDEV_OFF);
	for (unsigned i = 0; i < MAXPORTS; i++)
		if (h->port[i] != NULL && h->port[i]->state != AHCI_DEAD)
			give_up(h->port[i], h->port[i] == p ?
			    "it can't be stopped" : "its controller is off");
}

static void
recover(struct ahci_port *p)
{
	struct diskreqs lost = STAILQ_HEAD_INITIALIZER(lost);
	const char *why;
	bool silent;
	int error;

	kmutex_enter(&p->mtx);
	p->state = AHCI_OFF;
	why = p->broken;
	silent = !p->failed;
	kmutex_exit(&p->mtx);
	if (pcidev_read(p->h->pci, 0) == UINT32_MAX) {
		give_up(p, "the controller is gone");
		return;
	}
	if (halt(p) != 0) {
		cut_off(p);
		return;
	}
	if (silent)
		k_printf("%s: %s: reset\n", p->d.name, why);
	kmutex_enter(&p->mtx);
	take_back(p, &lost);
	kmutex_exit(&p->mtx);
	error = silent && ++p->futile > MAXFUTILE ? EIO : restart(p);
	disk_done_all(&lost, EIO);
	if (error != 0) {
		(void)ahci_stop(p);
		give_up(p, error == ENXIO ? "unplugged" : error == ENODEV ?
		    "another disk" : "it can't be reset");
		return;
	}
	kmutex_enter(&p->mtx);
	p->broken = NULL;
	p->state = AHCI_RUNS;
	kmutex_exit(&p->mtx);
	ahci_port_run(p);
}

/* Whether there is anything out. */
static bool
tick_port(struct ahci_port *p)
{
	uint64_t now = k_uptime();
	bool late = false, busy;

	if (p->state != AHCI_RUNS)
		return false;
	kmutex_enter(&p->mtx);
	for (unsigned i = 0; i < MAXSLOTS; i++)
		late |= p->slot[i].req != NULL && now >= p->slot[i].late;
	if (p->broken == NULL && p->out != 0 &&
	    SSTS_DET(ahci_read(p->regs, P_SSTS)) != DET_UP)
		p->broken = "the link is down";
	busy = p->out != 0 || !STAILQ_EMPTY(&p->waiting);
	kmutex_exit(&p->mtx);
	if (late && p->broken == NULL) {
		if (ahci_port_intr(p))
			k_printf("%s: a lost interrupt\n", p->d.name);
		else
			p->broken = "no answer";
	}
	if (p->broken != NULL)
		recover(p);
	return busy;
}

bool
ahci_tick(void *arg)
{
	struct ahci *h = arg;
	bool busy = false;

	for (unsigned i = 0; i < MAXPORTS; i++)
		if (h->port[i] != NULL)
			busy |= tick_port(h->port[i]);
	return busy;
}

void
ahci_shutdown(void *arg)
{
	struct ahci *h = arg;
	struct ahci_port *p;
	uint64_t end = k_uptime() + END_WAIT;

	for (unsigned i = 0; i < MAXPORTS; i++) {
		if ((p = h->port[i]) == NULL || p->state != AHCI_RUNS)
			continue;
		while (p->out != 0 && k_uptime() < end)
			(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0,
			    1000000);
		kmutex_enter(&p->mtx);
		p->state = AHCI_OFF;
		kmutex_exit(&p->mtx);
		if (p->out == 0 && ahci_command(p, ATA_FLUSH_EXT, 0,
		    END_WAIT) == 0)
			(void)ahci_command(p, ATA_STANDBY_NOW, 0, END_WAIT);
	}
}
