/*
 * fs_disk.h: a rump kernel on hostline.c with a disk in memory, which can be
 * cut off, lose its cache and lose power; what tests of file systems do to it.
 */
#define rumpuser_open		line_open
#define rumpuser_close		line_close
#define rumpuser_getfileinfo	line_getfileinfo
#define rumpuser_iovread	line_iovread
#define rumpuser_iovwrite	line_iovwrite
#define rumpuser_syncfd		line_syncfd
#define rumpuser_dprintf	line_dprintf
#define main			line_main
#include "hostline.c"
#undef rumpuser_open
#undef rumpuser_close
#undef rumpuser_getfileinfo
#undef rumpuser_iovread
#undef rumpuser_iovwrite
#undef rumpuser_syncfd
#undef rumpuser_dprintf
#undef main

/* ---- the client API, with types of our own: the host has others ---- */

int sirloin_main(void) { return 0; }		/* hostline.c's main is not used */

struct nb_ts { int64_t sec; long nsec; };
struct nb_stat {
	uint64_t dev; uint32_t mode; uint64_t ino; uint32_t nlink, uid, gid;
	uint64_t rdev; struct nb_ts atim, mtim, ctim, btim;
	int64_t size, blocks; int32_t blksize; uint32_t flags, gen, spare[2];
};
struct nb_dirent {
	uint64_t fileno; uint16_t reclen, namlen; uint8_t type; char name[512];
};
struct nb_export {
	int flags; uint32_t root;
	struct { unsigned short unused; uint32_t uid, gid; short n;
	    uint32_t groups[16]; } anon;
	void *addr; int addrlen; void *mask; int masklen; char *index;
};
struct nb_msdos {
	char *fspec; struct nb_export pad; uint32_t uid, gid, mask;
	int flags, version; uint32_t dirmask; int gmtoff;
};
struct nb_iso { const char *fspec; struct nb_export pad; int flags; };

int	rump_init(void);
int	rump_pub_etfs_register(const char *, const char *, int);
int	rump_pub_etfs_remove(const char *);
int	rump_pub_lwproc_newlwp(int);
int	rump___sysimpl_open(const char *, int, ...);
int	rump___sysimpl_close(int);
ssize_t	rump___sysimpl_read(int, void *, size_t);
ssize_t	rump___sysimpl_write(int, const void *, size_t);
ssize_t	rump___sysimpl_pwrite(int, const void *, size_t, int64_t);
int	rump___sysimpl_ftruncate(int, int64_t);
int	rump___sysimpl_fsync(int);
int	rump___sysimpl_getdents30(int, char *, size_t);
int	rump___sysimpl_lstat50(const char *, struct nb_stat *);
ssize_t	rump___sysimpl_readlink(const char *, char *, size_t);
int	rump___sysimpl_mkdir(const char *, unsigned);
int	rump___sysimpl_rmdir(const char *);
int	rump___sysimpl_unlink(const char *);
int	rump___sysimpl_rename(const char *, const char *);
int	rump___sysimpl_mount50(const char *, const char *, int, void *, size_t);
int	rump___sysimpl_unmount(const char *, int);
#define NB_RDWR		2
#define NB_CREAT	0x200
#define NB_TRUNC	0x400
#define NB_RDONLY	1		/* MNT_RDONLY */

static uint64_t seed = 1;
static uint32_t
rnd(uint32_t n)
{

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % n;
}

#define DIE(...) do {							\
	fprintf(stderr, "fuzz_fs: " __VA_ARGS__);			\
	fprintf(stderr, "\n");						\
	abort();							\
} while (0)

/* ---- the disk ---- */

#define SEC	512
static uint8_t *disk_data;
static uint64_t disk_size, disk_limit;	/* limit: where it is cut off */
static uint8_t *disk_changed;		/* per sector: differs from the base */
static int64_t power = -1;		/* writes until it fails; -1: never */
static uint64_t nwrites;
static int verbose, iso_flags;
static const char *hostname = "disk";	/* "disks2": its second partition */

int
rumpuser_open(const char *name, int mode, int *fdp)
{

	if (strcmp(name, "disk") != 0)
		return 2;
	*fdp = 7;
	return 0;
}
int rumpuser_close(int fd) { return 0; }

int
rumpuser_getfileinfo(const char *name, uint64_t *size, int *type)
{

	if (strcmp(name, "disk") != 0)
		return 2;
	if (size != NULL)
		*size = disk_limit;
	if (type != NULL)
		*type = RUMPUSER_FT_BLK;
	return 0;
}

int
rumpuser_iovread(int fd, struct rumpuser_iovec *iov, size_t n, int64_t off,
    size_t *r)
{

	if (off < 0 || n != 1 || (uint64_t)off > disk_limit ||
	    iov->iov_len > disk_limit - off)
		DIE("read of %zu at %ld, disk has %lu", iov->iov_len, off,
		    disk_limit);
	memcpy(iov->iov_base, disk_data + off, iov->iov_len);
	*r = iov->iov_len;
	return 0;
}

/* What sectors were when the disk's cache was last empty; NULL: no change. */
static uint8_t **unflushed;

static void
flushed(void)
{

	for (uint64_t s = 0; unflushed != NULL && s < disk_size / SEC; s++) {
		free(unflushed[s]);
		unflushed[s] = NULL;
	}
}

/* Of what was not flushed, some is there and some is not. */
static void
lose_cache(void)
{

	for (uint64_t s = 0; s < disk_size / SEC; s++)
		if (unflushed[s] != NULL && rnd(2))
			memcpy(disk_data + s * SEC, unflushed[s], SEC);
	flushed();
}

/* Power fails in the middle of a write: some of its sectors are there. */
int
rumpuser_iovwrite(int fd, const struct rumpuser_iovec *iov, size_t n,
    int64_t off, size_t *r)
{
	size_t len = iov->iov_len;

	if (off < 0 || n != 1 || (uint64_t)off > disk_limit ||
	    len > disk_limit - off)
		DIE("write of %zu at %ld, disk has %lu", len, off, disk_limit);
	*r = len;
	nwrites++;
	if (power == 0)
		return 0;
	if (power > 0 && --power == 0)
		len = rnd(len / SEC + 1) * SEC;
	for (uint64_t s = off / SEC; len > 0 && s <= (off + len - 1) / SEC; s++) {
		disk_changed[s] = 1;
		if (unflushed != NULL && unflushed[s] == NULL) {
			unflushed[s] = malloc(SEC);
			memcpy(unflushed[s], disk_data + s * SEC, SEC);
		}
	}
	memcpy(disk_data + off, iov->iov_base, len);
	return 0;
}

int
rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len)
{

	if (power != 0)
		flushed();
	return 0;
}

void
rumpuser_dprintf(const char *fmt, ...)
{
	va_list ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

/* ---- using it ---- */

static int
mount_disk(int iso, int flags)
{
	struct nb_msdos msdos = { .fspec = "/dev/d", .mask = 0755,
	    .dirmask = 0755, .flags = 16 | 2 | 32, .version = 3 };
	struct nb_iso args = { .fspec = "/dev/d", .flags = iso_flags };
	int e;

	if ((e = rump_pub_etfs_register("/dev/d", hostname, 1)) != 0) {
		if (hostname[4] != 0)
			return -1;
		DIE("etfs: %d", e);
	}
	e = iso ? rump___sysimpl_mount50("cd9660", "/m", NB_RDONLY, &args,
	    sizeof(args)) : rump___sysimpl_mount50("msdos", "/m", flags, &msdos,
	    sizeof(msdos));
	if (e == 0)
		return 0;
	if ((e = rump_pub_etfs_remove("/dev/d")) != 0)
		DIE("not mounted, but busy: %d", e);
	return -1;
}

static void
unmount_disk(void)
{
	int e;

	if (rump___sysimpl_unmount("/m", 0) != 0)
		DIE("unmount: %d", myerrno);
	if ((e = rump_pub_etfs_remove("/dev/d")) != 0)
		DIE("etfs: %d", e);
}

static int left;			/* entries that we still look at */

static void
read_file(const char *path, int64_t size, int print)
{
	static uint8_t buf[65536];
	int fd = rump___sysimpl_open(path, 0);
	uint32_t sum = 0;
	int64_t total = 0;
	ssize_t n;

	if (fd < 0)
		return;
	while ((print || total < 300000) && (n = rump___sysimpl_read(fd, buf,
	    print ? sizeof(buf) : 1 + rnd(sizeof(buf)))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			sum = sum * 31 + buf[i];
		if ((total += n) > size)
			DIE("%s: more than its %ld bytes", path, size);
	}
	rump___sysimpl_close(fd);
	if (print)
		printf("%s %ld %08x\n", path + 2, total, sum);
}

static void
walk(const char *dir, int depth, int print)
{
	char path[1200], buf[2048], link[1024];
	struct nb_dirent *de;
	struct nb_stat st;
	int fd = rump___sysimpl_open(dir, 0), n;

	if (fd < 0)
		return;
	while ((n = rump___sysimpl_getdents30(fd, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + n; p += de->reclen) {
			de = (struct nb_dirent *)(void *)p;
			if (de->reclen == 0 || p + de->reclen > buf + n ||
			    strlen(de->name) != de->namlen)
				DIE("bad entry in %s", dir);
			if (de->name[0] == '.' && (de->name[1] == 0 ||
			    (de->name[1] == '.' && de->name[2] == 0)))
				continue;
			if (!print && --left < 0)
				break;
			snprintf(path, sizeof(path), "%s/%s", dir, de->name);
			if (strlen(path) > 900 ||
			    rump___sysimpl_lstat50(path, &st) != 0)
				continue;
			if ((st.mode & 0170000) == 0040000 && depth < 12) {
				if (print)
					printf("%s/\n", path + 2);
				walk(path, depth + 1, print);
			} else if ((st.mode & 0170000) == 0120000) {
				ssize_t k = rump___sysimpl_readlink(path, link,
				    sizeof(link));
				if (print)
					printf("%s -> %.*s\n", path + 2, (int)k,
					    link);
			} else
				read_file(path, st.size, print);
		}
		if (!print && left < 0)
			break;
	}
	rump___sysimpl_close(fd);
}

/* Some of everything that changes a volume. */
static void
change(void)
{
	static const char *const name[] = { "/m/new file.txt", "/m/dir/inner",
	    "/m/dir", "/m/\303\244.longer.name", "/m/B", "/m/dir2" };
	static uint8_t buf[70000];
	const char *a, *b;
	int fd;

	for (int i = 0; i < 12; i++) {
		a = name[rnd(6)];
		b = name[rnd(6)];
		switch (rnd(6)) {
		case 0:
			rump___sysimpl_mkdir(a, 0755);
			break;
		case 1:
			rump___sysimpl_rename(a, b);
			break;
		case 2:
			rump___sysimpl_unlink(a);
			rump___sysimpl_rmdir(b);
			break;
		default:
			fd = rump___sysimpl_open(a, NB_RDWR | NB_CREAT, 0644);
			if (fd < 0)
				break;
			memset(buf, i, sizeof(buf));
			rump___sysimpl_pwrite(fd, buf, rnd(sizeof(buf)),
			    rnd(100000));
			if (rnd(3) == 0)
				rump___sysimpl_ftruncate(fd, rnd(150000));
			if (rnd(3) == 0)
				rump___sysimpl_unlink(a);
			rump___sysimpl_close(fd);
			break;
		}
	}
}

/* ---- images ---- */

static struct image {
	uint8_t		*base;
	uint64_t	size;
	uint32_t	*used, nused;	/* sectors that are not all zeros */
	int		iso;
} images[16];
static int nimages;

static void
image_use(struct image *im)
{

	disk_data = realloc(disk_data, im->size);
	disk_changed = realloc(disk_changed, im->size / SEC + 1);
	disk_size = disk_limit = im->size;
	memcpy(disk_data, im->base, im->size);
	memset(disk_changed, 0, im->size / SEC + 1);
}

static void
image_restore(struct image *im)
{

	for (uint64_t s = 0; s < im->size / SEC; s++)
		if (disk_changed[s]) {
			memcpy(disk_data + s * SEC, im->base + s * SEC, SEC);
			disk_changed[s] = 0;
		}
	disk_limit = im->size;
}

static void
image_index(struct image *im)
{
	static const uint8_t zero[SEC];

	im->used = malloc(im->size / SEC * sizeof(*im->used) + 1);
	im->nused = 0;
	for (uint64_t s = 0; s < im->size / SEC; s++)
		if (memcmp(im->base + s * SEC, zero, SEC) != 0)
			im->used[im->nused++] = s;
}

static void
image_load(const char *path)
{
	struct image *im = &images[nimages++];
	FILE *f = fopen(path, "rb");

	if (f == NULL || nimages == 16)
		DIE("%s: can't be read", path);
	fseek(f, 0, SEEK_END);
	im->size = ftell(f) / SEC * SEC;
	rewind(f);
	im->base = malloc(im->size);
	if (fread(im->base, 1, im->size, f) != im->size)
		DIE("%s: short", path);
	fclose(f);
	im->iso = im->size > 34816 && memcmp(im->base + 32769, "CD001", 5) == 0;
	if (!im->iso) {			/* something to damage */
		image_use(im);
		if (mount_disk(0, 0) != 0)
			DIE("%s: not mounted", path);
		for (int i = 0; i < 5; i++)
			change();
		unmount_disk();
		memcpy(im->base, disk_data, im->size);
	}
	image_index(im);
}
