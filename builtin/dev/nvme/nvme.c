/*
 * nvme.c: NVM Express controllers: what they are, and their namespaces, which
 * are the disks ld0, ld1, ...
 */
#include "nvme.h"

static uint16_t le16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t
le32(const uint8_t *p)
{

	return le16(p) | (uint32_t)le16(p + 2) << 16;
}
static uint64_t
le64(const uint8_t *p)
{

	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* A field of blank-padded ASCII. */
static void
text(char *to, const uint8_t *from, size_t n)
{

	while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\0'))
		n--;
	memcpy(to, from, n);
	to[n] = '\0';
}

static int
identify(struct nvme *n, uint32_t nsid, unsigned cns, struct dma *m)
{
	struct nvme_sqe e = { .opc = ADM_IDENTIFY, .nsid = nsid,
	    .prp1 = m->pa, .cdw10 = cns };

	memset(m->va, 0, m->size);
	return nvme_admin(n, &e, NULL, "identify");
}

/* ---- namespaces ---- */

/* 5.15.2.1; false, with a message: not one that we can use. */
static bool
geometry(struct nvme_ns *ns, const uint8_t *id)
{
	const char *name = ns->n->pci->name;
	uint32_t lbaf = le32(id + 128 + 4 * (id[26] & 0xf));
	uint64_t blocks = le64(id);

	ns->shift = lbaf >> 16 & 0xff;
	if (ns->shift < 9 || ns->shift > 12 || (lbaf & 0xffff) != 0) {
		k_printf("%s: namespace %u: blocks of 2^%u+%u bytes are not "
		    "supported\n", name, ns->id, ns->shift, lbaf & 0xffff);
		return false;
	}
	if (blocks == 0 || blocks > (uint64_t)INT64_MAX >> ns->shift) {
		k_printf("%s: namespace %u: %llu blocks make no sense\n", name,
		    ns->id, (unsigned long long)blocks);
		return false;
	}
	ns->d.size = blocks << ns->shift;
	ns->d.blksize = 1u << ns->shift;
	ns->d.rdonly = id[99] & 1;
	return true;
}

static int
attach_ns(struct nvme *n, uint32_t nsid, struct dma *m)
{
	struct nvme_ns *ns;
	int error;

	if ((error = identify(n, nsid, CNS_NS, m)) != 0)
		return error;
	if (le64(m->va) == 0)
		return 0;		/* inactive */
	if ((ns = kmem_zalloc(sizeof(*ns))) == NULL)
		return ENOMEM;
	ns->n = n;
	ns->id = nsid;
	if (!geometry(ns, m->va)) {
		kmem_free(ns, sizeof(*ns));
		return 0;
	}
	strcpy(ns->d.name, "ld");
	ns->d.driver = "nvme";
	memcpy(ns->d.model, n->model, sizeof(n->model));
	memcpy(ns->d.serial, n->serial, sizeof(n->serial));
	ns->d.maxio = n->maxio;
	ns->d.maxdiscard = n->discards ? MAXDISCARD : 0;
	ns->d.align = 4;		/* 4.3: PRP entries */
	ns->d.cache = n->cache;
	ns->d.submit = nvme_submit;
	ns->d.priv = ns;
	return disk_attach(&ns->d);
}

/* 5.15.2.2: the list, from 1.1 on; else one number after the other. */
static int
attach_all(struct nvme *n, uint32_t nn)
{
	uint32_t ids[MAXNS], vs = nvme_read(n, NVME_VS);
	unsigned i, count = 0;
	struct dma m;
	int error;

	if ((error = dma_alloc(&m, PAGE, 0)) != 0)
		return error;
	if (vs >= 0x10100 && identify(n, 0, CNS_ACTIVE, &m) == 0) {
		for (; count < MAXNS; count++)
			if ((ids[count] = le32((uint8_t *)m.va +
			    4 * count)) == 0)
				break;
	} else
		for (; count < MAXNS && count < nn; count++)
			ids[count] = count + 1;
	for (i = 0; i < count; i++)
		if (ids[i] > nn || attach_ns(n, ids[i], &m) != 0)
			k_printf("%s: namespace %u is left out\n",
			    n->pci->name, ids[i]);
	dma_free(&m);
	return 0;
}

/* ---- the controller ---- */

/* 5.15.2.3 */
static int
identify_ctrl(struct nvme *n, uint32_t *nn)
{
	struct dma m;
	uint8_t *id;
	int error;

	if ((error = dma_alloc(&m, PAGE, 0)) != 0)
		return error;
	id = m.va;
	if ((error = identify(n, 0, CNS_CTRL, &m)) == 0) {
		text(n->serial, id + 4, 20);
		text(n->model, id + 24, 40);
		n->maxio = MAXIO;
		if (id[77] > 0 && id[77] < 6)	/* MDTS, in pages */
			n->maxio = PAGE << id[77];
		n->cache = id[525] & 1;
		n->discards = le16(id + 520) & 0x4;	/* ONCS */
		*nn = le32(id + 516);
	}
	dma_free(&m);
	return error;
}

static int
line_intr(void *arg)
{
	struct nvme *n = arg;
	bool was = false;

	for (unsigned i = 0; i <= n->nqueue; i++)
		if (n->q[i] != NULL)
			was |= nvme_intr(n->q[i]);
	return was;
}

/*
 * Vector 0 for the admin queue and 1... for one each, as many as are to be had;
 * or one for all.
 */
static int
queues(struct nvme *n)
{
	uint32_t depth = CAP_MQES(n->cap) < DEPTH ? CAP_MQES(n->cap) : DEPTH;
	struct nvme_queue *q;
	int error;

	for (unsigned i = 1; i <= n->nqueue; i++) {
		if ((q = nvme_queue_new(n, i, depth)) == NULL)
			return ENOMEM;
		if (n->nvector > 1) {
			q->vector = (uint16_t)i;
			if ((error = pcidev_intr(n->pci, (int)i, nvme_intr,
			    q)) != 0) {
				nvme_queue_free(q);
				n->nqueue = i - 1;
				return i > 1 ? 0 : error;
			}
		}
		n->q[i] = q;
	}
	return 0;
}

static int
check(struct nvme *n)
{
	uint32_t lo = nvme_read(n, NVME_CAP), hi = nvme_read(n, NVME_CAP + 4);
	const char *wrong = NULL;

	n->cap = (uint64_t)hi << 32 | lo;
	if (lo == UINT32_MAX && hi == UINT32_MAX)
		wrong = "it does not answer";
	else if (!CAP_CSS_NVM(n->cap))
		wrong = "it has no NVM commands";
	else if (CAP_MPSMIN(n->cap) != 0)
		wrong = "it has no pages of 4 KB";
	else if (CAP_MQES(n->cap) < 2 || n->reglen < NVME_DOORBELLS +
	    ((2 * (MAXQUEUES + 1) * 4ul) << CAP_DSTRD(n->cap)))
		wrong = "its queues make no sense";
	if (wrong != NULL)
		k_printf("%s: %s\n", n->pci->name, wrong);
	return wrong == NULL ? 0 : ENXIO;
}

static int
start(struct nvme *n)
{
	int v = pcidev_vectors(n->pci), error;
	uint32_t nn = 0;

	n->nvector = v > 1 ? (unsigned)v : 1;
	n->nqueue = n->nvector > 1 ? n->nvector - 1 : 1;
	if (n->nqueue > k_ncpu)
		n->nqueue = k_ncpu;
	if (n->nqueue > MAXQUEUES)
		n->nqueue = MAXQUEUES;
	if ((error = nvme_disable(n)) != 0)
		return error;
	pcidev_enable(n->pci, PCIDEV_MASTER);
	if ((n->q[0] = nvme_queue_new(n, 0, CAP_MQES(n->cap) < ADMIN_DEPTH ?
	    CAP_MQES(n->cap) : ADMIN_DEPTH)) == NULL)
		return ENOMEM;
	if (n->nvector > 1)
		error = pcidev_intr(n->pci, 0, nvme_intr, n->q[0]);
	else
		error = pcidev_intr(n->pci, 0, line_intr, n);
	/* first to ask how many queues there may be, then with them */
	if (error != 0 || (error = nvme_enable(n)) != 0 ||
	    (error = identify_ctrl(n, &nn)) != 0 ||
	    (error = queues(n)) != 0 || (error = nvme_create(n)) != 0)
		return error;
	n->watch = (struct diskwatch){ .tick = nvme_tick,
	    .shutdown = nvme_shutdown, .arg = n };
	if ((error = diskwatch_start(&n->watch, n->pci->name)) != 0)
		return error;
	n->state = NVME_RUNS;
	return attach_all(n, nn);
}

static bool
nvme_match(const struct pcidev *p)
{

	return p->class == 0x01 && p->subclass == 0x08 && p->progif == 0x02;
}

static int
nvme_attach(struct pcidev *p)
{
	struct nvme *n = kmem_zalloc(sizeof(*n));
	int error;

	if (n == NULL)
		return ENOMEM;
	n->pci = p;
	n->regs = pcidev_map(p, 0, &n->reglen);
	if (n->regs == NULL || n->reglen < NVME_DOORBELLS) {
		kmem_free(n, sizeof(*n));
		return ENXIO;
	}
	pcidev_enable(p, PCIDEV_ANSWERS);
	if ((error = check(n)) == 0 && (error = start(n)) == 0)
		return 0;
	/* Interrupts go first: what they use stays. */
	(void)nvme_disable(n);
	n->state = NVME_DEAD;
	return error;
}

static const struct pcidriver nvme_driver = { "nvme", nvme_match, nvme_attach };
PCI_DRIVER(nvme_driver);
