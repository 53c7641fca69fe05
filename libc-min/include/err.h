/* err.h: messages with the program's name in front. */
#ifndef _ERR_H_
#define _ERR_H_

#include <stdarg.h>

void	err(int, const char *, ...)
	    __attribute__((noreturn, format(printf, 2, 3)));
void	errx(int, const char *, ...)
	    __attribute__((noreturn, format(printf, 2, 3)));
void	warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void	warnx(const char *, ...) __attribute__((format(printf, 1, 2)));

#endif /* _ERR_H_ */
