/*
 * fstest [DIR]: TAP.  Runs everything on a tmpfs, and what concerns files again
 * in DIR (/data, if it is there; /share: not FAT but by 9P).
 */
#include "fstest.h"
#include <stdarg.h>

const char *dir;
bool on_fat, netbsd;

static int ntests, nfailed;
static bool failed, skipped;
static const char *suffix;

const char *
in(const char *name)
{
	static char buf[8][256];
	static int n;

	n = (n + 1) % 8;
	snprintf(buf[n], sizeof(buf[n]), "%s/%s", dir, name);
	return buf[n];
}

void
test_fail(const char *file, int line, const char *what)
{

	printf("# %s:%d: %s (errno %d)\n", file, line, what, errno);
	failed = true;
}

void
test_note(const char *fmt, ...)
{
	va_list ap;

	printf("#   ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void
test_skip(const char *why)
{

	printf("ok %d - %s # SKIP %s\n", ++ntests, suffix, why);
	skipped = true;
}

void
put_file(const char *path, const char *text)
{
	int fd = rump_sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(rump_sys_write(fd, text, strlen(text)), strlen(text));
	CHECK_INT(rump_sys_close(fd), 0);
}

bool
has_text(const char *path, const char *text)
{
	char buf[256];
	int fd = rump_sys_open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = rump_sys_read(fd, buf, sizeof(buf));
	rump_sys_close(fd);
	return n == (ssize_t)strlen(text) && memcmp(buf, text, n) == 0;
}

bool
exists(const char *path)
{
	struct stat st;

	return rump_sys_lstat(path, &st) == 0;
}

static void
run(const struct test *t, const char *where)
{
	char name[100];

	for (; t->name != NULL; t++) {
		snprintf(name, sizeof(name), "%s: %s", where, t->name);
		suffix = name;
		failed = skipped = false;
		t->fn();
		if (skipped)
			continue;
		printf("%sok %d - %s\n", failed ? "not " : "", ++ntests, name);
		nfailed += failed;
	}
}

static bool
is_netbsd(void)
{
	static const int name[] = { CTL_KERN, KERN_VERSION };
	char version[256];
	size_t n = sizeof(version);

	return rump_sys___sysctl(name, 2, version, &n, NULL, 0) == 0 &&
	    strncmp(version, "NetBSD", 6) == 0;
}

int
main(int argc, char **argv)
{
	struct tmpfs_args args = { .ta_version = TMPFS_ARGS_VERSION,
	    .ta_root_mode = 0755 };
	const char *disk = argc > 1 ? argv[1] : "/data";

	if ((rump_sys_mkdir("/fstest", 0755) != 0 && errno != EEXIST) ||
	    rump_sys_mount(MOUNT_TMPFS, "/fstest", 0, &args,
	    sizeof(args)) != 0) {
		printf("Bail out! no tmpfs: errno %d\n", errno);
		return 1;
	}
	dir = "/fstest";
	netbsd = is_netbsd();
	run(tests_fd, "fd");
	run(tests_poll, "poll");
	run(tests_tree, "tmpfs");
	run(tests_data, "tmpfs");
	run(tests_threads, "tmpfs");
	if (argc > 1 || exists(disk)) {
		dir = disk;
		on_fat = strncmp(disk, "/share", 6) != 0;
		run(tests_tree, disk);
		run(tests_data, disk);
		run(tests_threads, disk);
		rump_sys_sync();
	}
	CHECK_INT(rump_sys_unmount("/fstest", 0), 0);
	printf("1..%d\n", ntests);
	if (nfailed != 0)
		printf("# %d failed\n", nfailed);
	return nfailed != 0;
}
