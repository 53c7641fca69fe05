/* sockmsg.c: sendmsg, recvmsg and their like, with control messages. */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"
#include "sock.h"

struct lx_msghdr {
	void		*name;
	socklen_t	namelen;
	struct iovec	*iov;
	size_t		iovlen;
	void		*control;
	size_t		controllen;
	int		flags;
};

/* ---- control messages: the same but for the header's first word ---- */

struct lx_cmsghdr { size_t len; int level, type; };
#define ALIGN8(n)	(((size_t)(n) + 7) & ~(size_t)7)
#define HEAD		16		/* of both */
_Static_assert(sizeof(struct lx_cmsghdr) == HEAD &&
    ALIGN8(sizeof(struct cmsghdr)) == HEAD, "heads");
#define MAXCONTROL	10240UL
#define FEW		512

struct lx_pktinfo { int ifindex; uint32_t from, to; };
struct nb_pktinfo { uint32_t addr; unsigned ifindex; };

struct control {
	char		few[FEW];
	char		*buf;		/* NetBSD's */
	size_t		size;
};

static long
control_begin(struct control *c, size_t size)
{

	c->buf = NULL;
	c->size = size;
	if (size > MAXCONTROL)
		return -LX_EINVAL;
	if (size > 0)
		c->buf = size <= FEW ? c->few : rumpcomp_host_malloc(size, 0);
	return size > 0 && c->buf == NULL ? -LX_ENOMEM : 0;
}

static void
control_end(struct control *c)
{

	if (c->buf != c->few)
		rumpcomp_host_free(c->buf);
}

/* What the rump kernel takes for a pipe can't arrive as what it is. */
static bool
any_special(const char *fds, size_t n)
{
	struct lx_special *s;
	int fd;

	for (; lx_nspecial != 0 && n >= sizeof(fd); n -= sizeof(fd)) {
		memcpy(&fd, fds, sizeof(fd));
		fds += sizeof(fd);
		if ((s = lx_special_get(fd)) != NULL) {
			lx_special_put(s);
			return true;
		}
	}
	return false;
}

/* One message's data, n bytes; its length afterwards, or an error. */
static long
data_in(const struct lx_cmsghdr *h, struct cmsghdr *out, const char *data,
    size_t n, char *to)
{
	struct lx_pktinfo pi;
	struct nb_pktinfo po;

	out->cmsg_level = h->level;
	if (h->level == LX_SOL_SOCKET && h->type == LX_SCM_RIGHTS) {
		if (any_special(data, n)) {
			(void)lx_missing("sending an eventfd, a timerfd or "
			    "an epoll", 46);
			return -LX_EOPNOTSUPP;
		}
		out->cmsg_level = SOL_SOCKET;
		out->cmsg_type = NB_SCM_RIGHTS;
	} else if (h->level == 0 && h->type == LX_IP_PKTINFO &&
	    n >= sizeof(pi)) {
		memcpy(&pi, data, sizeof(pi));
		po = (struct nb_pktinfo){ pi.from, (unsigned)pi.ifindex };
		out->cmsg_type = NB_IP_PKTINFO;
		memcpy(to, &po, sizeof(po));
		return sizeof(po);
	} else if (h->level == 41 && h->type == LX_IPV6_PKTINFO)
		out->cmsg_type = NB_IPV6_PKTINFO;
	else {
		(void)lx_missing("sending other control messages than "
		    "descriptors and packet information", 46);
		return -LX_EINVAL;
	}
	memcpy(to, data, n);
	return (long)n;
}

/* What the program sends; c->size becomes NetBSD's length. */
static long
control_in(struct control *c, const struct lx_msghdr *m)
{
	const char *p = m->control, *end = p + m->controllen;
	struct lx_cmsghdr h;
	struct cmsghdr nh;
	char *to = c->buf;
	long n;

	while ((size_t)(end - p) >= HEAD) {
		memcpy(&h, p, HEAD);
		if (h.len < HEAD || h.len > (size_t)(end - p))
			return -LX_EINVAL;
		n = data_in(&h, &nh, p + HEAD, h.len - HEAD, to + HEAD);
		if (n < 0)
			return n;
		nh.cmsg_len = (socklen_t)(HEAD + n);
		memset(to, 0, HEAD);
		memcpy(to, &nh, sizeof(nh));
		to += ALIGN8(HEAD + n);
		p += ALIGN8(h.len) < (size_t)(end - p) ? ALIGN8(h.len) :
		    (size_t)(end - p);
	}
	c->size = (size_t)(to - c->buf);
	return 0;
}

/* One message for the program: bytes of room that it takes; 0: none is left. */
static size_t
data_out(const struct cmsghdr *nh, const char *data, char *to, size_t room)
{
	struct lx_cmsghdr h = { nh->cmsg_len, nh->cmsg_level, nh->cmsg_type };
	struct nb_pktinfo pi;
	struct lx_pktinfo po;
	size_t n = nh->cmsg_len - HEAD;

	if (h.level == SOL_SOCKET && h.type == NB_SCM_RIGHTS) {
		h.level = LX_SOL_SOCKET;
		h.type = LX_SCM_RIGHTS;
	} else if (h.level == 0 && (h.type == NB_IP_PKTINFO ||
	    h.type == NB_IP_RECVPKTINFO)) {
		memcpy(&pi, data, sizeof(pi));
		po = (struct lx_pktinfo){ (int)pi.ifindex, pi.addr, pi.addr };
		data = (const char *)&po;
		n = sizeof(po);
		h.type = LX_IP_PKTINFO;
	} else if (h.level == 41 && h.type == NB_IPV6_PKTINFO)
		h.type = LX_IPV6_PKTINFO;
	if (HEAD + n > room)
		return 0;
	h.len = HEAD + n;
	memcpy(to, &h, HEAD);
	memcpy(to + HEAD, data, n);
	return ALIGN8(h.len) < room ? ALIGN8(h.len) : room;
}

/* What was received; true when all of it had room. */
static bool
control_out(const char *p, size_t left, struct lx_msghdr *m)
{
	size_t room = m->controllen, n, step;
	char *to = m->control;
	struct cmsghdr nh;

	m->controllen = 0;
	while (left >= HEAD) {
		memcpy(&nh, p, sizeof(nh));
		if (nh.cmsg_len < HEAD || nh.cmsg_len > left)
			break;
		if ((n = data_out(&nh, p + HEAD, to, room)) == 0)
			return false;
		to += n;
		room -= n;
		m->controllen += n;
		step = ALIGN8(nh.cmsg_len) < left ? ALIGN8(nh.cmsg_len) : left;
		p += step;
		left -= step;
	}
	return true;
}

/* ---- messages ---- */

static long
send_with(int fd, const struct lx_msghdr *m, int flags, struct control *c)
{
	struct sockaddr_storage ss;
	struct msghdr n = { .msg_iov = m->iov, .msg_iovlen = (int)m->iovlen };
	long r;

	if (c->size > 0 && (r = control_in(c, m)) != 0)
		return r;
	if (c->size > 0) {
		n.msg_control = c->buf;
		n.msg_controllen = (socklen_t)c->size;
	}
	if (m->name != NULL) {
		if ((r = lx_addr_in(&ss, m->name, m->namelen)) != 0)
			return r;
		n.msg_name = &ss;
		n.msg_namelen = ss.ss_len;
	}
	lx_touch_iov(m->iov, (long)m->iovlen, true);
	return lx_did_write(fd, rump_sys_sendmsg(fd, &n, lx_msgflags(flags)),
	    (flags & LX_MSG_NOSIGNAL) != 0);
}

static long
send_one(int fd, const struct lx_msghdr *m, int flags)
{
	struct control c;
	long r = control_begin(&c, m->control != NULL ? m->controllen : 0);

	if (r == 0) {
		r = send_with(fd, m, flags, &c);
		control_end(&c);
	}
	return r;
}

static long
receive_with(int fd, struct lx_msghdr *m, int flags, struct control *c)
{
	struct sockaddr_storage ss = { 0 };
	struct msghdr n = { .msg_iov = m->iov, .msg_iovlen = (int)m->iovlen,
	    .msg_control = c->buf, .msg_controllen = (socklen_t)c->size };
	bool whole;
	long r;

	if (m->name != NULL) {
		n.msg_name = &ss;
		n.msg_namelen = sizeof(ss);
	}
	lx_touch_iov(m->iov, (long)m->iovlen, false);
	r = lx_did_read(fd, rump_sys_recvmsg(fd, &n, lx_msgflags(flags)));
	if (r < 0)
		return r;
	if (m->name != NULL)
		lx_addr_out(&ss, n.msg_namelen, m->name, &m->namelen);
	whole = control_out(c->buf, c->buf != NULL ? n.msg_controllen : 0, m);
	m->flags = (n.msg_flags & MSG_TRUNC ? LX_MSG_TRUNC : 0) |
	    (n.msg_flags & MSG_EOR ? LX_MSG_EOR : 0) |
	    (n.msg_flags & MSG_CTRUNC || !whole ? LX_MSG_CTRUNC : 0) |
	    (n.msg_flags & MSG_OOB);
	return r;
}

static long
receive_one(int fd, struct lx_msghdr *m, int flags)
{
	struct control c;
	long r;

	if (m->control == NULL)
		m->controllen = 0;
	if ((r = control_begin(&c, m->controllen < MAXCONTROL ? m->controllen :
	    MAXCONTROL)) != 0)
		return r;
	r = receive_with(fd, m, flags, &c);
	control_end(&c);
	return r;
}

long
lx_sys_sendmsg(long fd, long msg, long flags, long d, long e, long f)
{

	return send_one((int)fd, (void *)msg, (int)flags);
}

long
lx_sys_recvmsg(long fd, long msg, long flags, long d, long e, long f)
{

	return receive_one((int)fd, (void *)msg, (int)flags);
}

struct lx_mmsghdr { struct lx_msghdr hdr; unsigned len; };

long
lx_sys_sendmmsg(long fd, long vec, long n, long flags, long e, long f)
{
	struct lx_mmsghdr *m = (void *)vec;
	long i, r = 0;

	for (i = 0; i < n && (r = send_one((int)fd, &m[i].hdr, (int)flags)) >= 0;
	    i++)
		m[i].len = (unsigned)r;
	return i > 0 ? i : r;
}

long
lx_sys_recvmmsg(long fd, long vec, long n, long flags, long timeout, long f)
{
	struct lx_mmsghdr *m = (void *)vec;
	long i, r = 0;

	for (i = 0; i < n && (r = receive_one((int)fd, &m[i].hdr, (int)flags |
	    (i > 0 ? LX_MSG_DONTWAIT : 0))) >= 0; i++)
		m[i].len = (unsigned)r;
	return i > 0 ? i : r;
}
