/* check.h: a test's checks, in rumptest and fstest, each with its own report. */
#ifndef APPS_CHECK_H
#define APPS_CHECK_H

struct test {
	const char	*name;
	void		(*fn)(void);
};

void	test_fail(const char *file, int line, const char *what);
void	test_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	test_skip(const char *why);	/* then return from the test */

#define CHECK(e)							\
	do {								\
		if (!(e))						\
			test_fail(__FILE__, __LINE__, #e);		\
	} while (0)
#define CHECK_INT(a, b)							\
	do {								\
		long long a_ = (long long)(a), b_ = (long long)(b);	\
		if (a_ != b_) {						\
			test_fail(__FILE__, __LINE__, #a " == " #b);	\
			test_note("%lld, not %lld", a_, b_);		\
		}							\
	} while (0)

#endif /* APPS_CHECK_H */
