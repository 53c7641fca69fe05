/* test.h: tests that speak TAP. */
#ifndef LIBCTEST_TEST_H
#define LIBCTEST_TEST_H

#include <stdbool.h>
#include <stdint.h>

void	test(bool ok, const char *name, const char *file, int line);
#define TEST(e)		test((e), #e, __FILE__, __LINE__)

uint64_t now_ns(void);

void	test_threads(void);
void	test_files(void);
void	test_misc(void);
void	test_net(void);

#endif /* LIBCTEST_TEST_H */
