/*
 * rump/trace.h: tracing, for what is above the line: weak, since an image may
 * be without it.  A name is a text of the image, for ever; a call is named by
 * such a text or by its function.
 */
#ifndef SIRLOIN_RUMP_TRACE_H
#define SIRLOIN_RUMP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A call of this thread's; they nest. */
void	rumpcomp_trace_begin(const void *what) __attribute__((weak));
void	rumpcomp_trace_end(const void *what) __attribute__((weak));
/* What the image does from now on. */
void	rumpcomp_trace_phase(const char *name) __attribute__((weak));

/* Before a function traced_F, which F's callers call instead (trace.h). */
#define RUMP_TRACED	__attribute__((used, section(".trace.text"))) static

#endif /* SIRLOIN_RUMP_TRACE_H */
