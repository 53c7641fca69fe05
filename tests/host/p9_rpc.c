/* p9_rpc.c: see p9_rpc.h. */
#include <kern_errno.h>
#include "le.h"
#include "p9_rpc.h"

unsigned rpc_good, rpc_bad, rpc_depth;
static uint16_t tags;			/* in use, a bit each */

static uint8_t
pattern(uint8_t seed, size_t at)
{

	return (uint8_t)(seed + at * 7 + (at >> 8));
}

static size_t
length(size_t min, size_t max)
{

	return min + rnd() % (rnd() % 3 ? 200 : max - min + 1);
}

/* size, type, tag, the reply's length, pattern */
static size_t
make(uint8_t **req, unsigned tag, size_t want)
{
	size_t n = length(RPC_MIN, fake_p9->maxmsg), i;
	uint8_t *p = malloc(n);

	put_number(p, n, 4);
	p[4] = 100;
	put_number(p + 5, tag, 2);
	put_number(p + 7, want, 4);
	p[11] = (uint8_t)rnd();
	for (i = RPC_MIN; i < n; i++)
		p[i] = pattern(p[11], i);
	*req = p;
	return n;
}

void
rpc(bool (*liar)(void))
{
	size_t want = length(7, fake_p9->maxmsg), n, got = 0, i;
	size_t room = want + (rnd() % 2 ? 0 : rnd() % 500);
	unsigned tag = rnd() % 16;
	uint8_t *req, *reply;
	int error;

	if (tags & 1 << tag)
		return;
	if (room > fake_p9->maxmsg)
		room = fake_p9->maxmsg;
	tags |= 1 << tag;
	n = make(&req, tag, want);
	reply = malloc(room);
	rpc_depth++;
	error = fake_p9->rpc(fake_p9, req, n, reply, room, &got);
	rpc_depth--;
	CHECK(error == 0 || error == EIO || error == EINVAL);
	if (error == 0) {
		CHECK(got >= 7 && got <= room);
		rpc_good++;
	} else
		rpc_bad++;
	if (error == 0 && !liar()) {
		CHECK(got == want && number(reply, 4) == want);
		CHECK(reply[4] == 101 && number(reply + 5, 2) == tag);
		for (i = 7; i < got; i++)
			CHECK(reply[i] == pattern(req[11] + 1, i));
	}
	free(req);
	free(reply);
	tags &= ~(1 << tag);
}

size_t
rpc_answer(const uint8_t *req, size_t len, uint8_t *reply)
{
	size_t want, i;

	CHECK(len >= RPC_MIN && number(req, 4) == len && req[4] == 100);
	for (i = RPC_MIN; i < len; i++)
		CHECK(req[i] == pattern(req[11], i));
	want = number(req + 7, 4);
	put_number(reply, want, 4);
	reply[4] = 101;
	memcpy(reply + 5, req + 5, 2);
	for (i = 7; i < want; i++)
		reply[i] = pattern(req[11] + 1, i);
	return want;
}
