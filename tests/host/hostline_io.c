/*
 * hostline_io.c: the second half of hostline.c, which includes it: files and
 * disks, and the network over tap.
 */

/* ---- files and disks ---- */

#define FD_CONSOLE	1000
#define FD_TEXT		1001	/* status and configuration */
static const char *text;

int
rumpuser_open(const char *name, int mode, int *fdp)
{
	unsigned n;

	if (strcmp(name, "sirloin:console") == 0)
		*fdp = FD_CONSOLE;
	else if (strcmp(name, "sirloin:config") == 0) {
		text = config;
		*fdp = FD_TEXT;
	} else if (strcmp(name, "sirloin:status") == 0) {
		*fdp = FD_TEXT + 1;
	} else if (sscanf(name, "blk%u", &n) == 1 && n < 8 && disk[n]) {
		*fdp = open(disk[n], (mode & 3) == 0 ? O_RDONLY : O_RDWR);
		return *fdp < 0 ? nberr(errno) : 0;
	} else
		return 2;
	return 0;
}
int rumpuser_close(int fd) { return fd >= FD_CONSOLE ? 0 : nberr(close(fd)); }

int
rumpuser_getfileinfo(const char *name, uint64_t *size, int *type)
{
	struct stat st;
	int fd, e;

	if ((e = rumpuser_open(name, 0, &fd)) != 0)
		return e;
	st.st_size = fd == FD_TEXT ? strlen(config) : 65536;
	if (fd < FD_CONSOLE) {
		fstat(fd, &st);
		close(fd);
	}
	if (size)
		*size = st.st_size;
	if (type)
		*type = fd < FD_CONSOLE ? RUMPUSER_FT_BLK :
		    fd == FD_CONSOLE ? RUMPUSER_FT_CHR : RUMPUSER_FT_REG;
	return 0;
}

static ssize_t
textread(const char *s, size_t size, const struct iovec *iov, int n, off_t off)
{
	ssize_t done = 0;

	for (; n > 0; n--, iov++)
		for (size_t i = 0; i < iov->iov_len && off < size; i++, done++)
			((char *)iov->iov_base)[i] =
			    off < strlen(s) ? s[off++] : (off++, ' ');
	return done;
}

static int
vio(int fd, const struct iovec *iov, int n, int64_t off, size_t *r, int wr)
{
	ssize_t k;
	int nl;

	unsched(&nl, NULL);
	if (fd == FD_CONSOLE)
		k = wr ? writev(1, iov, n) : readv(0, iov, n);
	else if (fd == FD_TEXT)
		k = wr ? -1 : textread(config, strlen(config), iov, n, off);
	else if (fd == FD_TEXT + 1)
		k = wr ? -1 : textread("{\"threads\":[]}", 65536, iov, n, off);
	else
		k = wr ? pwritev(fd, iov, n, off) : preadv(fd, iov, n, off);
	sched(nl, NULL);
	*r = k < 0 ? 0 : k;
	return k < 0 ? nberr(errno) : 0;
}
int rumpuser_iovread(int fd, struct rumpuser_iovec *iov, size_t n, int64_t off, size_t *r)
{ return vio(fd, (void *)iov, n, off, r, 0); }
int rumpuser_iovwrite(int fd, const struct rumpuser_iovec *iov, size_t n, int64_t off, size_t *r)
{ return vio(fd, (void *)iov, n, off, r, 1); }
int rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len)
{ return fd < FD_CONSOLE ? nberr(fsync(fd)) : 0; }

struct bio { int fd, op; void *data; size_t n; int64_t off;
    rump_biodone_fn done; void *arg; };

/* A thread a request: slow, and every possible order of completion. */
static void *
bio_thread(void *v)
{
	struct bio *b = v;
	ssize_t k;

	hyp.hyp_schedule();
	hyp.hyp_lwproc_newlwp(0);
	hyp.hyp_unschedule();
	k = b->op & RUMPUSER_BIO_READ ? pread(b->fd, b->data, b->n, b->off) :
	    pwrite(b->fd, b->data, b->n, b->off);
	if (b->op & RUMPUSER_BIO_SYNC)
		fsync(b->fd);
	hyp.hyp_schedule();
	b->done(b->arg, k < 0 ? 0 : k, k < 0 ? nberr(errno) : 0);
	hyp.hyp_lwproc_release();
	hyp.hyp_unschedule();
	free(b);
	return NULL;
}

void
rumpuser_bio(int fd, int op, void *data, size_t n, int64_t off,
    rump_biodone_fn done, void *arg)
{
	struct bio *b = malloc(sizeof(*b));
	pthread_t pt;

	*b = (struct bio){ fd, op, data, n, off, done, arg };
	tcreate(&pt, bio_thread, b, 0);
}

/* ---- network over tap ---- */

struct vif { int fd; void (*input)(void *, struct netpktq *); void *arg;
    volatile int closing; pthread_t t; struct net_stats st; };

static void free_pkt(struct netpkt *p) { free(p->arg); free(p); }

static void *
vif_thread(void *v)
{
	struct vif *vif = v;
	struct pollfd pfd = { vif->fd, POLLIN, 0 };
	struct netpktq q;
	struct netpkt *p;
	ssize_t n;

	hyp.hyp_schedule();
	hyp.hyp_lwproc_newlwp(0);
	hyp.hyp_unschedule();
	while (!vif->closing) {
		if (poll(&pfd, 1, 100) <= 0)
			continue;
		p = calloc(1, sizeof(*p));
		p->arg = malloc(2048);
		if ((n = read(vif->fd, p->arg, 2048)) <= 0) {
			free_pkt(p);
			continue;
		}
		p->seg[0] = (struct netseg){ p->arg, n };
		p->nseg = 1;
		p->len = n;
		p->done = free_pkt;
		vif->st.ipackets++;
		vif->st.ibytes += n;
		STAILQ_INIT(&q);
		STAILQ_INSERT_TAIL(&q, p, link);
		hyp.hyp_schedule();
		vif->input(vif->arg, &q);
		hyp.hyp_unschedule();
	}
	return NULL;
}

int
rumpcomp_vif_open(const char *name, void (*input)(void *, struct netpktq *),
    void *arg, struct vif_info *info, struct vif **vp)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct vif *vif;
	unsigned n;

	if (sscanf(name, "net%u", &n) != 1 || n >= 4 || tap[n] == NULL)
		return 6;
	vif = calloc(1, sizeof(*vif));
	vif->fd = open("/dev/net/tun", O_RDWR);
	strncpy(ifr.ifr_name, tap[n], IFNAMSIZ - 1);
	if (vif->fd < 0 || ioctl(vif->fd, TUNSETIFF, &ifr) < 0)
		return 6;
	vif->input = input;
	vif->arg = arg;
	*info = (struct vif_info){ { 0x52, 0x54, 0, 0x12, 0x34, 0x50 + n }, 1500, 0 };
	*vp = vif;
	return tcreate(&vif->t, vif_thread, vif, 1);
}

void
rumpcomp_vif_close(struct vif *vif)
{

	vif->closing = 1;
	BLOCKING(pthread_join(vif->t, NULL));
	close(vif->fd);
	free(vif);
}

void
rumpcomp_vif_send(struct vif *vif, struct netpktq *q)
{
	struct iovec iov[NETPKT_MAXSEG];
	struct netpkt *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		for (int i = 0; i < p->nseg; i++)
			iov[i] = (struct iovec){ p->seg[i].data, p->seg[i].len };
		if (writev(vif->fd, iov, p->nseg) > 0) {
			vif->st.opackets++;
			vif->st.obytes += p->len;
		}
		p->done(p);
	}
}
int rumpcomp_vif_name(int n, char *buf, size_t size)
{ return n < 4 && tap[n] ? snprintf(buf, size, "net%d", n), 0 : 2; }
void rumpcomp_vif_stats(struct vif *vif, struct net_stats *st) { *st = vif->st; }
