/* stdio.c: characters, lines, blocks, formats.  Each call locks the file. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* ---- characters, lines, blocks ---- */

size_t
fread(void *restrict p, size_t size, size_t n, FILE *restrict f)
{
	size_t all_n, got;

	if (__builtin_mul_overflow(size, n, &all_n) || all_n == 0)
		return 0;
	file_lock(f);
	got = file_get(f, p, all_n);
	file_unlock(f);
	return got / size;
}

size_t
fwrite(const void *restrict p, size_t size, size_t n, FILE *restrict f)
{
	size_t all_n;
	bool ok;

	if (__builtin_mul_overflow(size, n, &all_n) || all_n == 0)
		return 0;
	file_lock(f);
	ok = file_put(f, p, all_n);
	file_unlock(f);
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
	file_lock(f);
	if (!file_begin(f, READING) || f->unget != EOF)
		c = EOF;
	else {
		f->unget = (unsigned char)c;
		f->eof = false;
	}
	file_unlock(f);
	return c;
}

char *
fgets(char *restrict buf, int size, FILE *restrict f)
{
	int n = 0;
	char c;

	file_lock(f);
	while (n < size - 1 && file_get(f, &c, 1) == 1) {
		buf[n++] = c;
		if (c == '\n')
			break;
	}
	file_unlock(f);
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

	file_lock(stdout);
	r = fputs(s, stdout) == EOF || fputc('\n', stdout) == EOF ? EOF : 0;
	file_unlock(stdout);
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

	file_lock(f);
	r = file_settle(f);
	if (r == 0)
		r = lseek(f->fd, off, whence) < 0 ? -1 : 0;
	if (r == 0)
		f->eof = false;
	file_unlock(f);
	return r;
}

long
ftell(FILE *f)
{
	off_t off;

	file_lock(f);
	off = lseek(f->fd, 0, SEEK_CUR);
	if (off >= 0 && f->mode == WRITING)
		off += f->pos;
	else if (off >= 0 && f->mode == READING)
		off -= f->have - f->pos + (f->unget != EOF);
	file_unlock(f);
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

	(void)file_put(f, s, n);
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
		file_put(f, buf, n);
	va_end(again);
	return n;
}

int
vfprintf(FILE *restrict f, const char *restrict fmt, va_list ap)
{
	int n;

	file_lock(f);
	f->error = false;
	n = f->bufmode == _IONBF ? format_unbuffered(f, fmt, ap) :
	    libc_format(put_file, f, fmt, ap);
	if (f->error)
		n = -1;
	file_unlock(f);
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
