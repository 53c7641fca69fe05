/* attr.c: attributes of files, and directories' contents. */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"

long
lx_sys_fchmod(long fd, long mode, long c, long d, long e, long f)
{

	return lx_result(rump_sys_fchmod((int)fd, (mode_t)mode));
}

/* There is one user. */
long
lx_sys_fchown(long fd, long uid, long gid, long d, long e, long f)
{

	return rump_sys_fcntl((int)fd, F_GETFD, 0) < 0 ? -LX_EBADF :
	    uid <= 0 && gid <= 0 ? 0 : -LX_EPERM;
}

/* ---- times ---- */

#define LX_UTIME_NOW	((1L << 30) - 1)
#define LX_UTIME_OMIT	((1L << 30) - 2)

static void
one_time(const struct lx_timespec *ts, const struct timespec *old,
    struct timeval *tv)
{
	struct timespec now;

	if (ts == NULL || ts->nsec == LX_UTIME_NOW) {
		(void)rump_sys_clock_gettime(CLOCK_REALTIME, &now);
		*tv = (struct timeval){ now.tv_sec,
		    (suseconds_t)(now.tv_nsec / 1000) };
	} else if (ts->nsec == LX_UTIME_OMIT)
		*tv = (struct timeval){ old->tv_sec,
		    (suseconds_t)(old->tv_nsec / 1000) };
	else
		*tv = (struct timeval){ ts->sec, (suseconds_t)(ts->nsec / 1000) };
}

long
lx_sys_utimensat(long dirfd, long path, long times, long flags, long e, long f)
{
	const struct lx_timespec *ts = (const void *)times;
	struct timespec nts[2];
	struct timeval tv[2];
	struct stat st;

	if (path == 0) {
		for (int i = 0; i < 2; i++)
			nts[i] = ts == NULL ? (struct timespec){ 0, UTIME_NOW } :
			    (struct timespec){ ts[i].sec, ts[i].nsec };
		return lx_result(rump_sys_futimens((int)dirfd, nts));
	}
	if (*(const char *)path != '/' && dirfd != AT_FDCWD)
		return lx_missing("utimensat in a directory", 280);
	if (rump_sys_stat((const char *)path, &st) < 0)
		return lx_result(-1);
	one_time(ts, &st.st_atim, &tv[0]);
	one_time(ts != NULL ? ts + 1 : NULL, &st.st_mtim, &tv[1]);
	return lx_result(rump_sys_utimes((const char *)path, tv));
}

long
lx_sys_utimes(long path, long times, long c, long d, long e, long f)
{
	const int64_t (*t)[2] = (const void *)times;
	struct lx_timespec ts[2];

	if (t == NULL)
		return lx_sys_utimensat(AT_FDCWD, path, 0, 0, 0, 0);
	for (int i = 0; i < 2; i++)
		ts[i] = (struct lx_timespec){ t[i][0], t[i][1] * 1000 };
	return lx_sys_utimensat(AT_FDCWD, path, (long)ts, 0, 0, 0);
}

long
lx_sys_utime(long path, long times, long c, long d, long e, long f)
{
	const int64_t *t = (const void *)times;
	struct lx_timespec ts[2];

	if (t == NULL)
		return lx_sys_utimensat(AT_FDCWD, path, 0, 0, 0, 0);
	for (int i = 0; i < 2; i++)
		ts[i] = (struct lx_timespec){ t[i], 0 };
	return lx_sys_utimensat(AT_FDCWD, path, (long)ts, 0, 0, 0);
}

/* ---- space ---- */

long
lx_sys_fadvise64(long fd, long off, long n, long advice, long e, long f)
{

	return rump_sys_fcntl((int)fd, F_GETFD, 0) < 0 ? -LX_EBADF : 0;
}

/* Without FALLOC_FL_ flags: the file is at least so long. */
long
lx_sys_fallocate(long fd, long mode, long off, long n, long e, long f)
{
	struct stat st;

	if (mode != 0)
		return -LX_EOPNOTSUPP;
	if (rump_sys_fstat((int)fd, &st) < 0)
		return lx_result(-1);
	if (st.st_size >= off + n)
		return 0;
	return lx_result(rump_sys_ftruncate((int)fd, off + n));
}

/* Magic numbers: linux/magic.h. */
static const struct { const char *name; int64_t magic; } fstypes[] = {
	{ "msdos", 0x4d44 }, { "cd9660", 0x9660 }, { "tmpfs", 0x01021994 },
	{ "ext2fs", 0xef53 }, { "ffs", 0x00011954 }, { "nfs", 0x6969 },
	{ "udf", 0x15013346 }, { "9p", 0x01021997 }, { "devfs", 0x1373 },
};

struct lx_statfs {
	int64_t		type, bsize;
	uint64_t	blocks, bfree, bavail, files, ffree;
	int32_t		fsid[2];
	int64_t		namelen, frsize, flags, spare[4];
};
/* NetBSD 11's has longer names. */
union statbuf {
	struct statvfs	old;
	char		room[4096];
};
#define NEW_TYPENAME	192		/* f_fstypename since NetBSD 10 */

static long
statfs_out(const union statbuf *sv, bool old, struct lx_statfs *o)
{
	const char *name = old ? sv->old.f_fstypename : sv->room + NEW_TYPENAME;

	memset(o, 0, sizeof(*o));
	for (size_t i = 0; i < sizeof(fstypes) / sizeof(fstypes[0]); i++)
		if (strncmp(fstypes[i].name, name, 32) == 0)
			o->type = fstypes[i].magic;
	o->bsize = o->frsize = (int64_t)sv->old.f_frsize;
	o->blocks = sv->old.f_blocks;
	o->bfree = sv->old.f_bfree;
	o->bavail = sv->old.f_bavail;
	o->files = sv->old.f_files;
	o->ffree = sv->old.f_ffree;
	o->fsid[0] = (int32_t)sv->old.f_fsid;
	o->namelen = (int64_t)sv->old.f_namemax;
	o->flags = sv->old.f_flag & 1;		/* read-only: the same bit */
	return 0;
}

long
lx_sys_statfs(long path, long out, long c, long d, long e, long f)
{
	bool old = rump___sysimpl_statvfs1 != NULL;
	union statbuf *sv = rumpcomp_host_malloc(sizeof(*sv), 0);
	long r = -LX_ENOMEM;

	if (sv == NULL)
		return r;
	if (!old && rump___sysimpl_statvfs190 == NULL)
		r = lx_missing("statfs", 137);
	else
		r = lx_result(old ?
		    rump___sysimpl_statvfs1((const char *)path, &sv->old, 0) :
		    rump___sysimpl_statvfs190((const char *)path, sv, 0));
	if (r == 0)
		r = statfs_out(sv, old, (void *)out);
	rumpcomp_host_free(sv);
	return r;
}

long
lx_sys_fstatfs(long fd, long out, long c, long d, long e, long f)
{
	bool old = rump___sysimpl_fstatvfs1 != NULL;
	union statbuf *sv = rumpcomp_host_malloc(sizeof(*sv), 0);
	long r = -LX_ENOMEM;

	if (sv == NULL)
		return r;
	if (!old && rump___sysimpl_fstatvfs190 == NULL)
		r = lx_missing("fstatfs", 138);
	else
		r = lx_result(old ?
		    rump___sysimpl_fstatvfs1((int)fd, &sv->old, 0) :
		    rump___sysimpl_fstatvfs190((int)fd, sv, 0));
	if (r == 0)
		r = statfs_out(sv, old, (void *)out);
	rumpcomp_host_free(sv);
	return r;
}

/* ---- directories ---- */

struct lx_dirent {
	uint64_t	ino;
	int64_t		off;
	uint16_t	reclen;
	uint8_t		type;
	char		name[];
} __attribute__((packed));

/*
 * Linux's records are up to 8 bytes longer than NetBSD's, of which the
 * shortest has 16: two thirds of the room are asked for.
 */
long
lx_sys_getdents64(long fd, long out, long n, long d, long e, long f)
{
	size_t ask = (size_t)n * 2 / 3 & ~511UL;
	char *buf, *end = (char *)out + n, *o = (char *)out;
	long r;

	if (ask < 512)
		return -LX_EINVAL;
	if ((buf = rumpcomp_host_malloc(ask, 0)) == NULL)
		return -LX_ENOMEM;
	r = rump_sys_getdents((int)fd, buf, ask);
	for (char *p = buf; r > 0 && p < buf + r;) {
		const struct dirent *de = (const void *)p;
		size_t len = (sizeof(struct lx_dirent) + de->d_namlen + 1 + 7) &
		    ~7UL;
		struct lx_dirent *l = (void *)o;

		p += de->d_reclen;
		if (de->d_fileno == 0 || o + len > end)
			continue;
		l->ino = de->d_fileno;
		l->off = rump_sys_lseek((int)fd, 0, SEEK_CUR);
		l->reclen = (uint16_t)len;
		l->type = de->d_type;		/* the same numbers */
		memcpy(l->name, de->d_name, de->d_namlen);
		l->name[de->d_namlen] = '\0';
		o += len;
	}
	rumpcomp_host_free(buf);
	return r < 0 ? lx_result(r) : o - (char *)out;
}

/* ---- statx ---- */

struct lx_statx {
	uint32_t	mask, blksize;
	uint64_t	attributes;
	uint32_t	nlink, uid, gid;
	uint16_t	mode, pad1;
	uint64_t	ino, size, blocks, attributes_mask;
	struct { int64_t sec; uint32_t nsec; int32_t pad; } atim, btim, ctim, mtim;
	uint32_t	rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t	spare[14];
};
#define STATX_BASIC	0x7ff

long
lx_sys_statx(long dirfd, long path, long flags, long mask, long out, long f)
{
	struct lx_statx *o = (void *)out;
	struct lx_stat st;
	long r = lx_sys_newfstatat(dirfd, path, (long)&st, flags, 0, 0);

	if (r != 0)
		return r;
	memset(o, 0, sizeof(*o));
	o->mask = STATX_BASIC;
	o->blksize = (uint32_t)st.blksize;
	o->nlink = (uint32_t)st.nlink;
	o->uid = st.uid;
	o->gid = st.gid;
	o->mode = (uint16_t)st.mode;
	o->ino = st.ino;
	o->size = (uint64_t)st.size;
	o->blocks = (uint64_t)st.blocks;
	o->atim.sec = st.atim.sec;
	o->atim.nsec = (uint32_t)st.atim.nsec;
	o->mtim.sec = st.mtim.sec;
	o->mtim.nsec = (uint32_t)st.mtim.nsec;
	o->ctim.sec = st.ctim.sec;
	o->ctim.nsec = (uint32_t)st.ctim.nsec;
	o->dev_minor = (uint32_t)st.dev;
	return 0;
}
