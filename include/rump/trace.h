/*
 * rump/trace.h: tracing, for what is above the line: weak, since an image may
 * be without it.  Names are texts of the image, for ever.
 */
#ifndef SIRLOIN_RUMP_TRACE_H
#define SIRLOIN_RUMP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern uint8_t rumpcomp_trace_on __attribute__((weak));
/* A call of this thread's; they nest. */
void	rumpcomp_trace_begin(const char *name) __attribute__((weak));
void	rumpcomp_trace_end(const char *name) __attribute__((weak));
/* What the image does from now on. */
void	rumpcomp_trace_phase(const char *name) __attribute__((weak));

#endif /* SIRLOIN_RUMP_TRACE_H */
