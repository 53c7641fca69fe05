/*
 * fuzz_p9.c [STEPS [SEED]]: the built-in kernel's 9P client as a Linux process
 * under ASan, against a server that makes files up and sends damaged replies:
 * bytes changed, cut off, lengths and counts of all sizes, other tags and
 * types.  What lies behind a reply in its buffer is poison.
 */
#include <sanitizer/asan_interface.h>
#include "fs_disk.h"
#include "le.h"
#include <rump/p9.h>

/* ---- the server ---- */

static int damaged;			/* of 100 replies */
static uint64_t nreplies;
static uint8_t *out;			/* where the reply is being made */
static size_t at, room;

static void
put(uint64_t v, int n)
{

	if ((size_t)n > room - at)
		n = (int)(room - at);
	put_number(out + at, v, n);
	at += (size_t)n;
}

static void
put_bytes(const void *p, size_t n)
{

	if (n > room - at)
		n = room - at;
	memcpy(out + at, p, n);
	at += n;
}

static void
put_string(const char *s)
{

	put(strlen(s), 2);
	put_bytes(s, strlen(s));
}

/* Of a name: what is at it is always of the same type. */
static void
put_qid(uint64_t path)
{

	put(path % 4 == 0 ? 0x80 : path % 4 == 1 ? 0x02 : 0, 1);
	put(1, 4);
	put(path, 8);
}

static void
put_attr(void)
{

	put(0x3fff, 8);
	put_qid(rnd(40));
	put(rnd(2) ? 0100644 : rnd(65536), 4);
	put(0, 8);
	put(1, 8);
	put(0, 8);
	put(rnd(20) ? rnd(200000) : (uint64_t)rnd(~0u) << rnd(33), 8);
	put(rnd(2) ? 4096 : rnd(~0u), 8);
	put(8, 8);
	for (int i = 0; i < 8; i++)
		put(rnd(~0u), 8);
	put(0, 16);
}

static void
put_entries(uint64_t cookie, uint32_t max)
{
	size_t count = at;
	char name[300];

	put(0, 4);
	for (int i = 0; cookie < 20 && i < 8; i++) {
		snprintf(name, sizeof(name), i == 0 ? "." : rnd(30) ?
		    "file%u" : "%0250u", (unsigned)rnd(100));
		if (at - count + 28 + strlen(name) > max)
			break;
		put_qid(rnd(40));
		put(++cookie, 8);
		put(8, 1);
		put_string(rnd(200) ? name : "a/b");
	}
	for (int i = 0; i < 4; i++)
		out[count + i] = (uint8_t)((at - count - 4) >> 8 * i);
}

static void
answer(int type, const uint8_t *b)
{
	static const uint8_t zeroes[65536];
	uint32_t n;

	switch (type) {
	case 100:
		put(rnd(5) ? number(b, 4) : rnd(70000), 4);
		put_string("9P2000.L");
		break;
	case 104:			/* attach */
		put_qid(0);
		break;
	case 110:			/* walk */
		n = number(b + 8, 2);
		put(n, 2);
		if (n != 0)
			put_qid(rnd(40));
		break;
	case 24:
		put_attr();
		break;
	case 8:				/* statfs */
		put(0x01021997, 4);
		put(rnd(10) ? 4096 : rnd(~0u), 4);
		for (int i = 0; i < 6; i++)
			put(rnd(~0u), 8);
		put(255, 4);
		break;
	case 12: case 14:
		put_qid(2);
		put(0, 4);
		break;
	case 116:			/* read */
		n = number(b + 12, 4);
		n = rnd(3) ? n : rnd(n + 1);
		put(n, 4);
		put_bytes(zeroes, n);
		break;
	case 118:			/* write */
		n = number(b + 12, 4);
		put(rnd(5) ? n : rnd(n + 1), 4);
		break;
	case 40:
		put_entries(number(b + 4, 8), number(b + 12, 4));
		break;
	case 22:
		put_string("to/somewhere");
		break;
	case 16: case 72:
		put_qid(4);
		break;
	}
}

static void
damage(void)
{
	static const uint32_t odd[] = { 0, 1, 6, 7, 0xff, 0xffff, 0x10000,
	    0x7fffffff, 0x80000000, 0xffffffff };
	uint32_t v = odd[rnd(10)];

	switch (rnd(4)) {
	case 0:
		at = rnd(at + 1);
		break;
	case 1:
		out[rnd(at)] ^= 1 << rnd(8);
		break;
	default:
		for (int i = 0, w = 1 + rnd(4), p = rnd(at); i < w; i++)
			if (p + i < at)
				out[p + i] = (uint8_t)(v >> 8 * i);
	}
}

int
rumpcomp_p9_open(const char *name, struct p9dev **d, size_t *maxmsg)
{

	*d = (struct p9dev *)1;
	*maxmsg = 65536;
	return 0;
}
void rumpcomp_p9_close(struct p9dev *d) { }

/* Now and then it is another server that answers. */
static uint32_t server = 1, begun;
static uint64_t nservers;

uint32_t
rumpcomp_p9_enter(struct p9dev *d)
{

	if (damaged != 0 && rnd(60) == 0) {
		server++;
		nservers++;
	}
	return server;
}
void rumpcomp_p9_leave(struct p9dev *d) { }
void rumpcomp_p9_begin(struct p9dev *d, uint32_t s) { begun = s; }

int
rumpcomp_p9_rpc(struct p9dev *d, const void *req, size_t len, void *reply,
    size_t rmax, size_t *rlen)
{
	const uint8_t *q = req;

	if (len < 7 || number(q, 4) != len || len > 65536)
		DIE("a request of %zu bytes says %lu", len, number(q, 4));
	if (begun != server)
		return 5;
	ASAN_UNPOISON_MEMORY_REGION(reply, rmax);
	out = reply;
	at = 0;
	room = rmax;
	put(0, 4);
	if (rnd(40) == 0) {
		put(7, 1);
		put(number(q + 5, 2), 2);
		put(rnd(140), 4);
	} else {
		put(q[4] + 1, 1);
		put(number(q + 5, 2), 2);
		answer(q[4], q + 7);
	}
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(at >> 8 * i);
	if (rnd(100) < damaged)
		damage();
	/* what the transport leaves of it */
	if (at < 7 || rnd(2000) == 0)
		return 5;
	*rlen = at;
	ASAN_POISON_MEMORY_REGION((char *)reply + at, rmax - at);
	nreplies++;
	return 0;
}

/* ---- what is done with it ---- */

static void
look(const char *dir, int depth)
{
	char path[1200], buf[3000];
	struct nb_dirent *de;
	struct nb_stat st;
	ssize_t n;
	int fd = rump___sysimpl_open(dir, 0);

	if (fd < 0)
		return;
	while (left > 0 && (n = rump___sysimpl_getdents30(fd, buf,
	    sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n; p += de->reclen) {
			de = (struct nb_dirent *)(void *)p;
			if (de->reclen == 0 || p + de->reclen > buf + n ||
			    strlen(de->name) != de->namlen || de->namlen == 0 ||
			    strchr(de->name, '/') != NULL)
				DIE("bad entry in %s", dir);
			snprintf(path, sizeof(path), "%s/%s", dir, de->name);
			if (--left < 0 || de->name[0] == '.' ||
			    strlen(path) > 900)
				continue;
			if (rump___sysimpl_lstat50(path, &st) == 0 &&
			    st.size < 0)
				DIE("%s: size %ld", path, st.size);
			(void)rump___sysimpl_readlink(path, buf + 2000, 900);
			if (depth < 3)
				look(path, depth + 1);
			read_file(path, INT64_MAX, 0);
			break;		/* buf was used below */
		}
	rump___sysimpl_close(fd);
}

int	rump___sysimpl_statvfs1(const char *, void *, int);

int
main(int argc, char **argv)
{
	static uint64_t room_for_statvfs[512];
	struct { const char *fspec; } args = { "share0" };
	long steps = argc > 1 ? atol(argv[1]) : 300, mounted = 0;

	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (rump_init() != 0 || rump_pub_lwproc_newlwp(1) != 0 ||
	    rump___sysimpl_mkdir("/m", 0755) != 0)
		DIE("no kernel");
	for (long i = 0; i < steps; i++) {
		damaged = i % 3 == 0 ? 0 : rnd(30);
		alarm(60);
		if (rump___sysimpl_mount50("9p", "/m", rnd(4) ? 0 : NB_RDONLY,
		    &args, sizeof(args)) != 0)
			continue;
		mounted++;
		left = 60;
		look("/m", 0);
		(void)rump___sysimpl_statvfs1("/m", room_for_statvfs, 0);
		change();
		left = 60;
		look("/m", 0);
		if (rump___sysimpl_unmount("/m", 0) != 0)
			DIE("unmount: %d", myerrno);
	}
	if (mounted < steps / 4)
		DIE("only %ld of %ld mounted", mounted, steps);
	printf("fuzz_p9: %ld servers, %ld of them mounted, %lu others later, "
	    "%lu replies\n", steps, mounted, nservers, nreplies);
	return 0;
}
