/* stdlib.h */
#ifndef _STDLIB_H_
#define _STDLIB_H_

#include <stddef.h>

#define EXIT_SUCCESS	0
#define EXIT_FAILURE	1
#define RAND_MAX	0x7fffffff
#define MB_CUR_MAX	1

/* ---- stateless ---- */

int	atoi(const char *);
long	atol(const char *);
long long atoll(const char *);
/* Out of range: the limit, and ERANGE in errno (above the line). */
long	strtol(const char *restrict, char **restrict, int);
unsigned long strtoul(const char *restrict, char **restrict, int);
long long strtoll(const char *restrict, char **restrict, int);
unsigned long long strtoull(const char *restrict, char **restrict, int);

/* Not stable; never more than n log n; needs no memory. */
void	qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void	*bsearch(const void *, const void *, size_t, size_t,
	    int (*)(const void *, const void *));

static inline int abs(int x) { return x < 0 ? -x : x; }
static inline long labs(long x) { return x < 0 ? -x : x; }
static inline long long llabs(long long x) { return x < 0 ? -x : x; }

/* ---- above the line only ---- */

void	*malloc(size_t);
void	*calloc(size_t, size_t);
void	*realloc(void *, size_t);
void	*reallocarray(void *, size_t, size_t);
void	*aligned_alloc(size_t, size_t);
int	posix_memalign(void **, size_t, size_t);
void	free(void *);

char	*getenv(const char *);
int	setenv(const char *, const char *, int);
int	unsetenv(const char *);
int	putenv(char *);

void	exit(int) __attribute__((noreturn));
void	_Exit(int) __attribute__((noreturn));
int	atexit(void (*)(void));
void	abort(void) __attribute__((noreturn));

int	rand(void);
void	srand(unsigned);
long	random(void);
void	srandom(unsigned);
/* The platform's entropy. */
unsigned arc4random(void);
unsigned arc4random_uniform(unsigned);
void	arc4random_buf(void *, size_t);

const char *getprogname(void);

#endif /* _STDLIB_H_ */
