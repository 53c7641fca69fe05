/* file.c: a file of the disk at /data, read and written through its file system. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"

#define PATH	"/data/bench.tmp"
#define SIZE	(32 << 20)
#define TIME	500000000ULL

static void
file_pass(const char *name, int fd, size_t len, int write_it)
{
	char *buf = aligned_alloc(4096, len);
	uint64_t t0 = now(), ns, bytes = 0;
	ssize_t n = 0;
	char what[40];

	memset(buf, 0x5a, len);
	do {
		lseek(fd, 0, SEEK_SET);
		for (size_t at = 0; at < SIZE; at += len, bytes += n) {
			n = write_it ? write(fd, buf, len) : read(fd, buf, len);
			if (n != (ssize_t)len) {
				printf("bench: file: %zd of %zu\n", n, len);
				free(buf);
				return;
			}
		}
		if (write_it)
			fsync(fd);
	} while (now() - t0 < TIME);
	ns = now() - t0;
	snprintf(what, sizeof(what), "file_%s", name);
	report(what, bytes * 1000 / (ns / 1000) / 1000, "MB/s");
	free(buf);
}

void
bench_file(void)
{
	int fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0644);
	uint64_t t0;

	if (fd < 0)
		return;			/* no disk at /data that takes it */
	file_pass("write_new_64k", fd, 65536, 1);
	file_pass("write_64k", fd, 65536, 1);
	file_pass("read_64k", fd, 65536, 0);
	file_pass("read_4k", fd, 4096, 0);
	close(fd);
	t0 = now();
	for (int i = 0; i < 1000; i++)
		close(open(PATH, O_RDONLY));
	report_each("file_open_close", now() - t0, 1000);
	unlink(PATH);
}
