/*
 * stdio.h.  Formats know no floating point; %n and unknown conversions end
 * the output and give -1.
 */
#ifndef _STDIO_H_
#define _STDIO_H_

#include <stdarg.h>
#include <stddef.h>

#define __printflike(f, a) __attribute__((format(printf, f, a)))

/* ---- stateless ---- */

int	snprintf(char *restrict, size_t, const char *restrict, ...)
	    __printflike(3, 4);
int	vsnprintf(char *restrict, size_t, const char *restrict, va_list)
	    __printflike(3, 0);
int	sprintf(char *restrict, const char *restrict, ...) __printflike(2, 3);
/*
 * The formatter: pieces of output go to put(arg, text, length).  The number
 * of characters, or -1.
 */
int	libc_format(void (*put)(void *, const char *, size_t), void *arg,
	    const char *, va_list) __printflike(3, 0);

/* ---- above the line only ---- */

#define EOF		(-1)
#define BUFSIZ		1024
#define FILENAME_MAX	1024
#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define _IOFBF		0
#define _IOLBF		1
#define _IONBF		2

typedef struct __file FILE;
typedef long fpos_t;
extern FILE *const stdin, *const stdout, *const stderr;
#define stdin	stdin
#define stdout	stdout
#define stderr	stderr

FILE	*fopen(const char *restrict, const char *restrict);
FILE	*fdopen(int, const char *);
int	fclose(FILE *);
int	fflush(FILE *);
int	fileno(FILE *);
int	setvbuf(FILE *restrict, char *restrict, int, size_t);

int	printf(const char *restrict, ...) __printflike(1, 2);
int	fprintf(FILE *restrict, const char *restrict, ...) __printflike(2, 3);
int	dprintf(int, const char *restrict, ...) __printflike(2, 3);
int	vprintf(const char *restrict, va_list) __printflike(1, 0);
int	vfprintf(FILE *restrict, const char *restrict, va_list)
	    __printflike(2, 0);
int	asprintf(char **restrict, const char *restrict, ...) __printflike(2, 3);
int	vasprintf(char **restrict, const char *restrict, va_list)
	    __printflike(2, 0);

int	fgetc(FILE *);
int	getc(FILE *);
int	getchar(void);
int	ungetc(int, FILE *);
char	*fgets(char *restrict, int, FILE *restrict);
int	fputc(int, FILE *);
int	putc(int, FILE *);
int	putchar(int);
int	fputs(const char *restrict, FILE *restrict);
int	puts(const char *);
size_t	fread(void *restrict, size_t, size_t, FILE *restrict);
size_t	fwrite(const void *restrict, size_t, size_t, FILE *restrict);

int	fseek(FILE *, long, int);
int	fseeko(FILE *, long, int);
long	ftell(FILE *);
long	ftello(FILE *);
void	rewind(FILE *);
int	feof(FILE *);
int	ferror(FILE *);
void	clearerr(FILE *);

void	perror(const char *);
int	remove(const char *);
int	rename(const char *, const char *);

#endif /* _STDIO_H_ */
