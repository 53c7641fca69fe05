/*
 * fuzz_fs.c [STEPS [SEED [IMAGE...]]]: builtin/fs as a Linux process against
 * damaged disks: FAT12, FAT32, exFAT and ISO 9660 images in memory, in which
 * bytes are changed where there are any, or the end is missing.  Each is
 * mounted, walked and read; half of the FAT ones are written to, too.
 *
 * fuzz_fs --tree IMAGE [FLAGS [disksN]]: prints what is on it, or on its
 * partition N, instead, for comparison; FLAGS of an ISO 9660 mount.
 * fuzz_fs --power IMAGE...: writes to a FAT disk that loses power at every
 * possible write, with and without some of what was in the disk's cache; each
 * time the volume must mount again and what was fsync()ed must be there.
 */
#include "fs_disk.h"

/* ---- damage ---- */

static void
damage(struct image *im)
{
	static const uint32_t odd[] = { 0, 1, 2, 0xff, 0xffff, 0x10000, 0xffff0,
	    0x7fffffff, 0x80000000, 0x0ffffff7, 0x0fffffff, 0xfffffffe, ~0u };
	uint32_t v;

	for (int n = rnd(6); n >= 0; n--) {
		/* the first ones say where everything is */
		uint32_t s = im->used[rnd(3) ? rnd(im->nused < 12 ? im->nused :
		    12) : rnd(im->nused)];
		uint8_t *p = disk_data + (uint64_t)s * SEC;
		uint32_t at = rnd(SEC - 4);

		disk_changed[s] = 1;
		v = rnd(2) ? odd[rnd(13)] : seed;
		if (rnd(3) == 0)
			p[at] ^= 1 << rnd(8);
		else if (rnd(2))
			memcpy(p + at, &v, 1 + rnd(4));
		else
			memcpy(p + (at & ~31u), disk_data +
			    (uint64_t)im->used[rnd(im->nused)] * SEC +
			    (rnd(SEC) & ~31u), 32);
	}
	if (rnd(10) == 0)
		disk_limit = rnd(im->size / SEC) * (uint64_t)SEC;
}

static void
fuzz(long steps)
{
	long mounted = 0;

	for (long i = 0; i < steps; i++) {
		struct image *im = &images[i % nimages];

		if (i % 64 < nimages)
			image_use(im);
		else if (disk_size != im->size || nimages > 1)
			image_use(im);
		damage(im);
		alarm(60);
		hostname = rnd(20) ? "disk" : rnd(2) ? "disks1" : "disks5";
		iso_flags = rnd(3) ? 0 : rnd(2) ? 1 : 9;	/* NORRIP, NOJOLIET */
		if (mount_disk(im->iso, rnd(2) ? NB_RDONLY : 0) == 0) {
			mounted++;
			left = 100;
			walk("/m", 0, 0);
			if (!im->iso)
				change();
			left = 100;
			walk("/m", 0, 0);
			unmount_disk();
		}
		image_restore(im);
	}
	printf("fuzz_fs: %ld damaged disks, %ld of them mounted\n", steps,
	    mounted);
}

/* ---- power failures ---- */

#define KEPT	40000
#define SYNCED	60000
static uint8_t kept[KEPT];
static int nsynced;
static int synced;		/* pd/three was fsync()ed, and not yet cut */

static void
power_work(void)
{
	static uint8_t buf[100000];
	int fd;

	memset(buf, 0x55, sizeof(buf));
	rump___sysimpl_mkdir("/m/pd", 0755);
	fd = rump___sysimpl_open("/m/pd/one", NB_RDWR | NB_CREAT, 0644);
	rump___sysimpl_write(fd, buf, sizeof(buf));
	rump___sysimpl_close(fd);
	rump___sysimpl_rename("/m/pd/one", "/m/pd/two has a long name");
	fd = rump___sysimpl_open("/m/pd/three", NB_RDWR | NB_CREAT, 0644);
	for (int i = 0; i < 20; i++)
		rump___sysimpl_write(fd, buf, 3000);
	synced = 0;
	if (rump___sysimpl_fsync(fd) == 0 && power != 0)
		synced = 1;
	rump___sysimpl_mkdir("/m/pd/four", 0755);
	rump___sysimpl_rename("/m/pd/four", "/m/pd/five");
	if (power != 0)
		synced = 0;
	rump___sysimpl_ftruncate(fd, 100);
	rump___sysimpl_close(fd);
	rump___sysimpl_unlink("/m/pd/two has a long name");
}

static void
power_check(int64_t at)
{
	static uint8_t got[SYNCED + 1];
	int fd;

	if (mount_disk(0, 0) != 0)
		DIE("power lost at write %ld: it doesn't mount", at);
	fd = rump___sysimpl_open("/m/kept", 0);
	if (fd < 0 || rump___sysimpl_read(fd, got, sizeof(got)) != KEPT ||
	    memcmp(got, kept, KEPT) != 0)
		DIE("power lost at write %ld: what was there is not", at);
	rump___sysimpl_close(fd);
	if (synced) {
		fd = rump___sysimpl_open("/m/pd/three", 0);
		if (fd < 0 || rump___sysimpl_read(fd, got, sizeof(got)) !=
		    SYNCED)
			DIE("power lost at write %ld: the file is not there",
			    at);
		for (int i = 0; i < SYNCED; i++)
			if (got[i] != 0x55)
				DIE("power lost at write %ld: byte %d", at, i);
		rump___sysimpl_close(fd);
		nsynced++;
	}
	left = 1000;
	walk("/m", 0, 0);
	unmount_disk();
}

static void
power_failures(struct image *im)
{
	int64_t total;
	int fd;

	for (int i = 0; i < KEPT; i++)
		kept[i] = i * 7;
	image_use(im);
	if (mount_disk(0, 0) != 0)
		DIE("not mounted");
	fd = rump___sysimpl_open("/m/kept", NB_RDWR | NB_CREAT, 0644);
	if (rump___sysimpl_write(fd, kept, KEPT) != KEPT ||
	    rump___sysimpl_fsync(fd) != 0)
		DIE("no room");
	rump___sysimpl_close(fd);
	unmount_disk();
	memcpy(im->base, disk_data, im->size);
	nwrites = 0;
	mount_disk(0, 0);
	power_work();
	unmount_disk();
	total = nwrites;
	for (int64_t at = 1; at <= 4 * total; at++) {
		image_use(im);
		unflushed = calloc(disk_size / SEC, sizeof(*unflushed));
		mount_disk(0, 0);
		power = (at - 1) % total + 1;
		power_work();
		unmount_disk();
		power = -1;
		if (at > total)
			lose_cache();
		flushed();
		free(unflushed);
		unflushed = NULL;
		power_check((at - 1) % total + 1);
	}
	printf("fuzz_fs: power lost at each of %ld writes, %d times after "
	    "an fsync\n", total, nsynced);
}

int
main(int argc, char **argv)
{
	int tree = argc > 2 && strcmp(argv[1], "--tree") == 0;
	int pow = argc > 2 && strcmp(argv[1], "--power") == 0;

	if (rump_init() != 0 || rump_pub_lwproc_newlwp(1) != 0 ||
	    rump___sysimpl_mkdir("/m", 0755) != 0)
		DIE("no kernel");
	if (tree || pow) {
		verbose = tree;
		images[0].size = 0;
		if (tree) {
			struct image *im = &images[0];
			FILE *f = fopen(argv[2], "rb");

			if (f == NULL)
				DIE("%s: can't be read", argv[2]);
			fseek(f, 0, SEEK_END);
			im->size = ftell(f) / SEC * SEC;
			rewind(f);
			im->base = malloc(im->size);
			if (fread(im->base, 1, im->size, f) != im->size)
				DIE("short");
			fclose(f);
			image_use(im);
			iso_flags = argc > 3 ? atoi(argv[3]) : 0;
			hostname = argc > 4 ? argv[4] : "disk";
			if (mount_disk(1, 0) != 0 && mount_disk(0, NB_RDONLY) != 0)
				return 1;
			walk("/m", 0, 1);
			unmount_disk();
			return 0;
		}
		for (int i = 2; i < argc; i++) {
			image_load(argv[i]);
			power_failures(&images[nimages - 1]);
		}
		return 0;
	}
	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	for (int i = 3; i < argc; i++)
		image_load(argv[i]);
	if (nimages == 0)
		DIE("usage: fuzz_fs STEPS SEED IMAGE...");
	fuzz(atol(argv[1]));
	return 0;
}
