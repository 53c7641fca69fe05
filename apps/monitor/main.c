/*
 * monitor: a guest for tests from outside.  Prints its arguments and "ready",
 * does the commands that it reads, one a line, and ends each with "ok" or "error N TEXT":
 *
 *	echo WORD		prints it
 *	time			"time MONOTONIC EPOCH", nanoseconds
 *	status			the platform's JSON
 *	memory MB		takes so much, writes all of it, looks, gives it back
 *	write|check DISK OFFSET KB SEED		a pattern on blk0, blk1, ...
 *	forget DISK		nobody has it any more
 *	stir DISK KB, calm	so much of it, again and again, until calm (alone)
 *	up NAME ADDRESS LENGTH	an interface that came later
 *	udp ADDRESS COUNT	so many datagrams of 1 KB to port 9
 *	send ADDRESS PORT WORD	by TCP; prints what comes back
 *	bulk ADDRESS PORT MB	so much to an echo server and back, compared
 *	spin SECONDS THREADS	keeps CPUs busy
 *	exit STATUS, abort
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <rump/rump.h>
#include "monitor.h"
#include "status.h"

#define BLOCK		65536

static int
do_echo(char **arg)
{

	printf("%s\n", arg[0]);
	return 0;
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int
do_time(char **arg)
{

	printf("time %" PRIu64 " %" PRIu64 "\n", clock_ns(CLOCK_MONOTONIC),
	    clock_ns(CLOCK_REALTIME));
	return 0;
}

static int
do_status(char **arg)
{

	return status_print();
}

static int
do_memory(char **arg)
{
	size_t want = strtoull(arg[0], NULL, 10), n, i, bad = 0;
	uint64_t **mb = calloc(want, sizeof(*mb));

	if (mb == NULL)
		return ENOMEM;
	for (n = 0; n < want && (mb[n] = malloc(1 << 20)) != NULL; n++)
		for (i = 0; i < (1 << 20) / 8; i += 512)
			mb[n][i] = n << 20 | i;
	for (size_t k = 0; k < n; k++) {
		for (i = 0; i < (1 << 20) / 8; i += 512)
			bad += mb[k][i] != (k << 20 | i);
		free(mb[k]);
	}
	free(mb);
	printf("memory %zu MB, %zu wrong\n", n, bad);
	return n < want ? ENOMEM : bad ? EIO : 0;
}

static int
open_disk(const char *name)
{
	char path[32];
	int fd, error;

	/* To register it again closes it, with NetBSD (etfsregister()). */
	snprintf(path, sizeof(path), "/disk-%s", name);
	if ((fd = open(path, O_RDWR)) >= 0 || errno != ENOENT)
		return fd;
	if ((error = rump_pub_etfs_register(path, name, RUMP_ETFS_CHR)) != 0) {
		errno = error;
		return -1;
	}
	return open(path, O_RDWR);
}

static void
pattern(uint64_t *buf, uint64_t at, uint64_t seed)
{

	for (size_t i = 0; i < BLOCK / 8; i++)
		buf[i] = (at + i * 8) * 0x9e3779b97f4a7c15ull + seed;
}

static int
disk(char **arg, bool writing)
{
	uint64_t at = strtoull(arg[1], NULL, 10), kb = strtoull(arg[2], NULL, 10);
	uint64_t seed = strtoull(arg[3], NULL, 10), end = at + (kb << 10);
	static _Alignas(4096) uint64_t buf[BLOCK / 8], right[BLOCK / 8];
	int fd = open_disk(arg[0]), error = 0;
	ssize_t k;

	if (fd < 0)
		return errno;
	for (; at < end && error == 0; at += BLOCK) {
		size_t n = end - at < BLOCK ? end - at : BLOCK;
		pattern(writing ? buf : right, at, seed);
		k = writing ? pwrite(fd, buf, n, at) : pread(fd, buf, n, at);
		if (k != (ssize_t)n)
			error = k < 0 ? errno : EIO;
		else if (!writing && memcmp(buf, right, n) != 0) {
			printf("wrong at %" PRIu64 "\n", at);
			error = EILSEQ;
		}
	}
	if (writing && error == 0 && fsync(fd) != 0)
		error = errno;
	close(fd);
	return error;
}

static int
do_write(char **arg)
{

	return disk(arg, true);
}

static int
do_check(char **arg)
{

	return disk(arg, false);
}

/* NetBSD's kernel has a disk open for as long as it is registered. */
static int
do_forget(char **arg)
{
	char path[32];

	snprintf(path, sizeof(path), "/disk-%s", arg[0]);
	return rump_pub_etfs_remove(path);
}

/* A disk written and checked in the background, from "stir" to "calm". */
static struct {
	pthread_t	t;
	char		name[16], kb[16];
	int		error, rounds;
	bool		on;
} stir;

static void *
stirrer(void *unused)
{
	char seed[16], *arg[] = { stir.name, "0", stir.kb, seed };

	while (__atomic_load_n(&stir.on, __ATOMIC_SEQ_CST) && stir.error == 0) {
		snprintf(seed, sizeof(seed), "%d", stir.rounds++);
		if ((stir.error = disk(arg, true)) == 0)
			stir.error = disk(arg, false);
	}
	return NULL;
}

static int
do_stir(char **arg)
{

	if (stir.on)
		return EBUSY;
	snprintf(stir.name, sizeof(stir.name), "%s", arg[0]);
	snprintf(stir.kb, sizeof(stir.kb), "%s", arg[1]);
	stir.error = stir.rounds = 0;
	stir.on = true;
	return pthread_create(&stir.t, NULL, stirrer, NULL);
}

static int
do_calm(char **arg)
{

	if (!stir.on)
		return EINVAL;
	__atomic_store_n(&stir.on, false, __ATOMIC_SEQ_CST);
	pthread_join(stir.t, NULL);
	printf("stirred %d times\n", stir.rounds);
	return stir.error;
}

static uint64_t spin_end;

static void *
spinner(void *arg)
{
	uint64_t last = 0, now;

	while ((now = clock_ns(CLOCK_MONOTONIC)) < spin_end) {
		if (now < last)
			printf("time went back by %" PRIu64 "\n", last - now);
		last = now;
	}
	return NULL;
}

static int
do_spin(char **arg)
{
	pthread_t t[16];
	int n = atoi(arg[1]), error = 0, i;

	spin_end = clock_ns(CLOCK_MONOTONIC) + strtoull(arg[0], NULL, 10) * 1000000000ull;
	if (n < 1 || n > 16)
		return EINVAL;
	for (i = 0; i < n && error == 0; i++)
		error = pthread_create(&t[i], NULL, spinner, NULL);
	while (--i >= 0 && error == 0)
		pthread_join(t[i], NULL);
	return error;
}

static int
do_exit(char **arg)
{

	exit(atoi(arg[0]));
}

static int
do_abort(char **arg)
{

	abort();
}

static const struct command commands[] = {
	{ "echo", 1, do_echo }, { "time", 0, do_time }, { "status", 0, do_status },
	{ "memory", 1, do_memory }, { "write", 4, do_write }, { "check", 4, do_check },
	{ "up", 3, net_up }, { "udp", 2, net_udp },
	{ "send", 3, net_send }, { "bulk", 3, net_bulk }, { "spin", 2, do_spin },
	{ "forget", 1, do_forget }, { "stir", 2, do_stir }, { "calm", 0, do_calm },
	{ "exit", 1, do_exit }, { "abort", 0, do_abort },
};

static int
obey(char *line)
{
	char *word[MAXWORD], *save, *p;
	int n = 0;

	for (p = strtok_r(line, " \r\n", &save); p != NULL && n < MAXWORD;
	    p = strtok_r(NULL, " \r\n", &save))
		word[n++] = p;
	if (n == 0)
		return 0;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(word[0], commands[i].name) == 0)
			return n - 1 == commands[i].nargs ?
			    commands[i].fn(word + 1) : EINVAL;
	return ENOENT;
}

int
main(int argc, char **argv)
{
	static char line[1024];
	int error;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		printf("argument %s\n", argv[i]);
	net_start();
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		error = obey(line);
		if (error == 0)
			printf("ok\n");
		else
			printf("error %d %s\n", error, strerror(error));
	}
	return 0;
}
