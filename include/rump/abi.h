/*
 * abi.h: NetBSD's amd64 ABI as the rump kernel client API speaks it: types,
 * structures and numbers of files, time, poll and mounts.  Sockets: abi_net.h.
 * Error numbers: the C library's errno.h.  The same from NetBSD 7 to 11.
 *
 * Facts: NetBSD sys/sys/{ansi,types,stat,fcntl,time,poll,dirent,uio,ioccom,
 * filio,ttycom,fstypes,mount,sysctl,reboot,fd_set}.h and the mount arguments
 * of its file systems; every value here and in abi_net.h was compared by compiler
 * with the headers of a tree of 2016 (7.99.34) and of NetBSD 11.
 */
#ifndef SIRLOIN_RUMP_ABI_H
#define SIRLOIN_RUMP_ABI_H

#include <stddef.h>
#include <stdint.h>

/* ---- types ---- */

typedef long		ssize_t;
typedef int64_t		off_t;
typedef int32_t		pid_t;
typedef uint32_t	uid_t, gid_t, mode_t, nlink_t;
typedef uint64_t	dev_t, ino_t;
typedef int64_t		blkcnt_t;
typedef int32_t		blksize_t;
typedef int64_t		time_t;
typedef int32_t		suseconds_t;
typedef uint32_t	useconds_t;
typedef int		clockid_t;

/* ---- time ---- */

struct timespec { time_t tv_sec; long tv_nsec; };
struct timeval { time_t tv_sec; suseconds_t tv_usec; };
#define CLOCK_REALTIME	0
#define CLOCK_VIRTUAL	1
#define CLOCK_PROF	2
#define CLOCK_MONOTONIC	3

/* ---- files ---- */

struct iovec { void *iov_base; size_t iov_len; };

struct stat {
	dev_t		st_dev;
	mode_t		st_mode;
	ino_t		st_ino;
	nlink_t		st_nlink;
	uid_t		st_uid;
	gid_t		st_gid;
	dev_t		st_rdev;
	struct timespec	st_atim, st_mtim, st_ctim, st_birthtim;
	off_t		st_size;
	blkcnt_t	st_blocks;	/* of 512 bytes */
	blksize_t	st_blksize;
	uint32_t	st_flags, st_gen, st_spare[2];
};
/* As before NetBSD 10; since then f_fstypename is 20 bytes further on. */
struct statvfs {
	unsigned long	f_flag, f_bsize, f_frsize, f_iosize;
	uint64_t	f_blocks, f_bfree, f_bavail, f_bresvd;
	uint64_t	f_files, f_ffree, f_favail, f_fresvd;
	uint64_t	f_syncreads, f_syncwrites, f_asyncreads, f_asyncwrites;
	int32_t		f_fsidx[2];
	unsigned long	f_fsid, f_namemax;
	uid_t		f_owner;
	uint32_t	f_spare[4];
	char		f_fstypename[32], f_mntonname[1024], f_mntfromname[1024];
};
#define st_atime	st_atim.tv_sec
#define st_mtime	st_mtim.tv_sec
#define st_ctime	st_ctim.tv_sec
#define st_birthtime	st_birthtim.tv_sec

#define S_IFMT		0170000
#define S_IFIFO		0010000
#define S_IFCHR		0020000
#define S_IFDIR		0040000
#define S_IFBLK		0060000
#define S_IFREG		0100000
#define S_IFLNK		0120000
#define S_IFSOCK	0140000
#define S_ISFIFO(m)	(((m) & S_IFMT) == S_IFIFO)
#define S_ISCHR(m)	(((m) & S_IFMT) == S_IFCHR)
#define S_ISDIR(m)	(((m) & S_IFMT) == S_IFDIR)
#define S_ISBLK(m)	(((m) & S_IFMT) == S_IFBLK)
#define S_ISREG(m)	(((m) & S_IFMT) == S_IFREG)
#define S_ISLNK(m)	(((m) & S_IFMT) == S_IFLNK)
#define S_ISSOCK(m)	(((m) & S_IFMT) == S_IFSOCK)
#define S_ISUID		0004000
#define S_ISGID		0002000
#define S_ISVTX		0001000
#define S_IRWXU		0000700
#define S_IRUSR		0000400
#define S_IWUSR		0000200
#define S_IXUSR		0000100
#define S_IRWXG		0000070
#define S_IRGRP		0000040
#define S_IWGRP		0000020
#define S_IXGRP		0000010
#define S_IRWXO		0000007
#define S_IROTH		0000004
#define S_IWOTH		0000002
#define S_IXOTH		0000001

#define O_RDONLY	0x00000000
#define O_WRONLY	0x00000001
#define O_RDWR		0x00000002
#define O_ACCMODE	0x00000003
#define O_NONBLOCK	0x00000004
#define O_APPEND	0x00000008
#define O_SHLOCK	0x00000010
#define O_EXLOCK	0x00000020
#define O_ASYNC		0x00000040
#define O_SYNC		0x00000080
#define O_NOFOLLOW	0x00000100
#define O_CREAT		0x00000200
#define O_TRUNC		0x00000400
#define O_EXCL		0x00000800
#define O_NOCTTY	0x00008000
#define O_DSYNC		0x00010000
#define O_RSYNC		0x00020000
#define O_DIRECT	0x00080000
#define O_DIRECTORY	0x00200000
#define O_CLOEXEC	0x00400000
#define O_NOSIGPIPE	0x01000000

#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_GETOWN	5
#define F_SETOWN	6
#define F_GETLK		7
#define F_SETLK		8
#define F_SETLKW	9
#define F_CLOSEM	10
#define F_MAXFD		11
#define F_DUPFD_CLOEXEC	12
#define F_GETNOSIGPIPE	13
#define F_SETNOSIGPIPE	14
#define FD_CLOEXEC	1

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2

#define F_OK		0
#define X_OK		1
#define W_OK		2
#define R_OK		4
#define AT_FDCWD	(-100)

#define UTIME_NOW	((1 << 30) - 1)
#define UTIME_OMIT	((1 << 30) - 2)

struct dirent {
	ino_t		d_fileno;
	uint16_t	d_reclen, d_namlen;
	uint8_t		d_type;
	char		d_name[512];
};
#define d_ino		d_fileno
#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10
#define DT_SOCK		12

/* ---- poll, select ---- */

struct pollfd { int fd; short events, revents; };
typedef unsigned int	nfds_t;
#define POLLIN		0x0001
#define POLLPRI		0x0002
#define POLLOUT		0x0004
#define POLLERR		0x0008
#define POLLHUP		0x0010
#define POLLNVAL	0x0020
#define POLLRDNORM	0x0040
#define POLLWRNORM	POLLOUT
#define POLLRDBAND	0x0080
#define POLLWRBAND	0x0100

#define FD_SETSIZE	256
typedef struct fd_set { uint32_t fds_bits[FD_SETSIZE / 32]; } fd_set;
#define FD_SET(n, p)	((p)->fds_bits[(unsigned)(n) >> 5] |= 1U << ((n) & 31))
#define FD_CLR(n, p)	((p)->fds_bits[(unsigned)(n) >> 5] &= ~(1U << ((n) & 31)))
#define FD_ISSET(n, p)	(((p)->fds_bits[(unsigned)(n) >> 5] >> ((n) & 31)) & 1)
#define FD_ZERO(p)	((void)__builtin_memset((p), 0, sizeof(*(p))))

/* ---- ioctl ---- */

#define IOCPARM_LEN(x)	(((x) >> 16) & 0x1fff)
#define IOC_VOID	0x20000000UL
#define IOC_OUT		0x40000000UL
#define IOC_IN		0x80000000UL
#define IOC_INOUT	(IOC_IN | IOC_OUT)
#define _IOC(inout, group, num, len)					\
	((inout) | (((len) & 0x1fffUL) << 16) | ((group) << 8) | (num))
#define _IO(g, n)	_IOC(IOC_VOID, (g), (n), 0)
#define _IOR(g, n, t)	_IOC(IOC_OUT, (g), (n), sizeof(t))
#define _IOW(g, n, t)	_IOC(IOC_IN, (g), (n), sizeof(t))
#define _IOWR(g, n, t)	_IOC(IOC_INOUT, (g), (n), sizeof(t))

#define FIOCLEX		_IO('f', 1)
#define FIONCLEX	_IO('f', 2)
#define FIONREAD	_IOR('f', 127, int)
#define FIONBIO		_IOW('f', 126, int)
#define FIONWRITE	_IOR('f', 121, int)
#define FIONSPACE	_IOR('f', 120, int)

struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; };
#define TIOCGWINSZ	_IOR('t', 104, struct winsize)

/* of disks (NetBSD sys/dkio.h) */
#define DIOCCACHESYNC	_IOW('d', 118, int)	/* not 0: even if it seems clean */
#define DIOCGMEDIASIZE	_IOR('d', 132, off_t)
#define DIOCGSECTORSIZE	_IOR('d', 133, unsigned)

/* ---- mounts ---- */

#define MNT_RDONLY	0x00000001
#define MNT_SYNCHRONOUS	0x00000002
#define MNT_NOATIME	0x04000000
#define MNT_UPDATE	0x00010000
#define MNT_FORCE	0x00080000
#define MNT_LOG		0x02000000

#define MOUNT_TMPFS	"tmpfs"
#define MOUNT_MSDOS	"msdos"
#define MOUNT_CD9660	"cd9660"
#define MOUNT_EXT2FS	"ext2fs"
#define MOUNT_FFS	"ffs"
#define MOUNT_UDF	"udf"			/* NetBSD's */
#define MOUNT_9P	"9p"			/* the built-in kernel's; ufs_args */
#define MOUNT_NFS	"nfs"			/* NetBSD's */

/* ffs and ext2fs */
struct ufs_args { char *fspec; };
struct tmpfs_args {
	int		ta_version;		/* 1 */
	ino_t		ta_nodes_max;		/* 0: no limit */
	off_t		ta_size_max;		/* 0: no limit */
	uid_t		ta_root_uid;
	gid_t		ta_root_gid;
	mode_t		ta_root_mode;
};
#define TMPFS_ARGS_VERSION	1
struct rump_export_args30 {			/* never read, but has a size */
	int		ex_flags;
	uid_t		ex_root;
	struct {
		unsigned short	cr_unused;
		uid_t		cr_uid;
		gid_t		cr_gid;
		short		cr_ngroups;
		gid_t		cr_groups[16];
	}		ex_anon;
	void		*ex_addr;
	int		ex_addrlen;
	void		*ex_mask;
	int		ex_masklen;
	char		*ex_indexfile;
};
struct msdosfs_args {
	char		*fspec;
	struct rump_export_args30 _pad1;
	uid_t		uid;
	gid_t		gid;
	mode_t		mask;
	int		flags;			/* MSDOSFSMNT_VERSIONED ... */
	int		version;
	mode_t		dirmask;
	int		gmtoff;			/* seconds */
};
#define MSDOSFSMNT_VERSION	3
#define MSDOSFSMNT_LONGNAME	2
#define MSDOSFSMNT_VERSIONED	16
#define MSDOSFSMNT_UTF8		32
struct iso_args {		/* NetBSD 11's is longer, but takes this one */
	const char	*fspec;
	struct rump_export_args30 _pad1;
	int		flags;
};
struct udf_args {
	uint32_t	version;		/* 1 */
	char		*fspec;
	int32_t		sessionnr;
	uint32_t	udfmflags;
	int32_t		gmtoff;
	uid_t		anon_uid;
	gid_t		anon_gid;
	uid_t		nobody_uid;
	gid_t		nobody_gid;
	uint32_t	sector_size;
	uint8_t		reserved[32];
};
struct nfs_args {				/* sys/nfs/nfsmount.h */
	int		version;		/* 3 */
	void		*addr;			/* struct sockaddr */
	int		addrlen, sotype, proto;
	uint8_t		*fh;
	int		fhsize, flags, wsize, rsize, readdirsize;
	int		timeo, retrans, maxgrouplist, readahead, leaseterm;
	int		deadthresh;
	char		*hostname;
};
#define NFS_ARGSVERSION	3
#define NFSMNT_WSIZE	0x0002
#define NFSMNT_RSIZE	0x0004
#define NFSMNT_NFSV3	0x0200
#define NFSMNT_RESVPORT	0x8000
#define ISOFSMNT_NORRIP		0x1
#define ISOFSMNT_NOJOLIET	0x8

/* ---- the rest ---- */

#define RB_AUTOBOOT	0
#define RB_NOSYNC	0x04
#define RB_HALT		0x08
#define RB_POWERDOWN	(RB_HALT | 0x800)

#define CTL_KERN	1
#define CTL_HW		6
#define CTL_VENDOR	11		/* 1: devices as JSON, ours */
#define KERN_OSTYPE	1
#define KERN_OSRELEASE	2
#define KERN_VERSION	4
#define KERN_HOSTNAME	10
#define HW_NCPU		3
#define HW_PAGESIZE	7

#endif /* SIRLOIN_RUMP_ABI_H */
