/*
 * fstest.h: fstest, tests of the client API's file system calls.  It speaks to
 * the rump kernel only (rump_sys_*), so it says the same of both kernels.
 */
#ifndef FSTEST_H
#define FSTEST_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rump/abi.h>
#include <rump/rump_syscalls.h>
#include "../check.h"

/* Each list ends with a NULL name. */
extern const struct test tests_tree[], tests_data[], tests_fd[], tests_poll[],
    tests_threads[];

/* Where tests of files work, and what is there. */
extern const char *dir;
extern bool netbsd;		/* this is NetBSD's kernel */
extern bool on_fat;		/* no symlinks, owners, modes; 2 s times */

/* dir/name in one of a few static buffers. */
const char *in(const char *name);

/* The call fails with this error. */
#define CHECK_ERR(call, e)						\
	do {								\
		errno = 0;						\
		long long r_ = (long long)(call);			\
		if (r_ != -1 || errno != (e)) {				\
			test_fail(__FILE__, __LINE__, #call " gives " #e); \
			test_note("%lld, errno %d", r_, errno);		\
		}							\
	} while (0)

/* A file with this text; and whether a file has it. */
void	put_file(const char *path, const char *text);
bool	has_text(const char *path, const char *text);
bool	exists(const char *path);
/* Pattern: byte i of file number `seed'. */
static inline unsigned char
pattern(unsigned seed, size_t i)
{

	return (unsigned char)((i * 2654435761u + seed * 40503u) >> 11);
}

#endif /* FSTEST_H */
