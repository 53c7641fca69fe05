/* blkreq.c: what every disk driver asks of a request. */
#include <dev.h>

int
blkdev_check(const struct blkdev *b, const struct blk_req *r)
{
	uint64_t mask = b->blksize - 1;

	if (r->op == BLK_FLUSH)
		return 0;
	if (((r->off | r->len) & mask) != 0 || r->off > b->size ||
	    r->len > b->size - r->off)
		return EINVAL;
	if (r->op == BLK_DISCARD && (b->flags & BLK_DISCARDS) == 0)
		return EOPNOTSUPP;
	return r->op != BLK_READ && (b->flags & BLK_RDONLY) != 0 ? EROFS : 0;
}
