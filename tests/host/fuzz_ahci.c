/*
 * fuzz_ahci.c: the AHCI driver with an HBA made of memory, whose disks do
 * what they are told, with errors, without answers, without interrupts; which
 * forget, change or go away; whose registers say anything.  Every request comes
 * back once; what an honest disk confirmed is there.
 */
#include "disk_fake.h"
#include "rounds.h"
#include "../../builtin/dev/ahci/ahci.h"

#define DISK		(1u << 20)
#define NPORT		3

static struct port {
	uint32_t	reg[PORT_SIZE / 4];
	uint32_t	issued;		/* commands in no order (NCQ) */
	bool		disk, deaf, halted;
	uint32_t	sig;
} port[NPORT];
static uint32_t cap, ghc, is, pi;
static uint8_t disk[DISK], bs_shift;
static unsigned depth, errors, silence, nointr, comresets, serial;
static bool ncq, trim, liar, ones, old, stuck;
static unsigned long ndiscard;

#define R(p, r)		(p)->reg[(r) / 4]

static void	serve(struct port *);

/* Between any two reads the disk may do something. */
uint32_t
ahci_read(volatile char *regs, unsigned reg)
{
	unsigned off = (unsigned)(regs - fake_regs) + reg;
	struct port *p;

	CHECK(off < fake_reglen && off % 4 == 0);
	if (fake_gone || ones)
		return UINT32_MAX;
	if (liar && rnd() % 256 == 0)
		return rnd();
	switch (off) {
	case HBA_CAP: return cap;
	case HBA_GHC: return ghc;
	case HBA_IS: return is;
	case HBA_PI: return pi;
	}
	if (off < HBA_PORTS || (off - HBA_PORTS) / PORT_SIZE >= NPORT)
		return 0;
	p = &port[(off - HBA_PORTS) / PORT_SIZE];
	if (rnd() % 8 == 0 && fake_decodes)
		serve(p);
	return p->reg[(off - HBA_PORTS) % PORT_SIZE / 4];
}

/* The link comes up, and the disk says what it is. */
static void
signature(struct port *p)
{

	p->issued = 0;
	p->halted = p->deaf = false;
	R(p, P_CI) = R(p, P_SACT) = 0;
	R(p, P_SSTS) = p->sig != 0 ? 0x123 : 0;
	R(p, P_TFD) = p->sig != 0 && (R(p, P_CMD) & CMD_FRE) ? 0x50 : 0x7f;
	R(p, P_SIG) = p->sig;
}

static void
port_command(struct port *p, uint32_t v)
{

	if (R(p, P_CMD) & CMD_CR && !(v & CMD_ST)) {
		R(p, P_CI) = R(p, P_SACT) = p->issued = 0;
		p->halted = false;
	}
	if (v & CMD_ST && (R(p, P_CMD) & CMD_ST) == 0) {
		CHECK((v & CMD_FRE) || liar);
		CHECK((R(p, P_TFD) & (TFD_BSY | TFD_DRQ)) == 0 || liar ||
		    p->sig == 0);
	}
	v &= ~(uint32_t)(CMD_CR | CMD_FR);
	if (v & CMD_ST || (stuck && R(p, P_CMD) & CMD_CR))
		v |= CMD_CR;
	if (v & CMD_FRE)
		v |= CMD_FR;
	R(p, P_CMD) = v;
	if (v & CMD_FRE && p->sig != 0 && R(p, P_TFD) == 0x7f)
		R(p, P_TFD) = 0x50;
}

static void
port_write(struct port *p, unsigned reg, uint32_t v)
{

	switch (reg) {
	case P_IS: case P_SERR:
		p->reg[reg / 4] &= ~v;
		break;
	case P_CMD:
		port_command(p, v);
		break;
	case P_SCTL:
		if ((R(p, P_SCTL) & 0xf) == 1 && (v & 0xf) == 0) {
			comresets++;
			stuck = false;
			R(p, P_IS) |= 0x40;
			signature(p);
		}
		R(p, P_SCTL) = v;
		break;
	case P_SACT:
		CHECK((v & R(p, P_SACT)) == 0 || liar);
		R(p, P_SACT) |= v;
		break;
	case P_CI:
		CHECK((v & R(p, P_CI)) == 0 || liar);
		CHECK((R(p, P_CMD) & CMD_ST) != 0 || liar);
		R(p, P_CI) |= v;
		break;
	default:
		p->reg[reg / 4] = v;
	}
}

void
ahci_write(volatile char *regs, unsigned reg, uint32_t v)
{
	unsigned off = (unsigned)(regs - fake_regs) + reg, i;

	CHECK(off < fake_reglen && off % 4 == 0);
	if (fake_gone || ones)
		return;
	if (off >= HBA_PORTS && (off - HBA_PORTS) / PORT_SIZE < NPORT)
		port_write(&port[(off - HBA_PORTS) / PORT_SIZE],
		    (off - HBA_PORTS) % PORT_SIZE, v);
	else if (off == HBA_GHC) {
		ghc = v | GHC_AE;
		if (v & GHC_HR) {
			ghc = GHC_AE;
			is = 0;
			for (i = 0; i < NPORT; i++) {
				memset(port[i].reg, 0, sizeof(port[i].reg));
				signature(&port[i]);
			}
		}
	} else if (off == HBA_IS)
		is &= ~v;
}

/* ---- commands ---- */

static void
put(uint8_t *id, unsigned word, unsigned v)
{

	id[2 * word] = v;
	id[2 * word + 1] = v >> 8;
}

static void
identify(uint8_t *id)
{
	uint64_t blocks = DISK >> bs_shift;

	memset(id, 0, 512);
	for (int i = 0; i < 10; i++)
		put(id, 10 + i, 0x3030 + serial);
	for (int i = 0; i < 20; i++)
		put(id, 27 + i, 0x4141);
	put(id, 49, 0x300);
	put(id, 75, depth - 1);
	put(id, 76, ncq ? 0x100 : 0);
	put(id, 83, old ? 0 : 0x2400);
	put(id, 85, 0x20);
	put(id, 169, trim);
	for (int i = 0; i < 4; i++)
		put(id, 100 + i, blocks >> 16 * i);
	if (bs_shift > 9) {
		put(id, 106, 0x5000);
		put(id, 117, 1u << (bs_shift - 1));
	}
	if (liar && rnd() % 4 == 0)
		for (int i = 0; i < 512; i++)
			id[i] = rnd() % 8 ? id[i] : rnd();
}

static void
move(const struct ahci_header *h, const struct ahci_table *t, uint8_t *at,
    size_t len, bool write)
{
	size_t n;

	for (unsigned i = 0; i < h->prdtl; i++) {
		CHECK(t->prd[i].addr % 2 == 0 && t->prd[i].len % 2 == 1);
		n = (t->prd[i].len & 0x3fffff) + 1;
		CHECK(n <= len);
		if (write)
			memcpy(at, (void *)(uintptr_t)t->prd[i].addr, n);
		else
			memcpy((void *)(uintptr_t)t->prd[i].addr, at, n);
		at += n;
		len -= n;
	}
	CHECK(len == 0);
}

/* What was trimmed reads as zeroes here. */
static void
trim_list(const struct ahci_header *h, const struct ahci_table *t)
{
	uint64_t list[NRANGE], lba, n;
	unsigned i, used = 0;

	CHECK(trim && t->fis[3] == DSM_TRIM && t->fis[12] == 1 &&
	    t->fis[13] == 0 && (h->flags & HDR_WRITE) != 0);
	move(h, t, (uint8_t *)list, sizeof(list), true);
	for (i = 0; i < NRANGE; i++) {
		n = list[i] >> 48;
		lba = list[i] & 0xffffffffffff;
		CHECK(n > 0 || lba == 0);
		CHECK((lba + n) << bs_shift <= DISK);
		memset(disk + (lba << bs_shift), 0, n << bs_shift);
		used += n > 0;
	}
	CHECK(used > 0);
	ndiscard++;
}

/* 0, or what the error register says. */
static unsigned
command(struct port *p, unsigned slot)
{
	uint64_t clb = R(p, P_CLB) | (uint64_t)R(p, P_CLB + 4) << 32, lba = 0;
	const struct ahci_header *h = (const struct ahci_header *)(uintptr_t)
	    clb + slot;
	const struct ahci_table *t = (void *)(uintptr_t)h->table;
	const uint8_t *f = t->fis;
	bool write, queued = R(p, P_SACT) >> slot & 1;
	unsigned count;
	uint8_t id[512];

	CHECK(clb % 1024 == 0 && h->table % 128 == 0);
	CHECK((h->flags & 0x1f) == 5 && f[0] == 0x27 && f[1] == 0x80);
	if (f[2] == ATA_IDENTIFY) {
		identify(id);
		move(h, t, id, 512, false);
		return liar && rnd() % 8 == 0 ? 4 : 0;
	}
	if (errors != 0 && rnd() % errors == 0)
		return 1u << (rnd() % 4 * 2);
	if (f[2] == ATA_FLUSH_EXT || f[2] == ATA_STANDBY_NOW)
		return 0;
	if (f[2] == ATA_DSM) {
		CHECK(!queued || liar);
		if (!liar)
			trim_list(h, t);
		return 0;
	}
	for (int i = 2; i >= 0; i--)
		lba = lba << 8 | f[8 + i];
	for (int i = 2; i >= 0; i--)
		lba = lba << 8 | f[4 + i];
	CHECK(f[7] & 0x40);
	CHECK(queued == (f[2] == ATA_READ_FPDMA || f[2] == ATA_WRITE_FPDMA));
	CHECK(!queued || (ncq && f[12] >> 3 == slot && slot < depth) || liar);
	count = queued ? f[3] | f[11] << 8 : f[12] | f[13] << 8;
	write = f[2] == ATA_WRITE_FPDMA || f[2] == ATA_WRITE_DMA_EXT;
	CHECK(write || f[2] == ATA_READ_FPDMA || f[2] == ATA_READ_DMA_EXT);
	CHECK(((h->flags & HDR_WRITE) != 0) == write);
	if (liar)		/* after a lie it may be another's memory */
		return 0;
	CHECK(count > 0 && (lba + count) << bs_shift <= DISK);
	move(h, t, disk + (lba << bs_shift), (size_t)count << bs_shift, write);
	return 0;
}

static void
fail(struct port *p, unsigned slot, unsigned err, bool queued)
{

	R(p, P_TFD) = 0x41 | err << 8;
	R(p, P_IS) |= 0x40000000 | (queued ? 8 : 1);
	p->halted = true;
	/* some leave the bit of what failed, some do not */
	if (rnd() % 2 && !queued)
		R(p, P_CI) &= ~(1u << slot);
}

static void
serve(struct port *p)
{
	uint32_t ready = R(p, P_CI) | R(p, P_SACT);
	unsigned slot, err;
	bool queued;

	if ((R(p, P_CMD) & CMD_CR) == 0 || p->deaf || p->halted ||
	    p->sig != SIG_DISK)
		return;
	/* NCQ: those that were issued; else the first by number */
	CHECK(R(p, P_SACT) == 0 || (R(p, P_CI) & ~R(p, P_SACT)) == 0 || liar);
	if (ready == 0)
		return;
	do
		slot = rnd() % 32;
	while ((ready >> slot & 1) == 0);
	queued = R(p, P_SACT) >> slot & 1;
	if (!queued)
		slot = (unsigned)__builtin_ctz(ready);
	if (silence != 0 && rnd() % silence == 0) {
		p->deaf = true;
		stuck = rnd() % 4 == 0;
		return;
	}
	if ((err = command(p, slot)) != 0) {
		fail(p, slot, err, queued);
		return;
	}
	R(p, P_CI) &= ~(1u << slot);
	R(p, P_SACT) &= ~(1u << slot);
	R(p, P_IS) |= queued ? 8 : 1;
	R(p, P_TFD) = 0x50;
}

static void
lie(struct port *p)
{

	switch (rnd() % 6) {
	case 0: R(p, P_IS) = rnd(); break;
	case 1: R(p, P_TFD) = rnd(); break;
	case 2: R(p, P_SSTS) = rnd(); break;
	case 3: R(p, P_CMD) ^= CMD_CR; break;
	case 4: serial = rnd() % 8; break;
	case 5: if (rnd() % 50 == 0) ones = true; break;
	}
}

void
fake_step(void)
{
	unsigned i, n;

	for (i = 0; i < NPORT; i++) {
		struct port *p = &port[i];

		if (fake_gone || !fake_decodes)
			return;
		for (n = rnd() % 8; n > 0; n--)
			serve(p);
		if (liar && rnd() % 64 == 0)
			lie(p);
		if (R(p, P_IS) & R(p, P_IE))
			is |= 1u << i;
	}
	if (is != 0 && (ghc & GHC_IE) && fake_intr[0] != NULL &&
	    (nointr == 0 || rnd() % nointr)) {
		(void)fake_intr[0](fake_intrarg[0]);
		fake_locks_free();
	}
}

static unsigned long nreq, nlost, nattached, nresets;

/* The disk is pulled out. */
static void
unplug(void)
{

	if (liar && rnd() % 2000 == 0)
		port[0].sig = 0, R(&port[0], P_SSTS) = 0;
}

static void
session(struct client *c, unsigned steps)
{
	bool whole = !liar && rnd() % 2;

	c->liar = liar;
	if (whole)
		errors = silence = 0;
	client_session(c, steps, whole, unplug);
	nreq += c->ndone;
	nlost += c->nerror;
}

static void
one(uint64_t seed)
{
	static const uint32_t sigs[] = { SIG_DISK, SIG_ATAPI, SIG_PM, SIG_SEMB,
	    0, 0x12345678 };
	static struct client c;
	unsigned i;

	fake_seed(seed);
	memset(port, 0, sizeof(port));
	memset(disk, 0, sizeof(disk));
	fake_regs = (volatile char *)0x100000;	/* never read */
	fake_reglen = rnd() % 30 ? 0x1000 : 0x100 + rnd() % 0x400;
	fake_vectors = rnd() % 2;
	fake_short = rnd() % 16 ? 0 : 1 + rnd() % 40;
	liar = ones = stuck = false;
	ghc = is = comresets = serial = 0;
	bs_shift = 9 + rnd() % 4;
	ncq = rnd() % 4 != 0;
	old = rnd() % 20 == 0;
	trim = rnd() % 4 != 0;
	depth = 1 + rnd() % 32;
	cap = CAP_S64A * (rnd() % 4 != 0) | CAP_SNCQ * (rnd() % 4 != 0) |
	    (rnd() % 32) << 8 | CAP_SSS * (rnd() % 2);
	pi = 7;
	port[0].sig = SIG_DISK;
	for (i = 1; i < NPORT; i++)
		port[i].sig = sigs[1 + rnd() % 5];
	errors = rnd() % 2 ? 0 : 20 + rnd() % 100;
	silence = rnd() % 2 ? 0 : 200 + rnd() % 1000;
	nointr = rnd() % 2 ? 0 : 5;
	liar = rnd() % 4 == 0;
	if (fake_attach(0x010601) != 0)
		return;
	nattached++;
	if (!liar && fake_short == 0 && fake_reglen == 0x1000 && silence == 0)
		CHECK(fake_ndisk == !old);
	fake_short = 0;
	if (fake_ndisk > 0 && (!liar || (fake_disk[0]->size <= DISK &&
	    fake_disk[0]->blksize == 1u << bs_shift))) {
		CHECK(fake_disk[0]->size == DISK || liar);
		client_new(&c, fake_disk[0]);
		session(&c, 300 + rnd() % 2000);
		CHECK(liar || c.nerror * 50 <= c.ndone + 50);
		client_free(&c);
	}
	nresets += comresets;
	fake_shutdown();
	fake_locks_free();
}

int
main(int argc, char **argv)
{
	unsigned long n;

	n = rounds(argc, argv, 300, one);
	printf("fuzz_ahci: %lu controllers, %lu attached, %lu requests, "
	    "%lu discards, %lu failed, %lu resets, ok\n", n, nattached, nreq,
	    ndiscard, nlost, nresets);
	return 0;
}
