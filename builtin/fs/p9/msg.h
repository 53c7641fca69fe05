/*
 * msg.h: 9P2000.L's messages (Linux: Documentation/filesystems/9p.rst and the
 * protocol's description at github.com/chaos/diod/blob/master/protocol.md):
 * putting numbers and strings into one, and taking them out of what a server
 * sent, which is not believed: whatever is taken beyond the end, or is no
 * name, marks the message bad, and reads as zeroes from there on.  Pure code.
 */
#ifndef BUILTIN_P9_MSG_H
#define BUILTIN_P9_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum p9type {			/* a reply's is one more */
	P9_LERROR = 6, P9_STATFS = 8, P9_LOPEN = 12, P9_LCREATE = 14, P9_SYMLINK = 16,
	P9_RENAMEAT = 74, P9_READLINK = 22, P9_GETATTR = 24, P9_SETATTR = 26,
	P9_READDIR = 40, P9_FSYNC = 50, P9_MKDIR = 72, P9_UNLINKAT = 76,
	P9_VERSION = 100, P9_ATTACH = 104, P9_WALK = 110, P9_READ = 116,
	P9_WRITE = 118, P9_CLUNK = 120
};
#define P9_HEADER	7	/* size[4] type[1] tag[2] */
#define P9_NOTAG	0xffff
#define P9_NOFID	0xffffffffU
#define P9_NAMEMAX	255

#define P9_QTDIR	0x80
#define P9_QTSYMLINK	0x02

struct p9qid { uint8_t type; uint32_t version; uint64_t path; };
struct p9attr {
	struct p9qid	qid;
	uint32_t	mode, uid, gid;
	uint64_t	nlink, rdev, size, blksize, blocks;
	uint64_t	sec[4], nsec[4];	/* atime, mtime, ctime, btime */
};
#define P9_ATTR_ALL	0x3fffULL

struct p9msg {
	uint8_t		*p;
	size_t		size;		/* room, or bytes that there are */
	size_t		at;
	bool		bad;
};

void	p9_begin(struct p9msg *, uint8_t *buf, size_t room, enum p9type,
	    uint16_t tag);
void	p9_put8(struct p9msg *, uint8_t);
void	p9_put16(struct p9msg *, uint16_t);
void	p9_put32(struct p9msg *, uint32_t);
void	p9_put64(struct p9msg *, uint64_t);
void	p9_putstr(struct p9msg *, const char *);
/* The message's bytes; 0: it had no room. */
size_t	p9_end(struct p9msg *);

/*
 * A reply of n bytes to a request: 0, a NetBSD error that the server sent, or
 * EIO: not a reply to it.  The cursor stands after the header.
 */
int	p9_reply(struct p9msg *, uint8_t *buf, size_t n, enum p9type, uint16_t tag);
uint8_t	p9_get8(struct p9msg *);
uint16_t p9_get16(struct p9msg *);
uint32_t p9_get32(struct p9msg *);
uint64_t p9_get64(struct p9msg *);
/* Cut off at size - 1; one with a NUL in it is bad.  Its length. */
size_t	p9_getstr(struct p9msg *, char *, size_t size);
void	p9_getqid(struct p9msg *, struct p9qid *);
void	p9_getattr(struct p9msg *, struct p9attr *);
/* A count of at most max bytes, that are there; NULL: not so. */
const uint8_t *p9_getdata(struct p9msg *, size_t max, size_t *n);
/* An entry of a directory; false: there is no more (or it is bad). */
struct p9dirent { struct p9qid qid; uint64_t next; char name[P9_NAMEMAX + 1]; };
bool	p9_getdirent(struct p9msg *, struct p9dirent *);
int	p9_errno(uint32_t linux_errno);

#endif /* BUILTIN_P9_MSG_H */
