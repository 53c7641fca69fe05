/*
 * disk_client.c: the client of a disk (disk_fake.h), with a copy of what must be
 * on it.  Discarded blocks read as zeroes: the tests' devices do it so.
 */
#include "disk_fake.h"

void *aligned_alloc(size_t, size_t);

void
client_new(struct client *c, struct disk *d)
{

	memset(c, 0, sizeof(*c));
	c->d = d;
	c->blocks = d->size / d->blksize;
	c->model = calloc(1, d->size);
	c->unknown = calloc(1, c->blocks);
	if (d->maxdiscard != 0 && rnd() % 2)	/* so that it takes several */
		d->maxdiscard = (1 + rnd() % 8) * 4096;
}

void
client_session(struct client *c, unsigned steps, bool whole, void (*step)(void))
{

	if (whole)
		for (unsigned i = steps / 20; i > 0; i--)
			client_transfer(c);
	else while (steps-- > 0) {
		if (rnd() % 3)
			client_submit(c);
		fake_step();
		if (rnd() % 16 == 0)
			fake_tick();
		if (rnd() % 64 == 0)
			fake_time += rnd() % TIMEOUT;
		if (c->liar && rnd() % 2000 == 0)
			fake_gone = true;
		if (step != NULL)
			step();
	}
	client_finish(c);
}

void
client_free(struct client *c)
{

	free(c->model);
	free(c->unknown);
}

static void
request_done(struct diskreq *r)
{
	struct request *q = r->arg;
	struct client *c = (struct client *)(void *)r->disk->rw;
	uint32_t bs = c->d->blksize;
	uint64_t i;

	CHECK(q->busy);
	q->busy = false;
	c->ndone++;
	c->nout--;
	c->nerror += r->error != 0;
	CHECK(r->error >= 0 && r->error < 100);
	for (i = 0; r->op != DISK_FLUSH && i < r->len / bs; i++) {
		uint64_t b = r->off / bs + i;
		uint8_t *at = q->data + i * bs;

		if (r->op == DISK_DISCARD) {
			c->unknown[b] = r->error != 0;
			memset(c->model + b * bs, 0, bs);
		} else if (r->op == DISK_WRITE) {
			c->unknown[b] = r->error != 0;
			memcpy(c->model + b * bs, at, bs);
		} else if (r->error == 0 && !c->unknown[b] && !c->liar)
			CHECK(memcmp(at, c->model + b * bs, bs) == 0);
	}
	free(q->mem);
}

/* No two requests under way touch the same block. */
static bool
clashes(struct client *c, uint64_t off, size_t len)
{

	for (unsigned i = 0; i < MAXREQ; i++)
		if (c->req[i].busy && c->req[i].r.off < off + len &&
		    off < c->req[i].r.off + c->req[i].r.len)
			return true;
	return false;
}

void
client_submit(struct client *c)
{
	struct request *q = &c->req[rnd() % MAXREQ];
	uint32_t bs = c->d->blksize, align = c->d->align;
	size_t most = c->d->maxio < c->d->size ? c->d->maxio : c->d->size;
	size_t len = (rnd() % ((rnd() % 8 && most > 16384 ? 16384 : most) /
	    bs) + 1) * bs, in;
	uint64_t off = rnd() % c->blocks * bs;

	if (off + len > c->d->size)
		len = c->d->size - off;
	if (q->busy || clashes(c, off, len))
		return;
	in = rnd() % 4096 / align * align;
	q->mem = aligned_alloc(4096, (in + len + 4095) & ~4095ul);
	q->data = q->mem + in;
	for (size_t i = 0; i < len; i += 4)
		q->data[i] = rnd();
	q->r = (struct diskreq){ .op = rnd() % 8 == 0 ? DISK_FLUSH : rnd() % 2 ?
	    DISK_READ : DISK_WRITE, .off = off, .data = q->data, .len = len,
	    .done = request_done, .arg = q, .disk = c->d };
	if (q->r.op == DISK_FLUSH)
		q->r.off = q->r.len = 0;
	else if (len <= c->d->maxdiscard && rnd() % 8 == 0) {
		q->r.op = DISK_DISCARD;
		q->r.data = q->mem + rnd() % 8 * DISK_LIST;
	}
	q->busy = true;
	c->nout++;
	c->d->rw = (struct rumpuser_rw *)(void *)c;
	c->d->submit(c->d, &q->r);
	fake_locks_free();
}

void
client_finish(struct client *c)
{

	for (unsigned i = 0; c->nout > 0; i++) {
		CHECK(i < 20000);
		fake_time += TIMEOUT / 50;
		fake_step();
		fake_tick();
	}
}

/* The whole blocks in it read as zeroes; its ends stay. */
static void
discard(struct client *c)
{
	uint64_t size = c->d->size, bs = c->d->blksize, off = rnd() % size;
	uint64_t len = rnd() % (size - off) + 1, end;
	int error = disk_discard(c->d, off, len);

	fake_locks_free();
	end = (off + len) / bs * bs;
	off = (off + bs - 1) / bs * bs;
	if (c->d->maxdiscard == 0 || c->d->rdonly)
		CHECK(error == (c->d->rdonly ? EROFS : EOPNOTSUPP));
	else if (error == 0 && off < end)
		memset(c->model + off, 0, end - off);
	else
		CHECK(error == 0 || c->liar || error == ENOMEM);
	CHECK(disk_discard(c->d, size, 1) != 0);
	c->liar |= error == EIO;
	c->ndone++;
}

void
client_transfer(struct client *c)
{
	uint64_t size = c->d->size, off = rnd() % size;
	size_t len = rnd() % (rnd() % 4 ? 10000 : 3000000) + 1, done = 0, i;
	bool write = rnd() % 2;
	struct iovec iov;
	uint8_t *p;
	int error;

	if (rnd() % 4 == 0) {
		discard(c);
		return;
	}
	if (rnd() % 4 == 0)
		off &= ~4095ull;
	if (rnd() % 4 == 0)
		len = (len + 511) & ~511ull;
	if (len > size - off)
		len = size - off;
	p = malloc(len + 8);
	iov = (struct iovec){ p + rnd() % 8, len };
	for (i = 0; i < len; i++)
		((uint8_t *)iov.iov_base)[i] = rnd();
	error = disk_rwv(c->d, write, &iov, 1, off, &done);
	fake_locks_free();
	if (error == 0) {
		CHECK(done == len);
		if (write)
			memcpy(c->model + off, iov.iov_base, len);
		else
			CHECK(c->liar || memcmp(c->model + off, iov.iov_base,
			    len) == 0);
	} else
		CHECK(c->liar || error == ENOMEM);
	c->liar |= error != 0;		/* half of it may be there */
	free(p);
	c->ndone++;
}
