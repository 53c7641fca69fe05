/*
 * config.c: the few strings of the configuration that a rump kernel asks its
 * host for before there is anybody above the line to read it: hostname and
 * environment.  Mistakes in the document are reported by libc-min's start
 * code, which reads all of it; here they only mean "not set".
 */
#include <stdlib.h>
#include "hyp.h"

#define JSMN_HEADER
#define JSMN_STRICT
#include <jsmn.h>

/* The document; ntok 0 if there is none.  Read once, since it never changes. */
static struct config {
	const char	*text;
	jsmntok_t	*tok;
	int		ntok;
} config;

/* The first token after the value at i and all that is in it. */
static int
config_skip(const struct config *c, int i)
{
	int end = c->tok[i].end;

	do
		i++;
	while (i < c->ntok && c->tok[i].start < end);
	return i;
}

/*
 * QEMU's microvm without ACPI names its virtio devices behind our text
 * (virtio/mmio.c reads that).
 */
size_t
hyp_config_len(void)
{
	const char *text = plat_cmdline(), *end = text + strlen(text), *p;

	for (p = end; p > text; p--) {
		if (p[-1] != ' ' && p[-1] != '\n')
			continue;
		if (strncmp(p, "virtio_mmio.device=", 19) == 0)
			end = p - 1;
		else if (p < end)
			break;
	}
	return end - text;
}

static void
config_init(void)
{
	const char *end = plat_cmdline() + hyp_config_len();
	struct config *c = &config;
	jsmn_parser p;
	size_t len;
	int n;

	c->tok = NULL;
	c->ntok = 0;
	c->text = strchr(plat_cmdline(), '{');
	if (c->text == NULL || c->text >= end)
		return;
	len = (size_t)(end - c->text);
	jsmn_init(&p);
	if ((n = jsmn_parse(&p, c->text, len, NULL, 0)) <= 0 ||
	    (c->tok = kern_malloc((size_t)n * sizeof(*c->tok), 0)) == NULL)
		return;
	jsmn_init(&p);
	n = jsmn_parse(&p, c->text, len, c->tok, (unsigned)n);
	if (n > 0 && c->tok[0].type == JSMN_OBJECT)
		c->ntok = n;
}
KERN_INIT(KERN_INIT_LATE, config_init);

static bool
config_eq(const struct config *c, int i, const char *s)
{
	size_t n = (size_t)(c->tok[i].end - c->tok[i].start);

	return c->tok[i].type == JSMN_STRING && strlen(s) == n &&
	    memcmp(c->text + c->tok[i].start, s, n) == 0;
}

/* Index of the value of the next member `key' of object obj, from i on; 0. */
static int
config_member(const struct config *c, int obj, const char *key, int i)
{

	if (i == 0)
		i = obj + 1;
	while (i + 1 < c->ntok && c->tok[i].start < c->tok[obj].end) {
		if (config_eq(c, i, key))
			return i + 1;
		i = config_skip(c, i + 1);
	}
	return 0;
}

/* One character of a JSON string, escapes undone (RFC 8259, section 7). */
static const char *
config_char(const char *s, const char *end, char out[4], int *n)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char hex[5] = { 0 };
	const char *e;
	unsigned long u;

	*n = 1;
	out[0] = *s;
	if (*s != '\\' || s + 1 >= end)
		return s + 1;
	out[0] = s[1];
	if (s[1] != 'u' || end - s < 6) {
		if ((e = strchr(from, s[1])) != NULL && *e != '\0')
			out[0] = to[e - from];
		return s + 2;
	}
	memcpy(hex, s + 2, 4);
	u = strtoul(hex, NULL, 16);
	if (u < 0x80) {
		out[0] = (char)u;
	} else if (u < 0x800) {
		*n = 2;
		out[0] = (char)(0xc0 | u >> 6);
		out[1] = (char)(0x80 | (u & 0x3f));
	} else {
		*n = 3;
		out[0] = (char)(0xe0 | u >> 12);
		out[1] = (char)(0x80 | (u >> 6 & 0x3f));
		out[2] = (char)(0x80 | (u & 0x3f));
	}
	return s + 6;
}

/* Copy the string from s to end.  With `name': it is "name=", then the value. */
static int
config_copy(const char *s, const char *end, const char *name, char *buf,
    size_t size)
{
	size_t k = 0, skip = name != NULL ? strlen(name) + 1 : 0, at = 0;
	char c[4];
	int n, i;

	while (s < end) {
		s = config_char(s, end, c, &n);
		for (i = 0; i < n; i++, at++) {
			if (at < skip) {
				if (c[i] != (at + 1 < skip ? name[at] : '='))
					return ENOENT;
				continue;
			}
			if (k + 1 >= size)
				return E2BIG;
			buf[k++] = c[i];
		}
	}
	if (at < skip || size == 0)
		return at < skip ? ENOENT : E2BIG;
	buf[k] = '\0';
	return 0;
}

static int
config_get(const struct config *c, int i, const char *name, char *buf,
    size_t size)
{

	if (c->tok[i].type != JSMN_STRING)
		return ENOENT;
	return config_copy(c->text + c->tok[i].start, c->text + c->tok[i].end,
	    name, buf, size);
}

int
hyp_config_string(const char *key, char *buf, size_t size)
{
	const struct config *c = &config;
	int i = c->ntok != 0 ? config_member(c, 0, key, 0) : 0;

	return i != 0 ? config_get(c, i, NULL, buf, size) : ENOENT;
}

/* One "env": "K=V", or an array of these, or { "K": "V" }. */
static int
config_env1(const struct config *c, int v, const char *name, char *buf,
    size_t size)
{
	int i, error = ENOENT;

	switch (c->tok[v].type) {
	case JSMN_STRING:
		return config_get(c, v, name, buf, size);
	case JSMN_ARRAY:
		for (i = v + 1; i < c->ntok && c->tok[i].start < c->tok[v].end &&
		    error == ENOENT; i = config_skip(c, i))
			error = config_get(c, i, name, buf, size);
		return error;
	case JSMN_OBJECT:
		i = config_member(c, v, name, 0);
		return i != 0 ? config_get(c, i, NULL, buf, size) : ENOENT;
	default:
		return ENOENT;
	}
}

int
hyp_config_env(const char *name, char *buf, size_t size)
{
	const struct config *c = &config;
	int i = 0, error = ENOENT;

	while (error == ENOENT && c->ntok != 0 &&
	    (i = config_member(c, 0, "env", i)) != 0) {
		error = config_env1(c, i, name, buf, size);
		i = config_skip(c, i);
	}
	return error;
}
