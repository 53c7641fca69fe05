/* t_tree.c: names, directories, attributes. */
#include "fstest.h"

static void
t_create(void)
{
	int fd;

	CHECK_ERR(rump_sys_open(in("new"), O_RDONLY), ENOENT);
	fd = rump_sys_open(in("new"), O_RDWR | O_CREAT | O_EXCL, 0644);
	CHECK(fd >= 0);
	CHECK_ERR(rump_sys_open(in("new"), O_RDWR | O_CREAT | O_EXCL, 0644),
	    EEXIST);
	CHECK_INT(rump_sys_close(fd), 0);
	CHECK_ERR(rump_sys_open(in("new/x"), O_RDONLY), ENOTDIR);
	CHECK_ERR(rump_sys_open(in("no/x"), O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_ERR(rump_sys_open(in("new"), O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(rump_sys_open(dir, O_WRONLY), EISDIR);
	CHECK_ERR(rump_sys_open("", O_RDONLY), ENOENT);
	CHECK_INT(rump_sys_unlink(in("new")), 0);
	CHECK_ERR(rump_sys_unlink(in("new")), ENOENT);
}

static void
t_stat(void)
{
	struct stat st, st2;
	int fd;

	put_file(in("s"), "12345");
	CHECK_INT(rump_sys_stat(in("s"), &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_INT(st.st_size, 5);
	CHECK_INT(st.st_nlink, 1);
	fd = rump_sys_open(in("s"), O_RDONLY);
	CHECK_INT(rump_sys_fstat(fd, &st2), 0);
	CHECK_INT(st2.st_ino, st.st_ino);
	CHECK_INT(st2.st_dev, st.st_dev);
	rump_sys_close(fd);
	CHECK_INT(rump_sys_stat(dir, &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_ERR(rump_sys_stat(in("none"), &st), ENOENT);
	CHECK_INT(rump_sys_access(in("s"), R_OK | W_OK), 0);
	CHECK_ERR(rump_sys_access(in("none"), F_OK), ENOENT);
	CHECK_INT(rump_sys_unlink(in("s")), 0);
}

static void
t_mkdir(void)
{

	CHECK_INT(rump_sys_mkdir(in("d"), 0755), 0);
	CHECK_ERR(rump_sys_mkdir(in("d"), 0755), EEXIST);
	CHECK_INT(rump_sys_mkdir(in("d/e"), 0755), 0);
	CHECK_ERR(rump_sys_rmdir(in("d")), ENOTEMPTY);
	put_file(in("d/e/f"), "deep");
	CHECK(has_text(in("d/../d/./e//f"), "deep"));
	CHECK_ERR(rump_sys_rmdir(in("d/e/f")), ENOTDIR);
	CHECK_ERR(rump_sys_unlink(in("d/e")), EPERM);
	CHECK_ERR(rump_sys_mkdir(in("x/y"), 0755), ENOENT);
	CHECK_INT(rump_sys_unlink(in("d/e/f")), 0);
	CHECK_INT(rump_sys_rmdir(in("d/e")), 0);
	CHECK_INT(rump_sys_rmdir(in("d")), 0);
	CHECK(!exists(in("d")));
}

static void
t_rename(void)
{

	put_file(in("a"), "one");
	put_file(in("b"), "two");
	CHECK_INT(rump_sys_rename(in("a"), in("c")), 0);
	CHECK(!exists(in("a")));
	CHECK(has_text(in("c"), "one"));
	CHECK_INT(rump_sys_rename(in("c"), in("b")), 0);	/* replaces */
	CHECK(!exists(in("c")));
	CHECK(has_text(in("b"), "one"));
	CHECK_INT(rump_sys_rename(in("b"), in("b")), 0);
	CHECK_ERR(rump_sys_rename(in("none"), in("x")), ENOENT);

	CHECK_INT(rump_sys_mkdir(in("d1"), 0755), 0);
	CHECK_INT(rump_sys_mkdir(in("d2"), 0755), 0);
	CHECK_INT(rump_sys_rename(in("b"), in("d1/b")), 0);
	CHECK(has_text(in("d1/b"), "one"));
	CHECK_ERR(rump_sys_rename(in("d1"), in("d1/in")), EINVAL);
	CHECK_ERR(rump_sys_rename(in("d1/b"), in("d2")), EISDIR);
	CHECK_ERR(rump_sys_rename(in("d2"), in("d1/b")), ENOTDIR);
	CHECK_ERR(rump_sys_rename(in("d2"), in("d1")), ENOTEMPTY);
	CHECK_INT(rump_sys_rename(in("d1"), in("d2")), 0);	/* empty: goes */
	CHECK(has_text(in("d2/b"), "one"));
	CHECK(!exists(in("d1")));
	CHECK_INT(rump_sys_mkdir(in("d3"), 0755), 0);
	CHECK_INT(rump_sys_rename(in("d2"), in("d3/d4")), 0);
	CHECK(has_text(in("d3/d4/b"), "one"));
	CHECK(has_text(in("d3/d4/../d4/b"), "one"));
	CHECK_INT(rump_sys_unlink(in("d3/d4/b")), 0);
	CHECK_INT(rump_sys_rmdir(in("d3/d4")), 0);
	CHECK_INT(rump_sys_rmdir(in("d3")), 0);
}

/* A file that is open is the same file under its new name. */
static void
t_rename_open(void)
{
	char buf[16];
	int fd;

	put_file(in("o1"), "before");
	fd = rump_sys_open(in("o1"), O_RDWR);
	CHECK_INT(rump_sys_pwrite(fd, "B", 1, 0), 1);
	CHECK_INT(rump_sys_rename(in("o1"), in("o2")), 0);
	CHECK_INT(rump_sys_pwrite(fd, "!", 1, 6), 1);
	CHECK_INT(rump_sys_fsync(fd), 0);
	CHECK_INT(rump_sys_pread(fd, buf, sizeof(buf), 0), 7);
	CHECK_INT(rump_sys_close(fd), 0);
	CHECK(has_text(in("o2"), "Before!"));
	CHECK(!exists(in("o1")));
	CHECK_INT(rump_sys_unlink(in("o2")), 0);
}

static void
t_unlink_open(void)
{
	char buf[16];
	struct stat st;
	int fd;

	put_file(in("u"), "still here");
	fd = rump_sys_open(in("u"), O_RDWR);
	CHECK_INT(rump_sys_unlink(in("u")), 0);
	CHECK(!exists(in("u")));
	CHECK_INT(rump_sys_read(fd, buf, sizeof(buf)), 10);
	CHECK(memcmp(buf, "still here", 10) == 0);
	CHECK_INT(rump_sys_write(fd, "more", 4), 4);
	CHECK_INT(rump_sys_pread(fd, buf, sizeof(buf), 10), 4);
	CHECK_INT(rump_sys_fstat(fd, &st), 0);
	CHECK_INT(st.st_size, 14);
	put_file(in("u"), "another");		/* the name is free */
	CHECK_INT(rump_sys_pread(fd, buf, 5, 0), 5);
	CHECK(memcmp(buf, "still", 5) == 0);
	CHECK_INT(rump_sys_close(fd), 0);
	CHECK(has_text(in("u"), "another"));
	CHECK_INT(rump_sys_unlink(in("u")), 0);
}

/* ---- reading directories ---- */

#define NENT	150

/* Reads it all with a buffer of this size; counts each of "entry-N". */
static int
read_dir(const char *path, size_t size, int *seen)
{
	int fd = rump_sys_open(path, O_RDONLY), n, total = 0, k;
	char *buf = malloc(size), *p;
	struct dirent *de;

	CHECK(fd >= 0);
	memset(seen, 0, NENT * sizeof(*seen));
	while ((n = rump_sys_getdents(fd, buf, size)) > 0)
		for (p = buf; p < buf + n; p += de->d_reclen) {
			de = (struct dirent *)(void *)p;
			CHECK(de->d_fileno != 0);
			CHECK_INT(strlen(de->d_name), de->d_namlen);
			if (strncmp(de->d_name, "entry-", 6) == 0) {
				k = atoi(de->d_name + 6);
				if (k >= 0 && k < NENT)
					seen[k]++;
			}
			total++;
		}
	CHECK_INT(n, 0);
	CHECK_INT(rump_sys_close(fd), 0);
	free(buf);
	return total;
}

static void
t_getdents(void)
{
	static int seen[NENT];
	char name[40];
	int fd;

	CHECK_INT(rump_sys_mkdir(in("many"), 0755), 0);
	for (int i = 0; i < NENT; i++) {
		snprintf(name, sizeof(name), "many/entry-%03d", i);
		fd = rump_sys_open(in(name), O_WRONLY | O_CREAT, 0644);
		CHECK(fd >= 0);
		rump_sys_close(fd);
	}
	for (size_t size = 1024; size <= 65536; size *= 4) {
		CHECK_INT(read_dir(in("many"), size, seen), NENT + 2);
		for (int i = 0; i < NENT; i++)
			CHECK_INT(seen[i], 1);
	}
	for (int i = 0; i < NENT; i++) {
		snprintf(name, sizeof(name), "many/entry-%03d", i);
		CHECK_INT(rump_sys_unlink(in(name)), 0);
	}
	CHECK_INT(read_dir(in("many"), 4096, seen), 2);
	CHECK_INT(rump_sys_rmdir(in("many")), 0);
}

static void
t_long_names(void)
{
	char name[300] = "";
	char nfc[] = "gr\303\274n \342\202\254.txt";	/* UTF-8 */

	memset(name, 'n', 200);
	put_file(in(name), "long");
	CHECK(has_text(in(name), "long"));
	CHECK_INT(rump_sys_unlink(in(name)), 0);
	put_file(in(nfc), "utf-8");
	CHECK(has_text(in(nfc), "utf-8"));
	CHECK_INT(rump_sys_unlink(in(nfc)), 0);
	put_file(in("Mixed.Case.Name"), "m");
	CHECK(has_text(in("Mixed.Case.Name"), "m"));
	CHECK_INT(rump_sys_unlink(in("Mixed.Case.Name")), 0);
}

static void
t_cwd(void)
{
	char buf[256];

	CHECK_INT(rump_sys_mkdir(in("w"), 0755), 0);
	CHECK_INT(rump_sys_chdir(in("w")), 0);
	CHECK(rump_sys___getcwd(buf, sizeof(buf)) > 0);
	CHECK(strcmp(buf, in("w")) == 0);
	put_file("rel", "relative");
	CHECK(has_text(in("w/rel"), "relative"));
	CHECK(has_text("../w/rel", "relative"));
	if (!netbsd)
		CHECK_ERR(rump_sys___getcwd(buf, 3), ERANGE);
	CHECK_ERR(rump_sys_chdir("rel"), ENOTDIR);
	CHECK_INT(rump_sys_unlink("rel"), 0);
	CHECK_INT(rump_sys_chdir("/"), 0);
	CHECK_INT(rump_sys_rmdir(in("w")), 0);
}

static void
t_symlink(void)
{
	char buf[64];
	struct stat st;

	if (on_fat) {
		test_skip("no symbolic links here");
		return;
	}
	put_file(in("target"), "pointed at");
	CHECK_INT(rump_sys_symlink("target", in("link")), 0);
	CHECK(has_text(in("link"), "pointed at"));
	CHECK_INT(rump_sys_readlink(in("link"), buf, sizeof(buf)), 6);
	CHECK_INT(rump_sys_lstat(in("link"), &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_INT(rump_sys_symlink("loop", in("loop")), 0);
	CHECK_ERR(rump_sys_open(in("loop"), O_RDONLY), ELOOP);
	CHECK_INT(rump_sys_mkdir(in("ld"), 0755), 0);
	CHECK_INT(rump_sys_symlink("../target", in("ld/up")), 0);
	CHECK(has_text(in("ld/up"), "pointed at"));
	CHECK_INT(rump_sys_symlink("ld", in("tod")), 0);
	CHECK(has_text(in("tod/up"), "pointed at"));
	CHECK_INT(rump_sys_unlink(in("tod")), 0);
	CHECK_INT(rump_sys_unlink(in("ld/up")), 0);
	CHECK_INT(rump_sys_rmdir(in("ld")), 0);
	CHECK_INT(rump_sys_unlink(in("loop")), 0);
	CHECK_INT(rump_sys_unlink(in("link")), 0);
	CHECK(exists(in("target")));
	CHECK_INT(rump_sys_unlink(in("target")), 0);
}

static void
t_attributes(void)
{
	struct timeval tv[2] = { { 1000000000, 0 }, { 1000000002, 0 } };
	struct stat st;

	put_file(in("at"), "x");
	CHECK_INT(rump_sys_utimes(in("at"), tv), 0);
	CHECK_INT(rump_sys_stat(in("at"), &st), 0);
	CHECK_INT(st.st_mtime, 1000000002);
	if (!on_fat) {
		CHECK_INT(rump_sys_chmod(in("at"), 0640), 0);
		CHECK_INT(rump_sys_stat(in("at"), &st), 0);
		CHECK_INT(st.st_mode & 0777, 0640);
		CHECK_INT(rump_sys_chown(in("at"), 7, 8), 0);
		CHECK_INT(rump_sys_stat(in("at"), &st), 0);
		CHECK_INT(st.st_uid, 7);
		CHECK_INT(st.st_gid, 8);
	}
	CHECK_INT(rump_sys_unlink(in("at")), 0);
}

static void
t_mountpoint(void)
{
	struct tmpfs_args args = { .ta_version = TMPFS_ARGS_VERSION,
	    .ta_root_mode = 0755 };
	int fd;

	CHECK_INT(rump_sys_mkdir(in("mp"), 0755), 0);
	CHECK_INT(rump_sys_mount(MOUNT_TMPFS, in("mp"), 0, &args,
	    sizeof(args)), 0);
	put_file(in("mp/f"), "on top");
	CHECK(has_text(in("mp/../mp/f"), "on top"));
	CHECK_ERR(rump_sys_rename(in("mp/f"), in("f")), EXDEV);
	CHECK_ERR(rump_sys_rmdir(in("mp")), EBUSY);
	fd = rump_sys_open(in("mp/f"), O_RDONLY);
	CHECK_ERR(rump_sys_unmount(in("mp"), 0), EBUSY);
	rump_sys_close(fd);
	CHECK_INT(rump_sys_unmount(in("mp"), 0), 0);
	CHECK(!exists(in("mp/f")));
	CHECK_INT(rump_sys_rmdir(in("mp")), 0);
	CHECK_ERR(rump_sys_mount("nofs", dir, 0, &args, sizeof(args)), ENODEV);
}

const struct test tests_tree[] = {
	{ "create, exclusive, errors", t_create },
	{ "stat, fstat, access", t_stat },
	{ "mkdir, rmdir, dots", t_mkdir },
	{ "rename", t_rename },
	{ "rename of an open file", t_rename_open },
	{ "unlink of an open file", t_unlink_open },
	{ "getdents with small and big buffers", t_getdents },
	{ "long names, UTF-8, case", t_long_names },
	{ "current directory", t_cwd },
	{ "symbolic links", t_symlink },
	{ "times, modes, owners", t_attributes },
	{ "mount, unmount", t_mountpoint },
	{ NULL, NULL }
};
