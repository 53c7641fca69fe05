/* file.h: a FILE, for file.c and stdio.c. */
#ifndef LIBC_FILE_H
#define LIBC_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

enum mode { IDLE, READING, WRITING };
struct __file {
	pthread_mutex_t lock;
	int	fd, flags;		/* O_RDONLY, O_WRONLY, O_RDWR, O_APPEND */
	int	bufmode;		/* _IOFBF, _IOLBF, _IONBF */
	enum mode mode;
	bool	eof, error;
	int	unget;			/* a byte given back, or EOF */
	char	*buf;
	size_t	size, pos, have;	/* READING: pos..have; WRITING: 0..pos */
	FILE	*next;			/* all that are open */
};

static inline void
file_lock(FILE *f)
{

	pthread_mutex_lock(&f->lock);
}

static inline void
file_unlock(FILE *f)
{

	pthread_mutex_unlock(&f->lock);
}

/* All with the file locked.  EOF or false is an error. */
int	file_settle(FILE *);	/* empty the buffer: written, or given back */
bool	file_begin(FILE *, enum mode);
bool	file_put(FILE *, const char *, size_t);
/* Fewer only at the end or with an error. */
size_t	file_get(FILE *, char *, size_t);

#endif /* LIBC_FILE_H */
