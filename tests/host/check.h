/*
 * check.h: what must be true in a test.  A header that defines CHECK_SAID before
 * has a string to show besides.
 */
#ifndef TESTS_HOST_CHECK_H
#define TESTS_HOST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#ifndef CHECK_SAID
#define CHECK_SAID	""
#endif
#define CHECK(e)							\
	do {								\
		if (!(e)) {						\
			fprintf(stderr, "not ok: %s:%d: %s\n%s",	\
			    __FILE__, __LINE__, #e, CHECK_SAID);	\
			abort();					\
		}							\
	} while (0)

#endif /* TESTS_HOST_CHECK_H */
