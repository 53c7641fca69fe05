/*
 * trace.h: what happens when, in rings of each CPU, for a timeline on the host
 * (docs/debugging.md).  Images have it unless the Makefile names them as
 * untraced; it is off without the option "trace".  Nobody calls these functions
 * from his source but for what `ld --wrap' cannot reach: the linker puts the
 * hooks around the functions below.
 */
#ifndef SIRLOIN_TRACE_H
#define SIRLOIN_TRACE_H

#include <rump/trace.h>

/* `what' is the address of a text in the image, or less than 256: a vector. */
enum trace_kind {
	TRACE_SWITCH = 1,	/* to thread tid; what: the other one waits there */
	TRACE_YIELD,		/* the same, but the other one could go on */
	TRACE_WAKE,		/* thread tid is ready */
	TRACE_BEGIN, TRACE_END,	/* of a call, by thread tid */
	TRACE_INTR, TRACE_INTR_END	/* of an interrupt or fault on this CPU */
};

/* Any context, also when it is off. */
void	kern_trace(enum trace_kind, uint32_t tid, uintptr_t what);
/* The platform's way to the host, if it has one: false when nobody listens. */
bool	plat_trace_write(const void *, size_t);

/* trace_out.c: text of a trace by small pieces. */
struct trace_out {
	void	(*flush)(const uint8_t *, size_t);
	size_t	n;
	uint8_t	buf[1020];
};
void	trace_out_byte(struct trace_out *, unsigned);
void	trace_out_num(struct trace_out *, uint64_t);	/* 7 bits a byte */
void	trace_out_text(struct trace_out *, const char *);
void	trace_out_flush(struct trace_out *);
void	trace_out_console(const uint8_t *, size_t);	/* base64, in lines */

#endif /* SIRLOIN_TRACE_H */
