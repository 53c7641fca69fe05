/* parse.h: what config.c's and config_dev.c's keys are read with. */
#ifndef LIBC_PARSE_H
#define LIBC_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "json.h"

struct parse {
	struct json	j;
	struct config	*c;
	struct config_error *err;
	unsigned	firstline;
	char		*mem;		/* free part of c->memory */
	size_t		left;
};

/* What a key may hold and where it goes. */
struct parse_key {
	const char	*name;
	int		(*set)(struct parse *, int t, void *where);
	size_t		offset;
};
#define PARSE_REPEATS	((size_t)-1)	/* rumprun's lists: the key again */

/* All results: 0, or -1 and p->err is set.  t is a token. */
int	parse_bad(struct parse *p, int t, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Fill a structure from object t by its table of keys. */
int	parse_object(struct parse *p, int t, const struct parse_key *, void *where);
/* One value, or an array of them: set() for each. */
int	parse_each(struct parse *p, int t, int (*set)(struct parse *, int, void *),
	    void *where);
unsigned parse_line(const struct parse *p, int t);

/* Values of keys: to be used in tables. */
int	parse_string(struct parse *p, int t, void *where);	/* char * */
int	parse_bool(struct parse *p, int t, void *where);	/* bool */
int	parse_masklen(struct parse *p, int t, void *where);	/* int */

/* The keys "net" and "blk". */
int	parse_net(struct parse *p, int t, void *where);
int	parse_blk(struct parse *p, int t, void *where);
/* bridge.c's, where the image has it. */
int	parse_bridge(struct parse *p, int t, void *where) __attribute__((weak));

#endif /* LIBC_PARSE_H */
