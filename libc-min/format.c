/*
 * format.c: the printf family's formatter and the ones that write to memory.
 * Flags - + space # 0, width, precision, hh h l ll z j t, d i u o x X p c s %.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct out {
	void	(*put)(void *, const char *, size_t);
	void	*arg;
	size_t	n;
	va_list	ap;
};

struct spec {
	bool	left, plus, space, alt, zero, upper;
	int	width, prec;		/* prec -1: none */
	char	size;			/* 'H' hh, 'h', 'l' (all of 64 bits) */
};

static void
emit(struct out *o, const char *s, size_t n)
{

	if (n > 0)
		o->put(o->arg, s, n);
	o->n += n;
}

static void
pad(struct out *o, char c, int n)
{
	static const char blank[] = "                ", zero[] = "0000000000000000";

	for (; n > 0; n -= 16)
		emit(o, c == '0' ? zero : blank, n < 16 ? n : 16);
}

static void
text(struct out *o, const struct spec *sp, const char *s, size_t n)
{

	if (!sp->left)
		pad(o, ' ', sp->width - (int)n);
	emit(o, s, n);
	if (sp->left)
		pad(o, ' ', sp->width - (int)n);
}

/* sign: 0 or the character in front. */
static void
number(struct out *o, const struct spec *sp, uint64_t v, unsigned base, char sign)
{
	const char *digits = sp->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[24], prefix[3];
	int n = 0, np = 0, zeros;
	uint64_t rest = v;

	for (; rest != 0; rest /= base)
		buf[sizeof(buf) - ++n] = digits[rest % base];
	if (n == 0 && sp->prec != 0)
		buf[sizeof(buf) - ++n] = '0';
	if (sign != 0)
		prefix[np++] = sign;
	if (sp->alt && base == 16 && v != 0) {
		prefix[np++] = '0';
		prefix[np++] = sp->upper ? 'X' : 'x';
	}
	zeros = sp->prec - n;
	if (sp->zero && !sp->left && sp->prec < 0)
		zeros = sp->width - np - n;
	if (sp->alt && base == 8 && zeros < 1 &&
	    (n == 0 || buf[sizeof(buf) - n] != '0'))
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	if (!sp->left)
		pad(o, ' ', sp->width - np - zeros - n);
	emit(o, prefix, np);
	pad(o, '0', zeros);
	emit(o, buf + sizeof(buf) - n, n);
	if (sp->left)
		pad(o, ' ', sp->width - np - zeros - n);
}

/* A decimal number in the format, at most INT_MAX / 2. */
static const char *
decimal(const char *f, int *v)
{

	for (*v = 0; *f >= '0' && *f <= '9'; f++)
		if (*v < INT_MAX / 20)
			*v = *v * 10 + (*f - '0');
	return f;
}

static const char *
flags(const char *f, struct spec *sp)
{

	for (;; f++) {
		switch (*f) {
		case '-': sp->left = true; break;
		case '+': sp->plus = true; break;
		case ' ': sp->space = true; break;
		case '#': sp->alt = true; break;
		case '0': sp->zero = true; break;
		default: return f;
		}
	}
}

static const char *
length(const char *f, struct spec *sp)
{

	for (;; f++) {
		switch (*f) {
		case 'h': sp->size = sp->size == 'h' ? 'H' : 'h'; break;
		case 'l': case 'z': case 'j': case 't': sp->size = 'l'; break;
		default: return f;
		}
	}
}

static int64_t
fit_signed(const struct spec *sp, int64_t v)
{

	switch (sp->size) {
	case 'l': return v;
	case 'h': return (short)v;
	case 'H': return (signed char)v;
	default: return (int)v;
	}
}

static uint64_t
fit_unsigned(const struct spec *sp, uint64_t v)
{

	switch (sp->size) {
	case 'l': return v;
	case 'h': return (unsigned short)v;
	case 'H': return (unsigned char)v;
	default: return (unsigned)v;
	}
}

/* Flags, width, precision, size: what is before the conversion. */
static const char *
specification(const char *f, struct spec *sp, struct out *o)
{

	f = flags(f, sp);
	if (*f == '*') {
		f++;
		sp->width = va_arg(o->ap, int);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = sp->width == INT_MIN ? 0 : -sp->width;
		}
	} else
		f = decimal(f, &sp->width);
	if (*f == '.') {
		if (*++f == '*') {
			f++;
			sp->prec = va_arg(o->ap, int);
			if (sp->prec < 0)
				sp->prec = -1;
		} else
			f = decimal(f, &sp->prec);
	}
	return length(f, sp);
}

static void
integer(struct out *o, struct spec *sp, char conversion)
{
	int64_t v = sp->size == 'l' ? va_arg(o->ap, long) : va_arg(o->ap, int);

	sp->upper = conversion == 'X';
	if (conversion == 'd' || conversion == 'i') {
		v = fit_signed(sp, v);
		number(o, sp, v < 0 ? -(uint64_t)v : (uint64_t)v, 10,
		    v < 0 ? '-' : sp->plus ? '+' : sp->space ? ' ' : 0);
	} else
		number(o, sp, fit_unsigned(sp, v), conversion == 'u' ? 10 :
		    conversion == 'o' ? 8 : 16, 0);
}

static void
string(struct out *o, const struct spec *sp, const char *s)
{

	if (s == NULL)
		s = "(null)";
	text(o, sp, s, sp->prec < 0 ? strlen(s) : strnlen(s, sp->prec));
}

/* False: not a conversion that we know. */
static bool
convert(struct out *o, struct spec *sp, char conversion)
{
	char c;

	switch (conversion) {
	case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
		integer(o, sp, conversion);
		return true;
	case 'p':
		sp->alt = true;
		number(o, sp, (uintptr_t)va_arg(o->ap, void *), 16, 0);
		return true;
	case 'c':
		c = va_arg(o->ap, int);
		text(o, sp, &c, 1);
		return true;
	case 's':
		string(o, sp, va_arg(o->ap, const char *));
		return true;
	case '%':
		emit(o, "%", 1);
		return true;
	default:	/* also %n: never */
		return false;
	}
}

int
libc_format(void (*put)(void *, const char *, size_t), void *arg,
    const char *f, va_list ap)
{
	struct out o = { .put = put, .arg = arg };
	bool known = true;

	va_copy(o.ap, ap);
	while (known) {
		struct spec sp = { .prec = -1 };
		const char *s = f;

		while (*f != '\0' && *f != '%')
			f++;
		emit(&o, s, f - s);
		if (*f == '\0')
			break;
		f = specification(f + 1, &sp, &o);
		known = convert(&o, &sp, *f++);
	}
	va_end(o.ap);
	return known && o.n <= INT_MAX ? (int)o.n : -1;
}

struct mem {
	char	*p;
	size_t	room;		/* without the final 0 */
};

static void
put_mem(void *arg, const char *s, size_t n)
{
	struct mem *m = arg;

	if (n > m->room)
		n = m->room;
	memcpy(m->p, s, n);
	m->p += n;
	m->room -= n;
}

int
vsnprintf(char *restrict buf, size_t size, const char *restrict f, va_list ap)
{
	struct mem m = { buf, size > 0 ? size - 1 : 0 };
	int n = libc_format(put_mem, &m, f, ap);

	if (size > 0)
		*m.p = '\0';
	return n;
}

int
snprintf(char *restrict buf, size_t size, const char *restrict f, ...)
{
	va_list ap;
	int n;

	va_start(ap, f);
	n = vsnprintf(buf, size, f, ap);
	va_end(ap);
	return n;
}

int
sprintf(char *restrict buf, const char *restrict f, ...)
{
	va_list ap;
	int n;

	va_start(ap, f);
	n = vsnprintf(buf, (size_t)INT_MAX + 1, f, ap);
	va_end(ap);
	return n;
}
