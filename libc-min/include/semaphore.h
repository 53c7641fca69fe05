/* semaphore.h: unnamed semaphores of one process. */
#ifndef _SEMAPHORE_H_
#define _SEMAPHORE_H_

#include <stdint.h>
#include <time.h>

typedef struct { uint32_t value, waiters; } sem_t;

int	sem_init(sem_t *, int, unsigned);
int	sem_destroy(sem_t *);
int	sem_post(sem_t *);
int	sem_wait(sem_t *);
int	sem_trywait(sem_t *);
int	sem_timedwait(sem_t *restrict, const struct timespec *restrict);
int	sem_getvalue(sem_t *restrict, int *restrict);

#endif /* _SEMAPHORE_H_ */
