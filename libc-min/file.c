/*
 * file.c: buffered files: the buffer, opening, closing.  A buffer holds either
 * what was read ahead or what is to be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "private.h"

#define LOCKED	PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP
static char inbuf[BUFSIZ], outbuf[BUFSIZ];
static FILE files[3] = {
	{ .lock = LOCKED, .fd = 0, .flags = O_RDONLY, .unget = EOF,
	  .buf = inbuf, .size = sizeof(inbuf), .next = &files[1] },
	{ .lock = LOCKED, .fd = 1, .flags = O_WRONLY, .bufmode = _IOLBF,
	  .unget = EOF, .buf = outbuf, .size = sizeof(outbuf),
	  .next = &files[2] },
	{ .lock = LOCKED, .fd = 2, .flags = O_WRONLY, .bufmode = _IONBF,
	  .unget = EOF },
};
#undef stdin
#undef stdout
#undef stderr
FILE *const stdin = &files[0], *const stdout = &files[1],
    *const stderr = &files[2];

static FILE *all = files;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- descriptor and buffer ---- */

static bool
write_all(FILE *f, const char *p, size_t n)
{

	while (n > 0) {
		ssize_t k = write(f->fd, p, n);

		if (k <= 0) {
			f->error = true;
			return false;
		}
		p += k;
		n -= k;
	}
	return true;
}

/* Empty the buffer: what was written goes out, what was read is given back. */
int
file_settle(FILE *f)
{
	bool ok = true;

	if (f->mode == WRITING)
		ok = write_all(f, f->buf, f->pos);
	else if (f->mode == READING) {
		off_t back = f->have - f->pos + (f->unget != EOF);

		if (back > 0)
			(void)lseek(f->fd, -back, SEEK_CUR);
	}
	f->mode = IDLE;
	f->pos = f->have = 0;
	f->unget = EOF;
	return ok ? 0 : EOF;
}

bool
file_begin(FILE *f, enum mode mode)
{
	int acc = f->flags & O_ACCMODE;

	if (f->mode == mode)
		return true;
	if ((mode == READING && acc == O_WRONLY) ||
	    (mode == WRITING && acc == O_RDONLY)) {
		errno = EBADF;
		f->error = true;
		return false;
	}
	if (file_settle(f) != 0)
		return false;
	if (f->buf == NULL && f->bufmode != _IONBF) {
		f->size = 4 * BUFSIZ;
		if ((f->buf = malloc(f->size)) == NULL)
			return false;
	}
	f->mode = mode;
	return true;
}

/* Put n bytes; lines go out when they end. */
bool
file_put(FILE *f, const char *p, size_t n)
{
	size_t k;

	if (!file_begin(f, WRITING))
		return false;
	if (f->bufmode == _IONBF)
		return write_all(f, p, n);
	for (; n > 0; p += k, n -= k) {
		if (f->pos == 0 && n >= f->size && f->bufmode == _IOFBF)
			return write_all(f, p, n);
		k = n < f->size - f->pos ? n : f->size - f->pos;
		memcpy(f->buf + f->pos, p, k);
		f->pos += k;
		if (f->pos == f->size || (f->bufmode == _IOLBF &&
		    memrchr(p, '\n', k) != NULL)) {
			if (!write_all(f, f->buf, f->pos)) {
				f->pos = 0;
				return false;
			}
			f->pos = 0;
		}
	}
	return true;
}

/* Get up to n bytes, fewer only at the end; through the buffer if small. */
size_t
file_get(FILE *f, char *p, size_t n)
{
	size_t done = 0;

	if (n == 0 || !file_begin(f, READING))
		return 0;
	if (f->unget != EOF) {
		p[done++] = f->unget;
		f->unget = EOF;
	}
	while (done < n) {
		size_t k = f->have - f->pos;
		ssize_t got;

		if (k > 0) {
			if (k > n - done)
				k = n - done;
			memcpy(p + done, f->buf + f->pos, k);
			f->pos += k;
			done += k;
			continue;
		}
		if (f == stdin)
			(void)fflush(stdout);	/* a prompt */
		if (f->buf == NULL || n - done >= f->size)
			got = read(f->fd, p + done, n - done);
		else if ((got = read(f->fd, f->buf, f->size)) > 0) {
			f->pos = 0;
			f->have = got;
			continue;
		}
		if (got <= 0) {
			if (got == 0)
				f->eof = true;
			else
				f->error = true;
			break;
		}
		done += got;
	}
	return done;
}

/* ---- open, close ---- */

static int
parse_mode(const char *mode)
{
	bool plus = strchr(mode, '+') != NULL;
	int flags = plus ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;

	if (strchr(mode, 'x') != NULL)
		flags |= O_EXCL;
	if (strchr(mode, 'e') != NULL)
		flags |= O_CLOEXEC;
	switch (mode[0]) {
	case 'r': return flags;
	case 'w': return flags | O_CREAT | O_TRUNC;
	case 'a': return flags | O_CREAT | O_APPEND;
	default:
		errno = EINVAL;
		return -1;
	}
}

static FILE *
new_file(int fd, int flags)
{
	FILE *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->lock = (pthread_mutex_t)LOCKED;
	f->fd = fd;
	f->flags = flags;
	f->unget = EOF;
	f->bufmode = isatty(fd) ? _IOLBF : _IOFBF;
	pthread_mutex_lock(&all_lock);
	f->next = all;
	all = f;
	pthread_mutex_unlock(&all_lock);
	return f;
}

FILE *
fdopen(int fd, const char *mode)
{
	int flags = parse_mode(mode);

	return flags < 0 ? NULL : new_file(fd, flags);
}

FILE *
fopen(const char *restrict path, const char *restrict mode)
{
	int flags = parse_mode(mode), fd;
	FILE *f;

	if (flags < 0 || (fd = open(path, flags, 0666)) < 0)
		return NULL;
	if ((f = new_file(fd, flags)) == NULL)
		close(fd);
	return f;
}

int
fclose(FILE *f)
{
	FILE **fp;
	int r;

	pthread_mutex_lock(&all_lock);
	for (fp = &all; *fp != NULL && *fp != f; fp = &(*fp)->next)
		continue;
	if (*fp == f)
		*fp = f->next;
	pthread_mutex_unlock(&all_lock);
	file_lock(f);
	r = file_settle(f);
	file_unlock(f);
	if (close(f->fd) != 0)
		r = EOF;
	if (f < files || f >= files + 3) {
		free(f->buf);
		free(f);
	}
	return r;
}

int
fflush(FILE *f)
{
	int r;

	if (f == NULL) {
		libc_stdio_flush();
		return 0;
	}
	file_lock(f);
	r = f->mode == WRITING ? file_settle(f) : 0;
	file_unlock(f);
	return r;
}

/* A file that another thread holds (it may wait for input) is left alone. */
void
libc_stdio_flush(void)
{

	pthread_mutex_lock(&all_lock);
	for (FILE *f = all; f != NULL; f = f->next)
		if (pthread_mutex_trylock(&f->lock) == 0) {
			if (f->mode == WRITING)
				file_settle(f);
			file_unlock(f);
		}
	pthread_mutex_unlock(&all_lock);
}

int
fileno(FILE *f)
{

	return f->fd;
}

/* The mode is taken; buffers are our own. */
int
setvbuf(FILE *restrict f, char *restrict buf, int mode, size_t size)
{

	if (mode < _IOFBF || mode > _IONBF)
		return EOF;
	file_lock(f);
	file_settle(f);
	f->bufmode = mode;
	file_unlock(f);
	return 0;
}
