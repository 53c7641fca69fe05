/*
 * ahci.c: AHCI controllers and the disks at their ports, which are wd0, wd1,
 * ... in the order of the ports.
 */
#include "ahci.h"

#define MS		1000000		/* ns */
#define PRESENT		(10ull * MS)	/* a device shows itself */

static uint16_t
word(const uint8_t *id, unsigned n)
{

	return (uint16_t)(id[2 * n] | id[2 * n + 1] << 8);
}

/* ACS 3.4.9: two characters a word, the first one above; blank-padded. */
static void
text(char *to, const uint8_t *id, unsigned from, unsigned words)
{
	unsigned n;

	for (n = 0; n < 2 * words; n++)
		to[n] = (char)id[2 * from + (n ^ 1)];
	while (n > 0 && (to[n - 1] == ' ' || to[n - 1] == '\0'))
		n--;
	to[n] = '\0';
	for (n = 0; to[n] == ' '; n++)
		;
	memmove(to, to + n, strlen(to + n) + 1);
}

/* ACS 7.16.7; what it can't be, or NULL. */
static const char *
identify(struct ahci_port *p)
{
	const uint8_t *id = p->mem->data;
	struct disk *d = &p->d;
	uint64_t blocks = 0;
	unsigned nslots;

	if (ahci_command(p, ATA_IDENTIFY, 512, disk_timeout()) != 0)
		return "a disk that does not identify itself";
	for (int i = 3; i >= 0; i--)
		blocks = blocks << 16 | word(id, 100 + (unsigned)i);
	if ((word(id, 49) & 0x0300) != 0x0300 ||	/* LBA, DMA */
	    (word(id, 83) & 0x2400) != 0x2400)		/* 48 bits, FLUSH EXT */
		return "a disk without 48-bit addresses";
	d->blksize = 512;
	if ((word(id, 106) & 0xd000) == 0x5000)
		d->blksize = 2 * (word(id, 117) |
		    (uint32_t)word(id, 118) << 16);
	if (d->blksize < 512 || d->blksize > 4096 ||
	    (d->blksize & (d->blksize - 1)) != 0)
		return "a disk with blocks that are not supported";
	if (blocks == 0 || blocks >> 48 != 0)
		return "a disk whose size makes no sense";
	d->size = blocks * d->blksize;
	text(d->serial, id, 10, 10);
	text(d->model, id, 27, 20);
	memcpy(p->serial, id + 20, sizeof(p->serial));
	memcpy(p->model, id + 54, sizeof(p->model));
	d->cache = word(id, 85) & 0x20;
	if (word(id, 169) & 1)		/* TRIM, one sector of ranges at least */
		d->maxdiscard = MAXDISCARD;
	nslots = CAP_SLOTS(p->h->cap);
	p->ncq = (p->h->cap & CAP_SNCQ) && (word(id, 76) & 0x100) &&
	    word(id, 76) != 0xffff;
	if (p->ncq && nslots > (word(id, 75) & 0x1f) + 1u)
		nslots = (word(id, 75) & 0x1f) + 1u;
	p->slots = UINT32_MAX >> (MAXSLOTS - nslots);
	return NULL;
}

/* What is at the port, if it is no disk: by its signature. */
static const char *
no_disk(struct ahci_port *p)
{

	switch (ahci_read(p->regs, P_SIG)) {
	case SIG_DISK:
		return NULL;
	case SIG_ATAPI:
		return "an ATAPI drive";
	case SIG_PM:
		return "a port multiplier";
	case SIG_SEMB:
		return "an enclosure";
	default:
		return "an unknown device";
	}
}

static void
port_free(struct ahci_port *p)
{

	dma_free(&p->dma);
	kmutex_destroy(&p->mtx);
	kmem_free(p, sizeof(*p));
}

/* There is a device; a disk is attached, anything else named. */
static void
attach_disk(struct ahci *h, struct ahci_port *p)
{
	const char *what = "a disk that does not become ready";

	if (ahci_wait_ready(p) == 0 && (what = no_disk(p)) == NULL) {
		ahci_start(p);
		what = identify(p);
	}
	if (what != NULL) {
		k_printf("%s: port %u: %s: left out\n", h->pci->name, p->no,
		    what);
		(void)ahci_stop(p);
		port_free(p);
		return;
	}
	strcpy(p->d.name, "wd");
	p->d.driver = "ahci";
	p->d.maxio = MAXIO;
	p->d.align = 2;			/* 4.2.3.3 */
	p->d.low4g = (h->cap & CAP_S64A) == 0;
	p->d.submit = ahci_submit;
	p->d.priv = p;
	ahci_write(p->regs, P_IS, UINT32_MAX);
	h->port[p->no] = p;
	p->state = AHCI_RUNS;
	ahci_write(p->regs, P_IE, PI_DONE | PI_CONNECT | PI_ERROR);
	if (disk_attach(&p->d) != 0)
		k_printf("%s: port %u: no name for its disk\n", h->pci->name,
		    p->no);
}

static void
attach_port(struct ahci *h, unsigned no)
{
	struct ahci_port *p = kmem_zalloc(sizeof(*p));

	if (p == NULL)
		return;
	p->h = h;
	p->no = (uint8_t)no;
	p->regs = h->regs + HBA_PORTS + no * PORT_SIZE;
	kmutex_init(&p->mtx);
	STAILQ_INIT(&p->waiting);
	if (dma_alloc(&p->dma, sizeof(*p->mem), 0) == 0) {
		p->mem = p->dma.va;
		if (ahci_stop(p) == 0 && ahci_comreset(p) != ENXIO) {
			attach_disk(h, p);
			return;
		}
	}
	(void)ahci_stop(p);
	port_free(p);
}

/* ---- the HBA ---- */

/* In any order, until nothing is left: a message says only that there is. */
static int
ahci_intr(void *arg)
{
	struct ahci *h = arg;
	int rounds = MAXPORTS, was = 0;
	uint32_t is, left;

	while ((is = ahci_read(h->regs, HBA_IS)) != 0 && rounds-- > 0) {
		if (is == UINT32_MAX) {	/* gone, perhaps */
			diskwatch_now(&h->watch);
			return 1;
		}
		for (left = is & h->pi; left != 0; left &= left - 1) {
			unsigned i = (unsigned)__builtin_ctz(left);

			if (h->port[i] != NULL)
				(void)ahci_port_intr(h->port[i]);
			else
				ahci_write(h->regs + HBA_PORTS +
				    i * PORT_SIZE, P_IS, UINT32_MAX);
		}
		ahci_write(h->regs, HBA_IS, is);
		was = 1;
	}
	return was;
}

static int
wait_clear(struct ahci *h, unsigned reg, uint32_t bit, unsigned ms)
{

	for (; ahci_read(h->regs, reg) & bit; ms--) {
		if (ms == 0)
			return EIO;
		(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, MS);
	}
	return 0;
}

/* Ports with a device. */
static uint32_t
present(struct ahci *h)
{
	uint32_t found = 0;
	volatile char *r;

	for (uint32_t left = h->pi; left != 0; left &= left - 1) {
		r = h->regs + HBA_PORTS + (unsigned)__builtin_ctz(left) *
		    PORT_SIZE;
		if (SSTS_DET(ahci_read(r, P_SSTS)) != DET_NONE)
			found |= left & -left;
	}
	return found;
}

/* A device shows itself soon after a reset: those that were there, or any. */
static uint32_t
present_again(struct ahci *h, uint32_t before)
{
	uint32_t want = h->cap & CAP_SSS ? h->pi : before & h->pi, found;
	uint64_t end = k_uptime() + PRESENT;

	while (((found = present(h)) & want) != want && k_uptime() < end)
		(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, MS);
	return found;
}

/* 3.1.4: which there are; those that are not in the BAR are not. */
static void
ports(struct ahci *h, size_t len)
{

	h->pi = ahci_read(h->regs, HBA_PI);
	while (h->pi != 0 && HBA_PORTS + (32ul -
	    (unsigned)__builtin_clz(h->pi)) * PORT_SIZE > len)
		h->pi &= ~(1u << (31 - __builtin_clz(h->pi)));
}

/* 10.1.1: staggered ports want to be told. */
static void
spin_up(struct ahci *h)
{
	volatile char *r;

	for (uint32_t left = h->pi; left != 0; left &= left - 1) {
		r = h->regs + HBA_PORTS + (unsigned)__builtin_ctz(left) *
		    PORT_SIZE;
		ahci_write(r, P_CMD, ahci_read(r, P_CMD) | CMD_SUD | CMD_POD);
	}
}

/* 10.6.3: firmware lets go; 10.4.3: and nothing of it is left. */
static int
reset(struct ahci *h)
{

	if (ahci_read(h->regs, HBA_CAP2) & CAP2_BOH) {
		ahci_write(h->regs, HBA_BOHC,
		    ahci_read(h->regs, HBA_BOHC) | BOHC_OOS);
		(void)wait_clear(h, HBA_BOHC, BOHC_BOS, 25);
		(void)wait_clear(h, HBA_BOHC, BOHC_BB, 2000);
	}
	ahci_write(h->regs, HBA_GHC, GHC_AE);
	ahci_write(h->regs, HBA_GHC, GHC_AE | GHC_HR);
	if (wait_clear(h, HBA_GHC, GHC_HR, 1000) != 0)
		return EIO;
	ahci_write(h->regs, HBA_GHC, GHC_AE);
	h->cap = ahci_read(h->regs, HBA_CAP);
	pcidev_enable(h->pci, PCIDEV_MASTER);
	return h->cap == UINT32_MAX ? ENXIO : 0;
}

static bool
ahci_match(const struct pcidev *p)
{

	return p->class == 0x01 && p->subclass == 0x06 && p->progif == 0x01;
}

static int
ahci_attach(struct pcidev *pci)
{
	struct ahci *h = kmem_zalloc(sizeof(*h));
	size_t len = 0;
	uint32_t there;
	int error;

	if (h == NULL)
		return ENOMEM;
	h->pci = pci;
	h->regs = pcidev_map(pci, 5, &len);
	if (h->regs == NULL || len < HBA_PORTS + PORT_SIZE) {
		kmem_free(h, sizeof(*h));
		return ENXIO;
	}
	pcidev_enable(pci, PCIDEV_ANSWERS);
	h->watch = (struct diskwatch){ .tick = ahci_tick,
	    .shutdown = ahci_shutdown, .arg = h };
	ports(h, len);
	there = present(h);
	if ((error = reset(h)) != 0 ||
	    (error = pcidev_intr(pci, 0, ahci_intr, h)) != 0 ||
	    (error = diskwatch_start(&h->watch, pci->name)) != 0)
		return error;
	ahci_write(h->regs, HBA_IS, UINT32_MAX);
	ahci_write(h->regs, HBA_GHC, GHC_AE | GHC_IE);
	ports(h, len);
	spin_up(h);
	for (there = present_again(h, there); there != 0; there &= there - 1)
		attach_port(h, (unsigned)__builtin_ctz(there));
	return 0;
}

static const struct pcidriver ahci_driver = { "ahci", ahci_match, ahci_attach };
PCI_DRIVER(ahci_driver);
