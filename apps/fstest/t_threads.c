/* t_threads.c: many threads in one file system. */
#include "fstest.h"
#include <pthread.h>

#define NTHREAD	6
#define ROUNDS	25

static volatile int bad;
#define EXPECT(e)	do { if (!(e)) { bad = __LINE__; return NULL; } } while (0)

/* Its own files: made, written, read, renamed, removed. */
static void *
own_files(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	char a[128], b[128];
	unsigned char buf[9000], got[9000];
	int fd;

	for (unsigned r = 0; r < ROUNDS; r++) {
		snprintf(a, sizeof(a), "%s/thread-%u-%u.dat", dir, me, r);
		snprintf(b, sizeof(b), "%s/done-%u-%u.dat", dir, me, r);
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = pattern(me + r, i);
		fd = rump_sys_open(a, O_RDWR | O_CREAT | O_EXCL, 0644);
		EXPECT(fd >= 0);
		EXPECT(rump_sys_write(fd, buf, sizeof(buf)) == sizeof(buf));
		EXPECT(rump_sys_pread(fd, got, sizeof(got), 0) == sizeof(got));
		EXPECT(memcmp(buf, got, sizeof(buf)) == 0);
		EXPECT(rump_sys_rename(a, b) == 0);
		EXPECT(rump_sys_close(fd) == 0);
		fd = rump_sys_open(b, O_RDONLY);
		EXPECT(fd >= 0);
		EXPECT(rump_sys_unlink(b) == 0);
		EXPECT(rump_sys_read(fd, got, sizeof(got)) == sizeof(got));
		EXPECT(memcmp(buf, got, sizeof(buf)) == 0);
		EXPECT(rump_sys_close(fd) == 0);
	}
	return NULL;
}

/* One file, records of their own, appended: none is torn or lost. */
#define RECORD	64
static int shared;

static void *
appender(void *arg)
{
	char rec[RECORD];

	memset(rec, 'A' + (int)(uintptr_t)arg, sizeof(rec));
	for (int r = 0; r < 100; r++)
		EXPECT(rump_sys_write(shared, rec, RECORD) == RECORD);
	return NULL;
}

/* The same few names, whatever comes of it. */
static void *
mess(void *arg)
{
	unsigned x = (unsigned)(uintptr_t)arg * 7919 + 1;
	char a[128], b[128], c;
	int fd;

	for (int r = 0; r < 150; r++) {
		x = x * 1103515245 + 12345;
		snprintf(a, sizeof(a), "%s/mess-%u", dir, (x >> 16) % 4);
		snprintf(b, sizeof(b), "%s/mess-%u", dir, (x >> 20) % 4);
		switch ((x >> 24) % 4) {
		case 0:
			fd = rump_sys_open(a, O_RDWR | O_CREAT, 0644);
			EXPECT(fd >= 0 || errno == ENOENT || errno == EEXIST);
			if (fd >= 0) {
				EXPECT(rump_sys_write(fd, a, 10) == 10);
				EXPECT(rump_sys_close(fd) == 0);
			}
			break;
		case 1:
			EXPECT(rump_sys_rename(a, b) == 0 || errno == ENOENT ||
			    errno == EEXIST);
			break;
		case 2:
			EXPECT(rump_sys_unlink(a) == 0 || errno == ENOENT);
			break;
		default:
			fd = rump_sys_open(a, O_RDONLY);
			if (fd >= 0) {
				EXPECT(rump_sys_read(fd, &c, 1) >= 0);
				EXPECT(rump_sys_close(fd) == 0);
			}
			break;
		}
	}
	return NULL;
}

static void
all(void *(*fn)(void *))
{
	pthread_t t[NTHREAD];

	bad = 0;
	for (uintptr_t i = 0; i < NTHREAD; i++)
		CHECK_INT(pthread_create(&t[i], NULL, fn, (void *)i), 0);
	for (int i = 0; i < NTHREAD; i++)
		pthread_join(t[i], NULL);
	if (bad != 0)
		test_note("line %d", bad);
	CHECK_INT(bad, 0);
}

/* The msdosfs of 2016: "panic: assertion old_node != NULL" in these. */
static bool
too_much(void)
{

	if (netbsd && on_fat)
		test_skip("NetBSD's msdosfs does not survive it");
	return netbsd && on_fat;
}

static void
t_own(void)
{

	if (!too_much())
		all(own_files);
}

static void
t_append(void)
{
	int count[NTHREAD] = { 0 };
	char rec[RECORD];
	bool torn = false;

	shared = rump_sys_open(in("log"), O_RDWR | O_CREAT | O_APPEND, 0644);
	CHECK(shared >= 0);
	all(appender);
	rump_sys_lseek(shared, 0, SEEK_SET);
	while (rump_sys_read(shared, rec, RECORD) == RECORD) {
		for (int i = 1; i < RECORD; i++)
			torn |= rec[i] != rec[0];
		if (rec[0] >= 'A' && rec[0] < 'A' + NTHREAD)
			count[rec[0] - 'A']++;
	}
	CHECK(!torn);
	for (int i = 0; i < NTHREAD; i++)
		CHECK_INT(count[i], 100);
	rump_sys_close(shared);
	CHECK_INT(rump_sys_unlink(in("log")), 0);
}

static void
t_mess(void)
{
	char name[16];

	if (too_much())
		return;
	all(mess);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "mess-%d", i);
		(void)rump_sys_unlink(in(name));
		CHECK(!exists(in(name)));
	}
}

const struct test tests_threads[] = {
	{ "files of their own", t_own },
	{ "appending to one file", t_append },
	{ "the same names", t_mess },
	{ NULL, NULL }
};
