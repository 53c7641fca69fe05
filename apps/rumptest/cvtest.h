/* cvtest.h: what the tests of condition variables share (t_cv.c). */
#ifndef RUMPTEST_CVTEST_H
#define RUMPTEST_CVTEST_H

#include "test.h"

/* Made by cv_begin(), with a mutex of these flags; gone with cv_end(). */
extern struct rumpuser_mtx *mtx;
extern struct rumpuser_cv *cv;
extern volatile int waiting, woken, go;		/* 0 at first */

void	cv_begin(int flags);
void	cv_end(void);			/* nobody may be waiting */
int	cv_waiters(void);
bool	cv_wait_for(int n);		/* waiters; false after 10 s */

#endif /* RUMPTEST_CVTEST_H */
