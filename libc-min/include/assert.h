/* assert.h: a false assertion prints itself and aborts (a panic report). */
#undef assert
#ifdef NDEBUG
#define assert(e)	((void)0)
#else
#define assert(e)							\
	((e) ? (void)0 : __assert_fail(#e, __FILE__, __LINE__, __func__))
#endif

#ifndef _ASSERT_H_
#define _ASSERT_H_
#define static_assert _Static_assert
void	__assert_fail(const char *, const char *, int, const char *)
	    __attribute__((noreturn));
#endif
