/*
 * json.c: jsmn and what it leaves out.  jsmn finds the tokens; the walk here
 * makes sure that what is between and in them is JSON (RFC 8259), so that no
 * misplaced comma or colon goes unnoticed.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

struct walk {
	struct json	*j;
	size_t		pos;		/* all before it is right */
	int		t;		/* the next token */
	const char	*what;		/* the error */
};

static bool
fail(struct walk *w, const char *what)
{

	if (w->what == NULL)
		w->what = what;
	return false;
}

/* Only blanks, and c once if it is not 0, up to the position end. */
static bool
gap(struct walk *w, size_t end, char c, const char *what)
{

	for (; w->pos < end; w->pos++) {
		char x = w->j->text[w->pos];

		if (x == c && c != 0)
			c = 0;
		else if (x != ' ' && x != '\t' && x != '\n' && x != '\r')
			return fail(w, what);
	}
	return c == 0 || fail(w, what);
}

/* -? (0|[1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
static bool
is_number(const char *s, const char *end)
{
	const char *d;

	if (s < end && *s == '-')
		s++;
	for (d = s; s < end && isdigit((unsigned char)*s); s++)
		continue;
	if (s == d || (*d == '0' && s > d + 1))
		return false;
	if (s < end && *s == '.') {
		for (d = ++s; s < end && isdigit((unsigned char)*s); s++)
			continue;
		if (s == d)
			return false;
	}
	if (s < end && (*s | 32) == 'e') {
		s++;
		if (s < end && (*s == '+' || *s == '-'))
			s++;
		for (d = s; s < end && isdigit((unsigned char)*s); s++)
			continue;
		if (s == d)
			return false;
	}
	return s == end;
}

static bool
primitive(struct walk *w, int t)
{
	const struct json *j = w->j;

	return json_is(j, t, "true") || json_is(j, t, "false") ||
	    json_is(j, t, "null") ||
	    is_number(j->text + j->tok[t].start, j->text + j->tok[t].end) ||
	    fail(w, "not a value (a string without quotes?)");
}

static bool
string(struct walk *w, int t)
{
	const struct json *j = w->j;
	const char *p = j->text + j->tok[t].start, *end = j->text + j->tok[t].end;

	for (; p < end; p++) {
		if ((unsigned char)*p < 0x20)
			return fail(w, "a control character in a string");
		/* jsmn has verified the escapes */
		if (*p == '\\' && p[1] == 'u' && memcmp(p + 2, "0000", 4) == 0)
			return fail(w, "a \\u0000 in a string");
		if (*p == '\\')
			p++;
	}
	return true;
}

static bool value(struct walk *, int depth, int size);

static bool
container(struct walk *w, int t, int depth)
{
	const jsmntok_t *tok = &w->j->tok[t];
	bool object = tok->type == JSMN_OBJECT;
	size_t end = tok->end - 1;

	w->pos = tok->start + 1;
	for (int n = 0; n < tok->size; n++) {
		const jsmntok_t *k = &w->j->tok[w->t];

		if (w->t >= w->j->ntok)
			return fail(w, "not JSON");
		if (!gap(w, k->start - (k->type == JSMN_STRING),
		    n > 0 ? ',' : 0, "a comma is missing or too many"))
			return false;
		if (object) {
			if (k->type != JSMN_STRING)
				return fail(w, "a key is not a string");
			if (!value(w, depth, 1))
				return false;
			if (w->t >= w->j->ntok)
				return fail(w, "a key without a value");
			k = &w->j->tok[w->t];
			if (!gap(w, k->start - (k->type == JSMN_STRING), ':',
			    "no colon after a key"))
				return false;
		}
		if (!value(w, depth, 0))
			return false;
	}
	if (!gap(w, end, 0, "a comma is missing or too many"))
		return false;
	w->pos = end + 1;
	return true;
}

/*
 * The token w->t and all that is in it; w->pos is behind it then.  jsmn hangs a
 * value below its key: size is 1 for a key and 0 for other scalars.
 */
static bool
value(struct walk *w, int depth, int size)
{
	int t = w->t++;
	const jsmntok_t *tok = &w->j->tok[t];

	switch (tok->type) {
	case JSMN_STRING:
		w->pos = tok->start;
		if (tok->size < size)
			return fail(w, "a key without a value");
		if (tok->size > size && size == 0)
			return fail(w, "no comma after a value");
		if (!string(w, t))
			return false;
		w->pos = tok->end + 1;
		return true;
	case JSMN_PRIMITIVE:
		w->pos = tok->start;
		if (tok->size != 0 || !primitive(w, t))
			return fail(w, "not JSON");
		w->pos = tok->end;
		return true;
	default:
		if (depth == JSON_DEPTH)
			return fail(w, "nested too deeply");
		return container(w, t, depth + 1);
	}
}

static bool
verify(struct json *j, size_t len, size_t *errpos, const char **what)
{
	struct walk w = { .j = j };
	bool ok;

	ok = gap(&w, j->tok[0].start - (j->tok[0].type == JSMN_STRING), 0,
	    "not JSON") && value(&w, 0, 0) &&
	    gap(&w, len, 0, "more text after the document");
	*errpos = w.pos;
	*what = w.what;
	return ok;
}

int
json_parse(struct json *j, const char *text, size_t len, size_t *errpos,
    const char **what)
{
	jsmn_parser p;
	int n;

	*j = (struct json){ .text = text };
	*what = "not JSON";
	jsmn_init(&p);
	n = len > INT32_MAX / 2 ? JSMN_ERROR_NOMEM :
	    jsmn_parse(&p, text, len, NULL, 0);
	*errpos = p.pos;
	if (n > 0) {
		j->tok = calloc(n, sizeof(*j->tok));
		if (j->tok == NULL)
			n = JSMN_ERROR_NOMEM;
		else {
			jsmn_init(&p);
			n = j->ntok = jsmn_parse(&p, text, len, j->tok, n);
			*errpos = p.pos;
		}
	}
	if (n > 0 && verify(j, len, errpos, what))
		return 0;
	if (n == 0)
		*what = "empty";
	else if (n == JSMN_ERROR_PART) {
		*errpos = len;
		*what = "not JSON: it ends too early";
	} else if (n == JSMN_ERROR_NOMEM)
		*what = "too large for the memory";
	json_free(j);
	return -1;
}

void
json_free(struct json *j)
{

	free(j->tok);
	j->tok = NULL;
}

int
json_skip(const struct json *j, int t)
{
	int end = j->tok[t].end;

	for (t++; t < j->ntok && j->tok[t].start < end; t++)
		continue;
	return t;
}

bool
json_is(const struct json *j, int t, const char *text)
{
	size_t n = j->tok[t].end - j->tok[t].start;

	return strlen(text) == n &&
	    memcmp(j->text + j->tok[t].start, text, n) == 0;
}

unsigned
json_line(const struct json *j, size_t pos)
{
	unsigned line = 1;

	for (size_t i = 0; i < pos; i++)
		line += j->text[i] == '\n';
	return line;
}

static unsigned
hex4(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v * 16 + (isdigit((unsigned char)p[i]) ? p[i] - '0' :
		    (p[i] | 32) - 'a' + 10);
	return v;
}

/* Code point c as UTF-8; a lone surrogate as U+FFFD. */
static char *
utf8(char *d, unsigned c)
{

	if (c >= 0xd800 && c < 0xe000)
		c = 0xfffd;
	if (c < 0x80) {
		*d++ = c;
		return d;
	}
	if (c < 0x800)
		*d++ = 0xc0 | c >> 6;
	else {
		if (c < 0x10000)
			*d++ = 0xe0 | c >> 12;
		else {
			*d++ = 0xf0 | c >> 18;
			*d++ = 0x80 | (c >> 12 & 0x3f);
		}
		*d++ = 0x80 | (c >> 6 & 0x3f);
	}
	*d++ = 0x80 | (c & 0x3f);
	return d;
}

size_t
json_string(const struct json *j, int t, char *buf)
{
	const char *p = j->text + j->tok[t].start, *end = j->text + j->tok[t].end;
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char *d = buf;

	while (p < end) {
		const char *q;
		unsigned c;

		if (*p != '\\') {
			*d++ = *p++;
			continue;
		}
		if (p[1] != 'u') {
			q = strchr(from, p[1]);
			*d++ = q != NULL ? to[q - from] : p[1];
			p += 2;
			continue;
		}
		c = hex4(p + 2);
		p += 6;
		if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
		    p[1] == 'u') {
			unsigned low = hex4(p + 2);

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				p += 6;
			}
		}
		d = utf8(d, c);
	}
	*d = '\0';
	return d - buf;
}
