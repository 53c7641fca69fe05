/*
 * stdio.c: buffered files.  A buffer holds either what was read ahead or what
 * is to be written.  Each call locks the file.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

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

static void
lock(FILE *f)
{

	pthread_mutex_lock(&f->lock);
}

static void
unlock(FILE *f)
{

	pthread_mutex_unlock(&f->lock);
}

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
static int
settle(FILE *f)
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

static bool
begin(FILE *f, enum mode mode)
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
	if (settle(f) != 0)
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
static bool
put(FILE *f, const char *p, size_t n)
{
	size_t k;

	if (!begin(f, WRITING))
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
static size_t
get(FILE *f, char *p, size_t n)
{
	size_t done = 0;

	if (n == 0 || !begin(f, READING))
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
	lock(f);
	r = settle(f);
	unlock(f);
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
	lock(f);
	r = f->mode == WRITING ? settle(f) : 0;
	unlock(f);
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
				settle(f);
			unlock(f);
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
	lock(f);
	settle(f);
	f->bufmode = mode;
	unlock(f);
	return 0;
}

/* ---- characters, lines, blocks ---- */

size_t
fread(void *restrict p, size_t size, size_t n, FILE *restrict f)
{
	size_t all_n, got;

	if (__builtin_mul_overflow(size, n, &all_n) || all_n == 0)
		return 0;
	lock(f);
	got = get(f, p, all_n);
	unlock(f);
	return got / size;
}

size_t
fwrite(const void *restrict p, size_t size, size_t n, FILE *restrict f)
{
	size_t all_n;
	bool ok;

	if (__builtin_mul_overflow(size, n, &all_n) || all_n == 0)
		return 0;
	lock(f);
	ok = put(f, p, all_n);
	unlock(f);
	return ok ? n : 0;
}

int
fgetc(FILE *f)
{
	unsigned char c;

	return fread(&c, 1, 1, f) == 1 ? c : EOF;
}

int
ungetc(int c, FILE *f)
{

	if (c == EOF)
		return EOF;
	lock(f);
	if (!begin(f, READING) || f->unget != EOF)
		c = EOF;
	else {
		f->unget = (unsigned char)c;
		f->eof = false;
	}
	unlock(f);
	return c;
}

char *
fgets(char *restrict buf, int size, FILE *restrict f)
{
	int n = 0;
	char c;

	lock(f);
	while (n < size - 1 && get(f, &c, 1) == 1) {
		buf[n++] = c;
		if (c == '\n')
			break;
	}
	unlock(f);
	if (n == 0)
		return NULL;
	buf[n] = '\0';
	return buf;
}

int
fputc(int c, FILE *f)
{
	char b = c;

	return fwrite(&b, 1, 1, f) == 1 ? (unsigned char)c : EOF;
}

int
fputs(const char *restrict s, FILE *restrict f)
{
	size_t n = strlen(s);

	return fwrite(s, 1, n, f) == n ? 0 : EOF;
}

int
puts(const char *s)
{
	int r;

	lock(stdout);
	r = fputs(s, stdout) == EOF || fputc('\n', stdout) == EOF ? EOF : 0;
	unlock(stdout);
	return r;
}

int getc(FILE *f) { return fgetc(f); }
int getchar(void) { return fgetc(stdin); }
int putc(int c, FILE *f) { return fputc(c, f); }
int putchar(int c) { return fputc(c, stdout); }

/* ---- position, state ---- */

int
fseek(FILE *f, long off, int whence)
{
	int r;

	lock(f);
	r = settle(f);
	if (r == 0)
		r = lseek(f->fd, off, whence) < 0 ? -1 : 0;
	if (r == 0)
		f->eof = false;
	unlock(f);
	return r;
}

long
ftell(FILE *f)
{
	off_t off;

	lock(f);
	off = lseek(f->fd, 0, SEEK_CUR);
	if (off >= 0 && f->mode == WRITING)
		off += f->pos;
	else if (off >= 0 && f->mode == READING)
		off -= f->have - f->pos + (f->unget != EOF);
	unlock(f);
	return off;
}

int fseeko(FILE *f, long off, int whence) { return fseek(f, off, whence); }
long ftello(FILE *f) { return ftell(f); }
int feof(FILE *f) { return f->eof; }
int ferror(FILE *f) { return f->error; }

void
clearerr(FILE *f)
{

	f->eof = f->error = false;
}

void
rewind(FILE *f)
{

	(void)fseek(f, 0, SEEK_SET);
	clearerr(f);
}

/* ---- formats ---- */

static void
put_file(void *f, const char *s, size_t n)
{

	(void)put(f, s, n);
}

/* A message to an unbuffered file goes out in one piece. */
static int
format_unbuffered(FILE *f, const char *fmt, va_list ap)
{
	char buf[BUFSIZ];
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	if (n >= (int)sizeof(buf))
		n = libc_format(put_file, f, fmt, again);
	else if (n > 0)
		put(f, buf, n);
	va_end(again);
	return n;
}

int
vfprintf(FILE *restrict f, const char *restrict fmt, va_list ap)
{
	int n;

	lock(f);
	f->error = false;
	n = f->bufmode == _IONBF ? format_unbuffered(f, fmt, ap) :
	    libc_format(put_file, f, fmt, ap);
	if (f->error)
		n = -1;
	unlock(f);
	return n;
}

int
vprintf(const char *restrict fmt, va_list ap)
{

	return vfprintf(stdout, fmt, ap);
}

int
fprintf(FILE *restrict f, const char *restrict fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vfprintf(f, fmt, ap);
	va_end(ap);
	return n;
}

int
printf(const char *restrict fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vfprintf(stdout, fmt, ap);
	va_end(ap);
	return n;
}
