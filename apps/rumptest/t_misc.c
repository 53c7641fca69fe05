/* t_misc.c: parameters, random numbers, ends, components, console. */
#include "test.h"

static void
getparam(void)
{
	char buf[64], small[2] = { 'x', 'y' };
	int i;

	CHECK_INT(rumpuser_getparam(RUMPUSER_PARAM_NCPU, buf, sizeof(buf)), 0);
	CHECK(buf[0] >= '1' && buf[0] <= '9');
	for (i = 0; buf[i] != '\0'; i++)
		CHECK(buf[i] >= '0' && buf[i] <= '9');
	memset(buf, 1, sizeof(buf));
	CHECK_INT(rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, buf,
	    sizeof(buf)), 0);
	CHECK(buf[0] != '\0' && memchr(buf, '\0', sizeof(buf)) != NULL);
	CHECK(rumpuser_getparam("RUMP_NO_SUCH_THING", buf, sizeof(buf)) != 0);
	CHECK(rumpuser_getparam("_RUMPUSER_NO_SUCH", buf, sizeof(buf)) != 0);
	if (test_linux())
		return;
	/* A value that does not fit is an error and writes nothing beyond. */
	CHECK(rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, small, 1) != 0);
	CHECK(small[1] == 'y');
	CHECK_INT(rumpuser_getparam("RUMP_MEMLIMIT", buf, sizeof(buf)), 0);
	CHECK(buf[0] >= '1' && buf[0] <= '9');
}

static void
getrandom(void)
{
	uint8_t a[64], b[64], big[4096];
	int i, k, bits = 0, seen[256] = { 0 }, distinct = 0;
	size_t n = 0;

	CHECK_INT(rumpuser_getrandom(a, sizeof(a), 0, &n), 0);
	CHECK_INT(n, sizeof(a));
	CHECK_INT(rumpuser_getrandom(b, sizeof(b), RUMPUSER_RANDOM_HARD, &n),
	    0);
	CHECK_INT(n, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	for (i = 0; i < 100; i++) {
		n = 12345;
		k = rumpuser_getrandom(b, sizeof(b), RUMPUSER_RANDOM_HARD |
		    RUMPUSER_RANDOM_NOWAIT, &n);
		CHECK(k == NB_EAGAIN || (k == 0 && n == sizeof(b)));
	}
	memset(big, 0, sizeof(big));
	CHECK_INT(rumpuser_getrandom(big, sizeof(big), 0, &n), 0);
	CHECK_INT(n, sizeof(big));
	for (i = 0; i < (int)sizeof(big); i++) {
		distinct += seen[big[i]]++ == 0;
		for (k = 0; k < 8; k++)
			bits += big[i] >> k & 1;
	}
	/* 32768 fair coins: 16384, standard deviation 90.5; eight of them */
	CHECK(bits > 16384 - 724 && bits < 16384 + 724);
	CHECK(distinct > 240);
	CHECK_INT(rumpuser_getrandom(big, 0, 0, &n), 0);
	CHECK_INT(n, 0);
}

static void
kill_harmless(void)
{

	/* nothing, SIGCHLD, SIGPIPE, SIGWINCH: come back */
	(void)rumpuser_kill(RUMPUSER_PID_SELF, 0);
	(void)rumpuser_kill(RUMPUSER_PID_SELF, 20);
	(void)rumpuser_kill(1, 13);
	(void)rumpuser_kill(1, 28);
	TK_CHECK();
}

static void
stubs(void)
{
	void *p;

	(void)rumpuser_daemonize_begin();
	(void)rumpuser_daemonize_done(0);
	CHECK(rumpuser_sp_init("unix://x", "NetBSD", "7", "amd64") != 0);
	CHECK(rumpuser_sp_copyin(NULL, NULL, NULL, 0) != 0);
	CHECK(rumpuser_sp_copyinstr(NULL, NULL, NULL, NULL) != 0);
	CHECK(rumpuser_sp_copyout(NULL, NULL, NULL, 0) != 0);
	CHECK(rumpuser_sp_copyoutstr(NULL, NULL, NULL, NULL) != 0);
	CHECK(rumpuser_sp_anonmmap(NULL, 4096, &p) != 0);
	CHECK(rumpuser_sp_raise(NULL, 1) != 0);
	rumpuser_sp_fini(NULL);
}

static void
seterrno(void)
{

	rumpuser_seterrno(35);
	CHECK_INT(*rumpcomp_host_errno(), 35);
	rumpuser_seterrno(0);
	CHECK_INT(*rumpcomp_host_errno(), 0);
}

/* With the fourth argument of 2020 and without it. */
static void
dl_bootstrap(void)
{
	void (*three)(rump_modinit_fn, rump_symload_fn, rump_compload_fn) =
	    (void (*)(rump_modinit_fn, rump_symload_fn, rump_compload_fn))
	    (void (*)(void))rumpuser_dl_bootstrap;

	rumpuser_dl_bootstrap(NULL, NULL, NULL, NULL);
	three(NULL, NULL, NULL);
	TK_CHECK();
}

static void
console(void)
{
	struct lwp *l = tk_self();
	unsigned u = l->unsched, s = l->sched;
	const char *c;

	rumpuser_dprintf("# dprintf: %s %d %#x %c %5d|%-5s| %llu %p\n",
	    "string", -42, 0xbeef, 'c', 7, "ab", 1ULL << 40, (void *)0x1234);
	for (c = "# putchar\n"; *c != '\0'; c++)
		rumpuser_putchar(*c);
	CHECK_INT(l->unsched, u);
	CHECK_INT(l->sched, s);
	TK_CHECK();
}

static void *
console_main(void *arg)
{

	rumpuser_dprintf("# dprintf without an lwp\n");
	return arg;
}

static void
console_nolwp(void)
{
	struct host_thread *h;

	CHECK_INT(rumpcomp_host_thread_create(&h, "console", console_main,
	    NULL, 1, 0), 0);
	CHECK_INT(rumpcomp_host_thread_join(h, NULL), 0);
}

const struct test tests_misc[] = {
	{ "sem07 getparam: strings, mandatory ones, unknown ones", getparam },
	{ "sem10 dl_bootstrap with three and four arguments", dl_bootstrap },
	{ "sem12 getrandom: all bytes or EAGAIN", getrandom },
	{ "sem15 harmless signals", kill_harmless },
	{ "sem15 seterrno", seterrno },
	{ "sem15 what is not there says so", stubs },
	{ "sem16 console output keeps the context", console },
	{ "sem16 console output without an lwp", console_nolwp },
	{ NULL, NULL }
};
