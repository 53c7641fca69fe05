/*
 * nfs.c: the configuration's NFS mounts.  The kernel begins with a file handle,
 * and the server's mountd gives it: MOUNT version 3 (RFC 1813, appendix I) over
 * TCP, its port from the portmapper (RFC 1833, version 2), in ONC RPC (RFC 5531).
 * For images whose kernel has NFS (component nfs).
 *
 * "path": "HOST:/DIR", or "HOST,port=N,mountport=N:/DIR", which asks no portmapper.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "start.h"

enum { PROG_PORTMAP = 100000, PROG_NFS = 100003, PROG_MOUNT = 100005 };
enum { PORTMAP_PORT = 111, PORTMAP_GETPORT = 3, MOUNT_MNT = 1 };
#define FHSIZE		64
#define MSGSIZE		1400		/* a path of 1024, and more */
#define RSIZE		32768
#define SECONDS		10

struct server {
	char			host[128];
	const char		*dir;
	struct sockaddr_in	sin;
	uint16_t		port, mountport; /* 0: ask */
};

/* ---- messages: 32-bit words (RFC 4506) ---- */

struct msg {
	uint8_t		b[MSGSIZE];
	size_t		at, len;
	bool		bad;		/* beyond its end */
};

static void
put(struct msg *m, uint32_t v)
{

	if (m->at + 4 > sizeof(m->b)) {
		m->bad = true;
		return;
	}
	for (int shift = 24; shift >= 0; shift -= 8)
		m->b[m->at++] = (uint8_t)(v >> shift);
}

static void
put_bytes(struct msg *m, const char *s)
{
	size_t n = strlen(s), room = (n + 3) & ~(size_t)3;

	put(m, (uint32_t)n);
	if (m->bad || room > sizeof(m->b) - m->at) {
		m->bad = true;
		return;
	}
	memset(m->b + m->at, 0, room);
	memcpy(m->b + m->at, s, n);
	m->at += room;
}

static uint32_t
get(struct msg *m)
{
	uint32_t v = 0;

	if (m->bad || m->len - m->at < 4) {
		m->bad = true;
		return 0;
	}
	for (int i = 0; i < 4; i++)
		v = v << 8 | m->b[m->at++];
	return v;
}

static const uint8_t *
get_bytes(struct msg *m, size_t max, size_t *n)
{
	const uint8_t *p = m->b + m->at;

	*n = get(m);
	if (m->bad || *n > max || ((*n + 3) & ~(size_t)3) > m->len - m->at) {
		m->bad = true;
		return NULL;
	}
	p += 4;
	m->at += (*n + 3) & ~(size_t)3;
	return p;
}

/* ---- one call ---- */

static uint32_t xid = 0x5172;

/* The caller adds the arguments. */
static void
call_begin(struct msg *m, uint32_t prog, uint32_t vers, uint32_t proc)
{

	memset(m, 0, sizeof(*m));
	put(m, 0);			/* the record's length, at the end */
	put(m, ++xid);
	put(m, 0);			/* CALL */
	put(m, 2);			/* RPC's version */
	put(m, prog);
	put(m, vers);
	put(m, proc);
	put(m, 1);			/* AUTH_SYS: root */
	put(m, 28);
	put(m, 0);			/* stamp */
	put_bytes(m, "sirloin");
	put(m, 0);			/* user, group, no others */
	put(m, 0);
	put(m, 0);
	put(m, 0);			/* no verifier */
	put(m, 0);
}

static int
transfer(int s, uint8_t *p, size_t n, bool out)
{
	ssize_t k;

	for (; n > 0; n -= (size_t)k, p += k) {
		k = out ? write(s, p, n) : read(s, p, n);
		if (k == 0)
			return ECONNRESET;
		if (k < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
	}
	return 0;
}

static int
exchange(int s, struct msg *m)
{
	size_t n = m->at;
	uint32_t head;
	int error;

	if (m->bad)
		return ENAMETOOLONG;
	m->at = 0;
	put(m, 0x80000000u | (uint32_t)(n - 4));
	if ((error = transfer(s, m->b, n, true)) != 0 ||
	    (error = transfer(s, m->b, 4, false)) != 0)
		return error;
	m->at = 0;
	m->len = 4;
	head = get(m);
	n = head & 0x7fffffff;
	if ((head & 0x80000000u) == 0 || n > sizeof(m->b))
		return EIO;		/* in pieces, or long: not to these calls */
	m->at = 0;
	m->len = n;
	return transfer(s, m->b, n, false);
}

/* Stands before the results then. */
static int
call_check(struct msg *m)
{
	size_t n;

	if (get(m) != xid || get(m) != 1)
		return EIO;
	if (get(m) != 0)		/* it was denied */
		return EACCES;
	(void)get(m);
	(void)get_bytes(m, 400, &n);
	switch (get(m)) {
	case 0:
		return m->bad ? EIO : 0;
	case 1:				/* no such program, or version */
	case 2:
		return EPROTONOSUPPORT;
	default:
		return EIO;
	}
}

/* A server may answer only those who can bind a port below 1024. */
static void
low_port(int s)
{
	struct sockaddr_in sin = { .sin_len = sizeof(sin),
	    .sin_family = AF_INET };

	for (int port = 1023; port >= 600; port--) {
		sin.sin_port = htons((uint16_t)port);
		if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) == 0)
			return;
	}
}

static int
call(const struct server *sv, uint16_t port, struct msg *m)
{
	struct timeval tv = { .tv_sec = SECONDS };
	struct sockaddr_in sin = sv->sin;
	int s = socket(AF_INET, SOCK_STREAM, 0), error = 0;

	if (s < 0)
		return errno;
	low_port(s);
	(void)setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	sin.sin_port = htons(port);
	if (connect(s, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		error = errno;
	if (error == 0 && (error = exchange(s, m)) == 0)
		error = call_check(m);
	close(s);
	return error;
}

/* ---- the two programs ---- */

static int
find_port(const struct server *sv, uint32_t prog, uint16_t *port)
{
	struct msg m;
	uint32_t n;
	int error;

	if (*port != 0)
		return 0;
	call_begin(&m, PROG_PORTMAP, 2, PORTMAP_GETPORT);
	put(&m, prog);
	put(&m, 3);
	put(&m, IPPROTO_TCP);
	put(&m, 0);
	if ((error = call(sv, PORTMAP_PORT, &m)) != 0)
		return error;
	n = get(&m);
	if (m.bad || n > UINT16_MAX)
		return EIO;
	*port = (uint16_t)n;
	return n == 0 ? EPROTONOSUPPORT : 0;
}

static int
get_handle(const struct server *sv, uint8_t *fh, size_t *fhsize)
{
	const uint8_t *p;
	struct msg m;
	uint32_t status;
	int error;

	call_begin(&m, PROG_MOUNT, 3, MOUNT_MNT);
	put_bytes(&m, sv->dir);
	if ((error = call(sv, sv->mountport, &m)) != 0)
		return error;
	status = get(&m);		/* errors are NetBSD's numbers, or above 10000 */
	if (status != 0 || m.bad)
		return m.bad || status > 100 ? EIO : (int)status;
	if ((p = get_bytes(&m, FHSIZE, fhsize)) == NULL || *fhsize == 0)
		return EIO;
	memcpy(fh, p, *fhsize);
	return 0;
}

/* ---- mounts ---- */

static bool
parse_option(struct server *sv, const char *word)
{
	static const char *const names[] = { "port=", "mountport=" };
	unsigned long n;
	char *end;

	for (int i = 0; i < 2; i++)
		if (strncmp(word, names[i], strlen(names[i])) == 0) {
			n = strtoul(word + strlen(names[i]), &end, 10);
			if (*end != '\0' || n == 0 || n > UINT16_MAX)
				return false;
			*(i == 0 ? &sv->port : &sv->mountport) = (uint16_t)n;
			return true;
		}
	return false;
}

static bool
parse_server(struct server *sv, const char *path)
{
	const char *colon = strstr(path, ":/");
	char *word, *next;

	memset(sv, 0, sizeof(*sv));
	if (colon == NULL || colon == path ||
	    (size_t)(colon - path) >= sizeof(sv->host))
		return false;
	memcpy(sv->host, path, (size_t)(colon - path));
	sv->dir = colon + 1;
	next = strchr(sv->host, ',');
	while ((word = next) != NULL) {
		*word++ = '\0';
		next = strchr(word, ',');
		if (next != NULL)
			*next = '\0';
		if (!parse_option(sv, word))
			return false;
	}
	return true;
}

static bool
resolve(struct server *sv)
{
	struct addrinfo hints = { .ai_family = AF_INET,
	    .ai_socktype = SOCK_STREAM }, *ai;

	if (getaddrinfo(sv->host, NULL, &hints, &ai) != 0)
		return false;
	memcpy(&sv->sin, ai->ai_addr, sizeof(sv->sin));
	freeaddrinfo(ai);
	return true;
}

static void
nfs_one(const struct config_blk *b)
{
	struct nfs_args args = { .version = NFS_ARGSVERSION,
	    .sotype = SOCK_STREAM, .flags = NFSMNT_NFSV3 | NFSMNT_RESVPORT |
	    NFSMNT_RSIZE | NFSMNT_WSIZE, .rsize = RSIZE, .wsize = RSIZE };
	uint8_t fh[FHSIZE];
	struct server sv;
	const char *who;
	size_t n;
	int error;

	if (!parse_server(&sv, b->path))
		start_fail(b->line, "nfs \"%s\": not "
		    "HOST[,port=N][,mountport=N]:/DIR", b->path);
	if (!resolve(&sv))
		start_fail(b->line, "nfs %s: no address", sv.host);
	who = "its portmapper";
	if ((error = find_port(&sv, PROG_MOUNT, &sv.mountport)) == 0 &&
	    (error = find_port(&sv, PROG_NFS, &sv.port)) == 0) {
		who = "its mountd";
		error = get_handle(&sv, fh, &n);
	}
	if (error != 0)
		start_fail(b->line, "nfs %s: %s: %s", b->path, who,
		    strerror(error));
	sv.sin.sin_port = htons(sv.port);
	args.addr = &sv.sin;
	args.addrlen = sizeof(sv.sin);
	args.fh = fh;
	args.fhsize = (int)n;
	args.hostname = (char *)b->path;
	mount_dirs(b);
	if (mount(MOUNT_NFS, b->mountpoint, b->ro ? MNT_RDONLY : 0, &args,
	    sizeof(args)) != 0)
		mount_failed(b, errno);
	mount_done(b);
}

void
start_nfs(const struct config *c)
{

	for (int i = 0; i < c->nblk; i++)
		if (strcmp(c->blk[i].fstype, MOUNT_NFS) == 0)
			nfs_one(&c->blk[i]);
}
