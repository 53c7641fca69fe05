/*
 * trace_out.c: a trace's bytes (scripts/lib/trace.py reads them), in pieces to
 * whoever takes them to the host.
 */
#include <string.h>
#include <trace.h>
#include <kern.h>

#define LINE	57			/* bytes of a line of 76 characters */

void
trace_out_flush(struct trace_out *o)
{

	if (o->n > 0)
		o->flush(o->buf, o->n);
	o->n = 0;
}

void
trace_out_byte(struct trace_out *o, unsigned c)
{

	o->buf[o->n++] = (uint8_t)c;
	if (o->n == sizeof(o->buf))
		trace_out_flush(o);
}

void
trace_out_num(struct trace_out *o, uint64_t v)
{

	for (; v > 127; v >>= 7)
		trace_out_byte(o, (v & 127) | 128);
	trace_out_byte(o, (unsigned)v);
}

void
trace_out_text(struct trace_out *o, const char *s)
{
	size_t n = strnlen(s, 127);

	trace_out_num(o, n);
	while (n-- > 0)
		trace_out_byte(o, (uint8_t)*s++);
}

/* Where there is nothing but a console; `sirloin run' takes the lines out. */
void
trace_out_console(const uint8_t *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char line[LINE / 3 * 4 + 1];
	size_t i, k, len;
	uint32_t v;

	for (; n > 0; p += len, n -= len) {
		len = n < LINE ? n : LINE;
		for (i = k = 0; i < len; i += 3) {
			v = (uint32_t)p[i] << 16 |
			    (i + 1 < len ? p[i + 1] : 0) << 8 |
			    (i + 2 < len ? p[i + 2] : 0);
			line[k++] = digit[v >> 18];
			line[k++] = digit[v >> 12 & 63];
			line[k++] = i + 1 < len ? digit[v >> 6 & 63] : '=';
			line[k++] = i + 2 < len ? digit[v & 63] : '=';
		}
		line[k] = '\0';
		kern_printf("sirloin-trace:%s\n", line);
	}
	kern_console_flush();
}
