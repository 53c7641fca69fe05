/* mem.c: memory of programs, and mapped files. */
#include "lxtest.h"

void
t_mmap(void)
{
	size_t n = 64 << 20;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
	    -1, 0), *q;

	CHECK(p != MAP_FAILED);
	CHECK(p[0] == 0 && p[n - 1] == 0);
	p[n / 2] = 7;
	CHECK(munmap(p, n / 4) == 0 && p[n / 2] == 7);
	CHECK(madvise(p + n / 2, 4096, MADV_DONTNEED) == 0 && p[n / 2] == 0);
	q = mremap(p + n / 2, n / 2, n, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q[n / 2] == 0);
	CHECK(munmap(q, n) == 0);
	CHECK(munmap(p + n / 4, n / 4) == 0);
	FAILS((intptr_t)mmap(NULL, 1L << 38, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0), ENOMEM);
}

void
t_mprotect(void)
{
	char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0);
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

	for (int i = 0; i < 8; i++)
		p[i * 4096] = (char)i;
	CHECK(mprotect(p + 4096, 3 * 4096, PROT_NONE) == 0);
	CHECK(mprotect(p + 4096, 3 * 4096, PROT_READ | PROT_WRITE) == 0);
	for (int i = 0; i < 8; i++)
		CHECK(p[i * 4096] == i);
	memcpy(p, code, sizeof(code));
	CHECK(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
	CHECK(((int (*)(void))(void *)p)() == 42);
	munmap(p, 8 * 4096);
}

void
t_mmap_file(void)
{
	char *p, buf[6] = "";
	int fd = open(path("mapped"), O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, "hello, world", 12) == 12);
	p = mmap(NULL, 12, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && memcmp(p, "hello, world", 13) == 0);
	munmap(p, 12);
	p = mmap(NULL, 12, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	memcpy(p, "HELLO", 5);
	CHECK(msync(p, 4096, MS_SYNC) == 0);
	CHECK(pread(fd, buf, 5, 0) == 5 && strcmp(buf, "HELLO") == 0);
	munmap(p, 12);
	close(fd);
	FAILS((intptr_t)mmap(NULL, 12, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
}
