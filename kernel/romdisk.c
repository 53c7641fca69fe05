/*
 * romdisk.c: what `sirloin bake' put into the image (section .rom: a file
 * system), as a disk that can be read, with the serial "rom".
 */
#include <string.h>
#include <dev.h>

extern const char __rom_start[], __rom_end[];

static void
rom_submit(struct blkdev *b, struct blk_req *r)
{
	int error = 0;

	if (r->op == BLK_WRITE)
		error = EROFS;
	else if (r->op == BLK_READ && (r->off > b->size ||
	    r->len > b->size - r->off))
		error = EINVAL;
	else if (r->op == BLK_READ) {
		memcpy(r->data, __rom_start + r->off, r->len);
		b->stats.reads++;
		b->stats.rbytes += r->len;
	}
	b->stats.errors += error != 0;
	r->done(r, error);
}

static int
rom_open(struct blkdev *b)
{

	return 0;
}

static void
rom_close(struct blkdev *b)
{
}

static struct blkdev rom = {
	.serial = "rom", .driver = "rom", .blksize = 512, .flags = BLK_RDONLY,
	.submit = rom_submit, .open = rom_open, .close = rom_close
};

static void
rom_init(void)
{

	rom.size = (uint64_t)(__rom_end - __rom_start) & ~511UL;
	if (rom.size != 0)
		blkdev_register(&rom);
}
KERN_INIT(KERN_INIT_LATE, rom_init);
