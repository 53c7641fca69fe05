/*
 * trace.h: what happens when, in rings of each CPU, for a timeline on the host
 * (docs/debugging.md).  Images have it unless the Makefile names them as
 * untraced.  With the option "trace" the boot changes the image: what refers to
 * a function F then refers to traced_F, if there is one.  Without the option
 * the image runs as if it had nothing of this.
 */
#ifndef SIRLOIN_TRACE_H
#define SIRLOIN_TRACE_H

#include <rump/trace.h>

/* Before a function traced_F; all registers are F's (gcc -fipa-ra). */
#define TRACED	__attribute__((no_caller_saved_registers)) RUMP_TRACED

/* `what' is the address of a text or of a function in the image, or less than
 * 256: a vector. */
enum trace_kind {
	TRACE_SWITCH = 1,	/* to thread tid; what: the other one waits there */
	TRACE_YIELD,		/* the same, but the other one could go on */
	TRACE_WAKE,		/* thread tid is ready */
	TRACE_BEGIN, TRACE_END,	/* of a call, by thread tid */
	TRACE_INTR, TRACE_INTR_END	/* of an interrupt or fault on this CPU */
};

/* Any context; nothing before the rings are there, and after the end. */
void	kern_trace(enum trace_kind, uint32_t tid, uintptr_t what);
struct thread;
/* To the current thread. */
void	kern_trace_switch(const struct thread *from);
/* Before the threads: changes the image, if it shall. */
void	kern_trace_start(void) __attribute__((weak));
void	kern_trace_end(void);		/* everything to the host */
/* Interrupts masked, one CPU: text and constants can be written, or not. */
void	plat_trace_text(bool writable);
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
