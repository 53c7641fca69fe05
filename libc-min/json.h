/*
 * json.h: a parsed and verified JSON document: jsmn's tokens, which jsmn
 * alone does not check to be JSON, and access to them.
 */
#ifndef LIBC_JSON_H
#define LIBC_JSON_H

#include <stdbool.h>
#include <stddef.h>

#define JSMN_HEADER
#define JSMN_STRICT
#include <jsmn.h>

#define JSON_DEPTH	8

struct json {
	const char	*text;
	jsmntok_t	*tok;		/* tok[0] is the document */
	int		ntok;
};

/* 0; or -1, *errpos where in the text, *what a constant text. */
int	json_parse(struct json *, const char *text, size_t len, size_t *errpos,
	    const char **what);
void	json_free(struct json *);
/* The token after all of t. */
int	json_skip(const struct json *, int t);
bool	json_is(const struct json *, int t, const char *text);
/* The string t, decoded, into buf (its encoded length + 1 is always enough). */
size_t	json_string(const struct json *, int t, char *buf);
unsigned json_line(const struct json *, size_t pos);

#endif /* LIBC_JSON_H */
