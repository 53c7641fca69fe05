/*
 * oom.c: all memory, asked for in every way that there is.  A program that gets
 * no more is told so (ENOMEM, EAGAIN, ENOSPC), and what it gives back is there
 * again; nothing of it is the end of the machine.  For a guest of less than 1 GB.
 * TAP on its output.
 *	oom [WAY...]
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MB	(1UL << 20)
#define MANY	4096

static const char *why;

#define CHECK(x) do { if (!(x) && why == NULL) why = #x; } while (0)

/* What the machine says of itself; empty when it has no room to say so. */
static const char *
status(void)
{
	static char buf[65537];
	ssize_t n, have = 0;
	int fd = open("/sirloin/status", O_RDONLY);

	while (fd >= 0 && (n = read(fd, buf + have, sizeof(buf) - 1 -
	    (size_t)have)) > 0)
		have += n;
	buf[have] = '\0';
	close(fd);
	return buf;
}

/* A number in it, or 0. */
static unsigned long
number(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at != NULL ? strtoul(at + strlen(name), NULL, 10) : 0;
}

/* Calls that were refused for want of memory. */
static unsigned long
refused(void)
{

	return number(status(), "\"refused\":");
}

static void *list;

/* Blocks of a megabyte: how many there are, in a list; touched if asked. */
static unsigned long
take(int touch)
{
	unsigned long n = 0;
	void *p;

	errno = 0;
	while (n < MANY && (p = malloc(MB)) != NULL) {
		if (touch)
			memset(p, 0x5a, MB);
		*(void **)p = list;
		list = p;
		n++;
	}
	CHECK(n < MANY);
	CHECK(errno == ENOMEM);
	return n;
}

static void
give(void)
{
	void *p;

	while ((p = list) != NULL) {
		list = *(void **)p;
		free(p);
	}
}

static void
w_malloc(void)
{
	unsigned long before = refused(), first = take(0), second;

	CHECK(first > 8);
	give();
	CHECK(refused() > before);
	second = take(1);
	CHECK(second + 4 >= first);
	give();
	CHECK(malloc(PTRDIFF_MAX) == NULL && errno == ENOMEM);
	CHECK(malloc(1UL << 38) == NULL && errno == ENOMEM);
}

static void
w_mmap(void)
{
	static char *map[MANY];
	unsigned long n, i;

	for (n = 0; n < MANY; n++)
		if ((map[n] = mmap(NULL, MB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED)
			break;
	CHECK(errno == ENOMEM);
	CHECK(n > 8 && n < MANY);
	for (i = 0; i < n * MB; i += 4096)	/* what was granted is there */
		map[i / MB][i % MB] = 1;
	for (i = 0; i < n; i++)
		CHECK(munmap(map[i], MB) == 0);
	/* without access it is not promised; asking for it is */
	map[0] = mmap(NULL, 1UL << 32, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	CHECK(map[0] != MAP_FAILED);
	CHECK(mprotect(map[0], 1UL << 32, PROT_READ | PROT_WRITE) != 0 &&
	    errno == ENOMEM);
	CHECK(munmap(map[0], 1UL << 32) == 0);
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *
thread(void *arg)
{

	pthread_mutex_lock(&held);	/* until the others are there */
	pthread_mutex_unlock(&held);
	return arg;
}

/* As many as there are: of 256 KB of stack, so that memory is what ends. */
static int
threads(size_t stack)
{
	static pthread_t id[MANY];
	pthread_attr_t a;
	const char *now;
	int n, i, e = 0;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, stack);
	pthread_mutex_lock(&held);
	for (n = 0; n < MANY; n++)
		if ((e = pthread_create(&id[n], &a, thread, NULL)) != 0)
			break;
	now = status();
	printf("# %d threads leave %lu\n", n, number(now, "\"free\":") +
	    number(now, "\"committed\":") - number(now, "\"promised\":"));
	pthread_mutex_unlock(&held);
	for (i = 0; i < n; i++)
		CHECK(pthread_join(id[i], NULL) == 0);
	CHECK(n < MANY ? e == EAGAIN : e == 0);
	return n;
}

static void
w_threads(void)
{
	int first = threads(256 << 10), i = 0;

	CHECK(first > 8 && first < MANY);
	/* what a thread had in the kernel goes soon after it was joined */
	while (threads(256 << 10) + 4 < first && i++ < 100)
		usleep(100000);
	CHECK(i < 100);
	CHECK(threads(16 << 10) > first);
}

/* A file of zeros, until there is no room. */
static unsigned long
file(const char *name)
{
	static char buf[MB];
	unsigned long n = 0;
	ssize_t r = 0;
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	CHECK(fd >= 0);
	while (n < MANY * MB && (r = write(fd, buf, sizeof(buf))) > 0)
		n += (unsigned long)r;
	CHECK(r < 0 && (errno == ENOSPC || errno == ENOMEM));
	CHECK(close(fd) == 0);
	return n;
}

static void
w_tmpfs(void)
{
	unsigned long first, second;

	first = file("/tmp/big");
	CHECK(first > 4 * MB);
	CHECK(unlink("/tmp/big") == 0);
	second = file("/tmp/big");
	CHECK(second + 4 * MB >= first);
	CHECK(unlink("/tmp/big") == 0);
}

/* Names without contents, 100 in a folder. */
static int
names(int n, int (*what)(const char *, int))
{
	char name[80];
	int i, r = 0;

	for (i = 0; i < n && r == 0; i++) {
		snprintf(name, sizeof(name), "/tmp/names%d/%050d", i / 100, i);
		r = what(name, i);
	}
	return r == 0 ? i : i - 1;
}

static int
name_make(const char *name, int i)
{
	char dir[20];
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/names%d", i / 100);
	if ((i % 100 == 0 && mkdir(dir, 0700) != 0) ||
	    (fd = open(name, O_CREAT | O_WRONLY, 0600)) < 0)
		return -1;
	return close(fd);
}

static int
name_remove(const char *name, int i)
{
	char dir[20];
	int r = unlink(name);

	snprintf(dir, sizeof(dir), "/tmp/names%d", i / 100);
	if (i % 100 == 99)
		r |= rmdir(dir);
	return r;
}

static void
w_names(void)
{
	int n = names(20000, name_make);

	CHECK(n > 1000);
	CHECK(n == 20000 || errno == ENOSPC || errno == ENOMEM ||
	    errno == ENFILE);
	CHECK(names(n, name_remove) == n);
	if (n % 100 != 0 || n < 20000) {	/* the last one's folder */
		char dir[20];

		snprintf(dir, sizeof(dir), "/tmp/names%d", n / 100);
		(void)rmdir(dir);
	}
}

/* All that was promised is touched after the kernel has taken what it can. */
static void
w_promise(void)
{
	unsigned long n = take(0), i;
	void *p;

	CHECK(n > 8);
	for (i = 0; i < n / 4 && (p = list) != NULL; i++) {
		list = *(void **)p;
		free(p);
	}
	(void)file("/tmp/big");
	for (p = list; p != NULL; p = *(void **)p)
		memset((char *)p + sizeof(void *), 1, MB - sizeof(void *));
	give();
	CHECK(unlink("/tmp/big") == 0);
}

/* Full pipes and sockets: as many as there are. */
static void
w_pipes(void)
{
	static char buf[8192];
	static int fd[MANY][2];
	int n, i;

	for (n = 0; n < MANY; n++) {
		if ((n % 2 ? pipe(fd[n]) :
		    socketpair(AF_UNIX, SOCK_STREAM, 0, fd[n])) != 0)
			break;
		fcntl(fd[n][1], F_SETFL, O_NONBLOCK);
		while (write(fd[n][1], buf, sizeof(buf)) > 0)
			;
	}
	CHECK(n > 4);
	CHECK(n == MANY || errno == EMFILE || errno == ENFILE ||
	    errno == ENOMEM || errno == ENOBUFS);
	for (i = 0; i < n; i++) {
		CHECK(close(fd[i][0]) == 0);
		CHECK(close(fd[i][1]) == 0);
	}
}

static const struct { const char *name; void (*fn)(void); } ways[] = {
	{ "malloc", w_malloc }, { "mmap", w_mmap }, { "threads", w_threads },
	{ "tmpfs", w_tmpfs }, { "names", w_names }, { "promise", w_promise },
	{ "pipes", w_pipes }, { "again", w_malloc },
};
#define NWAYS	(sizeof(ways) / sizeof(ways[0]))

int
main(int argc, char **argv)
{
	int bad = 0, n = 0, k;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < NWAYS; i++) {
		for (k = 1; k < argc && strcmp(argv[k], ways[i].name) != 0; k++)
			;
		if (argc > 1 && k == argc)
			continue;
		why = NULL;
		ways[i].fn();
		printf("%s %d - %s%s%s\n", why != NULL ? "not ok" : "ok", ++n,
		    ways[i].name, why != NULL ? ": " : "", why != NULL ? why : "");
		bad += why != NULL;
	}
	printf("1..%d\n", n);
	return bad != 0;
}
