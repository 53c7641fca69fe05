/* t_file.c: stdio, directories, descriptors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "test.h"

static void
test_stdio(void)
{
	char buf[64], big[9000];
	FILE *f;
	int i, n;

	TEST(fopen("/tmp/no/such", "r") == NULL && errno == ENOENT);
	TEST(fopen("/tmp/a", "q") == NULL && errno == EINVAL);
	TEST((f = fopen("/tmp/a", "w+")) != NULL);
	TEST(fprintf(f, "line %d\n%s\n", 1, "two") == 11);
	TEST(ftell(f) == 11);
	rewind(f);
	TEST(fgets(buf, sizeof(buf), f) != NULL && strcmp(buf, "line 1\n") == 0);
	TEST(ftell(f) == 7);
	TEST(fgetc(f) == 't' && ungetc('T', f) == 'T' && fgetc(f) == 'T');
	/* from reading to writing in place */
	TEST(fseek(f, 0, SEEK_CUR) == 0 && fputs("WO", f) == 0);
	TEST(fseek(f, -4, SEEK_END) == 0);
	TEST(fgets(buf, sizeof(buf), f) != NULL && strcmp(buf, "TWO\n") != 0 &&
	    strcmp(buf, "tWO\n") == 0);
	TEST(fgetc(f) == EOF && feof(f) && !ferror(f));
	TEST(fclose(f) == 0);
	TEST((f = fopen("/tmp/a", "a")) != NULL && fputs("end", f) == 0 &&
	    fclose(f) == 0);
	TEST((f = fopen("/tmp/a", "r")) != NULL);
	TEST(fputc('x', f) == EOF && ferror(f));
	clearerr(f);
	TEST(fread(buf, 1, sizeof(buf), f) == 14 &&
	    memcmp(buf, "line 1\ntWO\nend", 14) == 0);
	fclose(f);
	/* larger than any buffer, in odd pieces */
	for (i = 0; i < (int)sizeof(big); i++)
		big[i] = i * 7;
	f = fopen("/tmp/big", "w");
	for (i = 0; i < (int)sizeof(big); i += n) {
		n = 1 + i % 1777;
		if (n > (int)sizeof(big) - i)
			n = sizeof(big) - i;
		if (fwrite(big + i, n, 1, f) != 1)
			break;
	}
	TEST(i == sizeof(big) && fclose(f) == 0);
	f = fopen("/tmp/big", "r");
	for (i = 0; (n = fgetc(f)) != EOF; i++)
		if ((char)n != big[i])
			break;
	TEST(i == sizeof(big) && feof(f));
	TEST(fseek(f, 5000, SEEK_SET) == 0 && fread(buf, 1, 10, f) == 10 &&
	    memcmp(buf, big + 5000, 10) == 0);
	fclose(f);
	TEST(fopen("/tmp/a", "wx") == NULL && errno == EEXIST);
	TEST(dprintf(-1, "x") == -1 && errno == EBADF);
}

static void
test_dirs(void)
{
	struct dirent *e;
	char cwd[256];
	struct stat st;
	DIR *d;
	int n = 0, dirs = 0;

	TEST(mkdir("/tmp/d", 0755) == 0 && mkdir("/tmp/d", 0755) == -1 &&
	    errno == EEXIST);
	for (int i = 0; i < 100; i++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "/tmp/d/file%d", i);
		if ((fd = open(name, O_CREAT | O_WRONLY, 0644)) >= 0)
			close(fd);
	}
	mkdir("/tmp/d/sub", 0755);
	TEST((d = opendir("/tmp/d")) != NULL);
	while ((e = readdir(d)) != NULL) {
		n++;
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			dirs++;
	}
	TEST(n >= 101 && n <= 103 && dirs == 1);
	rewinddir(d);
	TEST(readdir(d) != NULL && closedir(d) == 0);
	TEST(opendir("/tmp/d/file1") == NULL && errno == ENOTDIR);
	TEST(chdir("/tmp/d") == 0 && getcwd(cwd, sizeof(cwd)) == cwd &&
	    strcmp(cwd, "/tmp/d") == 0);
	TEST(stat("file1", &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0);
	TEST(rename("file1", "file1b") == 0 && access("file1", F_OK) == -1);
	TEST(remove("file1b") == 0 && remove("sub") == 0);
	TEST(rmdir("/tmp/d") == -1 && errno == ENOTEMPTY);
	chdir("/");
}

static void
test_descriptors(void)
{
	struct iovec iov[2] = { { (char *)"ab", 2 }, { (char *)"cde", 3 } };
	struct timeval tv = { 0, 10000 };
	struct pollfd p;
	fd_set r;
	char buf[16];
	int fd[2];
	uint64_t t0;

	TEST(pipe(fd) == 0 && writev(fd[1], iov, 2) == 5);
	p = (struct pollfd){ fd[0], POLLIN | POLLOUT, 0 };
	TEST(poll(&p, 1, 0) == 1 && (p.revents & POLLIN));
	TEST(read(fd[0], buf, sizeof(buf)) == 5 && memcmp(buf, "abcde", 5) == 0);
	t0 = now_ns();
	p.events = POLLIN;
	TEST(poll(&p, 1, 20) == 0 && now_ns() - t0 >= 19 * 1000000);
	FD_ZERO(&r);
	FD_SET(fd[0], &r);
	TEST(select(fd[0] + 1, &r, NULL, NULL, &tv) == 0 && !FD_ISSET(fd[0], &r));
	TEST(fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0 &&
	    read(fd[0], buf, 1) == -1 && errno == EAGAIN);
	TEST((fcntl(fd[0], F_GETFL) & O_NONBLOCK) != 0);
	close(fd[0]);
	TEST(write(fd[1], "x", 1) == -1 && errno == EPIPE);
	close(fd[1]);
	TEST(isatty(1) && !isatty(99));
	fd[0] = open("/tmp/big", O_RDONLY);
	TEST(dup2(fd[0], 20) == 20 && lseek(20, 100, SEEK_SET) == 100 &&
	    lseek(fd[0], 0, SEEK_CUR) == 100);
	TEST(pread(20, buf, 4, 8998) == 2);
	close(20);
	close(fd[0]);
}

void
test_files(void)
{

	/* the root of NetBSD's rump kernel cannot rename */
	struct tmpfs_args args = { .ta_version = TMPFS_ARGS_VERSION,
	    .ta_root_mode = 0777 };

	mkdir("/tmp", 0777);
	TEST(mount(MOUNT_TMPFS, "/tmp", 0, &args, sizeof(args)) == 0);
	test_stdio();
	test_dirs();
	test_descriptors();
	TEST(unmount("/tmp", 0) == 0 && access("/tmp/a", F_OK) == -1);
}
