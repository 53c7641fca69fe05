/* file.c: files and directories. */
#include "lxtest.h"

void
t_files(void)
{
	struct stat st;
	char buf[64];
	int fd = open(path("file"), O_RDWR | O_CREAT | O_EXCL, 0640), fd2;

	CHECK(fd >= 0);
	FAILS(open(path("file"), O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
	CHECK(write(fd, "0123456789", 10) == 10);
	CHECK(lseek(fd, -4, SEEK_END) == 6 && read(fd, buf, 10) == 4);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 10 && S_ISREG(st.st_mode));
	CHECK(ftruncate(fd, 4) == 0 && stat(path("file"), &st) == 0);
	CHECK(st.st_size == 4);
	fd2 = dup(fd);
	CHECK(fcntl(fd2, F_GETFL) == O_RDWR ||
	    fcntl(fd2, F_GETFL) == (O_RDWR | 0100000));	/* O_LARGEFILE */
	CHECK(fcntl(fd2, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd2, F_GETFD) == 1);
	CHECK(dup2(fd, fd2) == fd2 && close(fd2) == 0);
	CHECK(rename(path("file"), path("file2")) == 0);
	FAILS(open(path("file"), O_RDONLY), ENOENT);
	CHECK(unlink(path("file2")) == 0);
	close(fd);
	FAILS(read(fd, buf, 1), EBADF);
	CHECK(mkdir(path("sub"), 0755) == 0);
	FAILS(unlink(path("sub")), EISDIR);
	CHECK(rmdir(path("sub")) == 0);
}

void
t_dirs(void)
{
	struct dirent *de;
	struct stat st;
	char cwd[256];
	int n = 0, dfd;
	DIR *d;

	CHECK(mkdir(path("d"), 0755) == 0);
	dfd = open(path("d"), O_RDONLY | O_DIRECTORY);
	CHECK(dfd >= 0);
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "entry-%d", i);
		int fd = openat(dfd, name, O_WRONLY | O_CREAT, 0644);

		CHECK(fd >= 0);
		close(fd);
	}
	CHECK(fstatat(dfd, "entry-7", &st, 0) == 0 && S_ISREG(st.st_mode));
	d = opendir(path("d"));
	CHECK(d != NULL);
	while (d != NULL && (de = readdir(d)) != NULL)
		n += strncmp(de->d_name, "entry-", 6) == 0;
	CHECK(n == 100);
	closedir(d);
	FAILS(rmdir(path("d")), ENOTEMPTY);
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "entry-%d", i);
		CHECK(unlinkat(dfd, name, 0) == 0);
	}
	close(dfd);
	CHECK(chdir(path("d")) == 0 && getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK(strcmp(cwd, path("d")) == 0);
	CHECK(chdir("/") == 0 && rmdir(path("d")) == 0);
}

void
t_times(void)
{
	struct timespec ts[2] = { { 1000000, 0 }, { 2000000, 0 } };
	struct stat st;
	int fd = open(path("times"), O_WRONLY | O_CREAT, 0644);

	CHECK(utimensat(AT_FDCWD, path("times"), ts, 0) == 0);
	CHECK(stat(path("times"), &st) == 0 && st.st_mtime == 2000000);
	close(fd);
	unlink(path("times"));
}

void
t_sendfile(void)
{
	int fd = open(path("sf"), O_RDWR | O_CREAT, 0644), p[2];
	off_t off = 3;
	char buf[16];

	CHECK(write(fd, "0123456789", 10) == 10 && pipe(p) == 0);
	CHECK(sendfile(p[1], fd, &off, 4) == 4 && off == 7);
	CHECK(read(p[0], buf, 16) == 4 && memcmp(buf, "3456", 4) == 0);
	close(fd);
	close(p[0]);
	close(p[1]);
	unlink(path("sf"));
}

void
t_locks(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path("lock"), O_RDWR | O_CREAT, 0644);

	CHECK(fcntl(fd, F_SETLK, &fl) == 0);
	CHECK(fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type == F_UNLCK);
	close(fd);
	unlink(path("lock"));
}
