/*
 * fake.h: what the unit tests of kernel/ stand on.
 */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../../kernel/thread.h"
#include "../check.h"

/* True when the statement panics with a message that contains text. */
#define PANICS(stmt, text)						\
	(fake_catch = 1, setjmp(fake_jmp) == 0 ? ({ stmt; fake_catch = 0; \
	    false; }) : strstr(fake_message, text) != NULL)

extern jmp_buf fake_jmp;
extern int fake_catch;
extern char fake_message[512];
extern struct plat_range fake_ranges[];
extern int fake_nranges;
extern uint64_t fake_clock, fake_timer;
extern const char *fake_cmdline;
extern size_t (*fake_hwrandom)(void *, size_t);

void	fake_ram(uint64_t base, uint64_t size);	/* adds a range */
void	fake_init(void);			/* cpu0 and its thread */
uint64_t fake_rand(void);

void	page_info(uint64_t *, uint64_t *);

#endif /* FAKE_H */
