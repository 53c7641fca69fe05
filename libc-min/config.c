/*
 * config.c: the configuration's keys and what they may hold; config_dev.c has
 * networks and disks.  Everything is checked here, before anything is done with
 * any of it.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

unsigned
parse_line(const struct parse *p, int t)
{

	return p->firstline - 1 + json_line(&p->j, p->j.tok[t].start);
}

int
parse_bad(struct parse *p, int t, const char *fmt, ...)
{
	va_list ap;

	p->err->line = parse_line(p, t);
	va_start(ap, fmt);
	vsnprintf(p->err->text, sizeof(p->err->text), fmt, ap);
	va_end(ap);
	return -1;
}

/* From the memory that config_parse() has sized for the whole document. */
static void *
carve(struct parse *p, size_t n)
{
	char *mem = p->mem;

	n = (n + 7) & ~(size_t)7;
	if (n > p->left)
		return NULL;
	p->mem += n;
	p->left -= n;
	return mem;
}

/* Token t is the value of a key: the name of the key, for messages. */
static const char *
name(const struct parse *p, int t, char buf[32])
{
	const jsmntok_t *k = &p->j.tok[t > 0 ? t - 1 : 0];
	int n = k->end - k->start;

	if (k->type != JSMN_STRING)
		n = 0;
	snprintf(buf, 32, "%.*s", n > 31 ? 31 : n, p->j.text + k->start);
	return buf;
}

static int
want(struct parse *p, int t, jsmntype_t type, const char *what)
{
	char buf[32];

	if (p->j.tok[t].type == type)
		return 0;
	name(p, t, buf);
	if (buf[0] == '\0')
		return parse_bad(p, t, "%s expected", what);
	return parse_bad(p, t, "key \"%s\": %s expected", buf, what);
}

static char *
string(struct parse *p, int t)
{
	char *s = carve(p, p->j.tok[t].end - p->j.tok[t].start + 1);

	if (s == NULL)
		parse_bad(p, t, "too large for the memory");
	else
		json_string(&p->j, t, s);
	return s;
}

int
parse_string(struct parse *p, int t, void *where)
{
	char **sp = where;

	if (want(p, t, JSMN_STRING, "a string") != 0)
		return -1;
	return (*sp = string(p, t)) == NULL ? -1 : 0;
}

int
parse_bool(struct parse *p, int t, void *where)
{

	*(bool *)where = json_is(&p->j, t, "true");
	if (!*(bool *)where && !json_is(&p->j, t, "false"))
		return want(p, t, JSMN_UNDEFINED, "true or false");
	return want(p, t, JSMN_PRIMITIVE, "true or false");
}

/* A number, or a string with one. */
int
parse_masklen(struct parse *p, int t, void *where)
{
	const jsmntok_t *tok = &p->j.tok[t];
	int v = 0;

	for (int i = tok->start; i < tok->end; i++) {
		char c = p->j.text[i];

		if (!isdigit((unsigned char)c) || (v = v * 10 + (c - '0')) > 128)
			return want(p, t, JSMN_UNDEFINED, "a prefix length");
	}
	if (tok->end == tok->start || tok->type < JSMN_STRING)
		return want(p, t, JSMN_UNDEFINED, "a prefix length");
	*(int *)where = v;
	return 0;
}

/* A key of the document that is for the program alone. */
static bool
program_key(const struct parse *p, int k)
{
	const char *const *name = sirloin_config_keys;

	while (name != NULL && *name != NULL && !json_is(&p->j, k, *name))
		name++;
	return name != NULL && *name != NULL;
}

/* Fill a structure from object t by its table of keys. */
int
parse_object(struct parse *p, int t, const struct parse_key *keys, void *where)
{
	uint32_t seen = 0;
	int end = json_skip(&p->j, t);

	if (want(p, t, JSMN_OBJECT, "an object") != 0)
		return -1;
	for (int k = t + 1; k < end; k = json_skip(&p->j, k + 1)) {
		const struct parse_key *key = keys;
		char buf[32];

		while (key->name != NULL && !json_is(&p->j, k, key->name))
			key++;
		name(p, k + 1, buf);
		if (key->name == NULL && p->c == where && program_key(p, k))
			continue;
		if (key->name == NULL)
			return parse_bad(p, k, "unknown key \"%s\"", buf);
		if (key->set == NULL)
			return parse_bad(p, k, "this image has no \"%s\"", buf);
		if (key->offset != PARSE_REPEATS && (seen & 1u << (key - keys)))
			return parse_bad(p, k, "key \"%s\" is there twice", buf);
		seen |= 1u << (key - keys);
		if (key->set(p, k + 1, (char *)where +
		    (key->offset == PARSE_REPEATS ? 0 : key->offset)) != 0)
			return -1;
	}
	return 0;
}

/* One value, or an array of them: set() for each. */
int
parse_each(struct parse *p, int t, int (*set)(struct parse *, int, void *), void *where)
{
	int end = json_skip(&p->j, t);

	if (p->j.tok[t].type != JSMN_ARRAY)
		return set(p, t, where);
	for (int k = t + 1; k < end; k = json_skip(&p->j, k))
		if (set(p, k, where) != 0)
			return -1;
	return 0;
}

/* ---- rc, cmdline ---- */

struct prog_json {
	char	*bin, *workdir, *runmode;
	char	**argv, **env;
};

/* [0] is left for the program's name. */
static int
set_strings(struct parse *p, int t, void *where)
{
	int end = json_skip(&p->j, t), n = 1;
	char **argv, buf[32];

	if (want(p, t, JSMN_ARRAY, "an array of strings") != 0)
		return -1;
	argv = carve(p, (p->j.tok[t].size + 2) * sizeof(*argv));
	if (argv == NULL)
		return parse_bad(p, t, "too large for the memory");
	for (int k = t + 1; k < end; k = json_skip(&p->j, k)) {
		if (p->j.tok[k].type != JSMN_STRING)
			return parse_bad(p, k, "key \"%s\": an array of strings "
			    "expected", name(p, t, buf));
		if ((argv[n++] = string(p, k)) == NULL)
			return -1;
	}
	argv[n] = NULL;
	*(char ***)where = argv;
	return 0;
}

static int
not_variable(struct parse *p, int t, const char *s)
{

	return parse_bad(p, t, "key \"env\": \"%.40s\" is not NAME=VALUE", s);
}

static struct program *
new_prog(struct parse *p, int t)
{
	struct program *prog = &p->c->prog[p->c->nprog];

	if (p->c->nprog == CONFIG_MAXPROG) {
		parse_bad(p, t, "more than %d programs", CONFIG_MAXPROG);
		return NULL;
	}
	p->c->nprog++;
	prog->line = parse_line(p, t);
	return prog;
}

static int
set_runmode(struct parse *p, int t, struct program *prog, const char *mode)
{
	static const char *const modes[] = { PROGRAM_MODES };

	for (int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(mode, modes[i]) == 0) {
			prog->mode = i;
			return 0;
		}
	return parse_bad(p, t, "key \"runmode\": &&, ;, & or |");
}

static int
set_prog(struct parse *p, int t, void *where)
{
	static const struct parse_key keys[] = {
		{ "bin", parse_string, offsetof(struct prog_json, bin) },
		{ "argv", set_strings, offsetof(struct prog_json, argv) },
		{ "env", set_strings, offsetof(struct prog_json, env) },
		{ "workdir", parse_string, offsetof(struct prog_json, workdir) },
		{ "runmode", parse_string, offsetof(struct prog_json, runmode) },
		{ NULL, NULL, 0 }
	};
	struct prog_json pj = { 0 };
	struct program *prog;

	if (parse_object(p, t, keys, &pj) != 0 || (prog = new_prog(p, t)) == NULL)
		return -1;
	if (pj.bin == NULL || pj.bin[0] == '\0')
		return parse_bad(p, t, "key \"bin\" is missing");
	if (pj.argv == NULL) {
		pj.argv = carve(p, 2 * sizeof(*pj.argv));
		if (pj.argv == NULL)
			return parse_bad(p, t, "too large for the memory");
		pj.argv[1] = NULL;
	}
	pj.argv[0] = pj.bin;
	prog->argv = pj.argv;
	while (pj.argv[prog->argc] != NULL)
		prog->argc++;
	prog->workdir = pj.workdir;
	prog->env = pj.env != NULL ? pj.env + 1 : NULL;
	for (char **v = prog->env; v != NULL && *v != NULL; v++)
		if (strchr(*v, '=') == NULL)
			return not_variable(p, t, *v);
	return pj.runmode != NULL ? set_runmode(p, t, prog, pj.runmode) : 0;
}

static int
set_rc(struct parse *p, int t, void *where)
{

	return parse_each(p, t, set_prog, where);
}

/*
 * Split s in place: blanks separate words, '...' and "..." hold them together,
 * a backslash takes the next character as it is.  The number of words, or -1
 * for a quote without its other half.
 */
static int
split(char *s, char **argv)
{
	int n = 0;

	for (;;) {
		char *d, quote = 0;

		while (isspace((unsigned char)*s))
			s++;
		if (*s == '\0')
			return n;
		argv[n++] = d = s;
		for (; *s != '\0' && (quote || !isspace((unsigned char)*s)); s++) {
			if (*s == '\\' && s[1] != '\0' && quote != '\'')
				*d++ = *++s;
			else if (*s == quote)
				quote = 0;
			else if (quote == 0 && (*s == '"' || *s == '\''))
				quote = *s;
			else
				*d++ = *s;
		}
		if (quote != 0)
			return -1;
		if (*s != '\0')
			s++;
		*d = '\0';
	}
}

static int
set_cmdline(struct parse *p, int t, void *where)
{
	struct program *prog;
	char *s;

	if (parse_string(p, t, &s) != 0 || (prog = new_prog(p, t)) == NULL)
		return -1;
	prog->argv = carve(p, (strlen(s) / 2 + 2) * sizeof(*prog->argv));
	if (prog->argv == NULL)
		return parse_bad(p, t, "too large for the memory");
	prog->argc = split(s, prog->argv);
	if (prog->argc < 0)
		return parse_bad(p, t, "key \"cmdline\": a quote without its end");
	if (prog->argc == 0)
		return parse_bad(p, t, "key \"cmdline\": no program");
	prog->argv[prog->argc] = NULL;
	return 0;
}

/* ---- env, hostname ---- */

static int
add_env(struct parse *p, int t, char *s)
{
	const char *eq = strchr(s, '=');

	if (eq == NULL || eq == s)
		return not_variable(p, t, s);
	if (p->c->nenv == CONFIG_MAXENV)
		return parse_bad(p, t, "more than %d variables", CONFIG_MAXENV);
	p->c->env[p->c->nenv++] = s;
	return 0;
}

static int
set_envstring(struct parse *p, int t, void *where)
{
	char *s;

	if (p->j.tok[t].type != JSMN_STRING)
		return parse_bad(p, t, "key \"env\": strings expected");
	return (s = string(p, t)) == NULL ? -1 : add_env(p, t, s);
}

static int
set_env(struct parse *p, int t, void *where)
{
	int end = json_skip(&p->j, t);

	if (p->j.tok[t].type != JSMN_OBJECT)
		return parse_each(p, t, set_envstring, where);
	for (int k = t + 1; k < end; k += 2) {
		const jsmntok_t *key = &p->j.tok[k], *v = key + 1;
		char *s;
		size_t n;

		if (v->type != JSMN_STRING)
			return parse_bad(p, k, "key \"env\": strings expected");
		s = carve(p, key->end - key->start + v->end - v->start + 2);
		if (s == NULL)
			return parse_bad(p, k, "too large for the memory");
		n = json_string(&p->j, k, s);
		if (n == 0 || strchr(s, '=') != NULL)
			return parse_bad(p, k, "key \"env\": \"%.40s\" is no name", s);
		s[n] = '=';
		json_string(&p->j, k + 1, s + n + 1);
		if (add_env(p, k, s) != 0)
			return -1;
	}
	return 0;
}

static int
set_hostname(struct parse *p, int t, void *where)
{
	char *s;

	if (parse_string(p, t, where) != 0)
		return -1;
	s = *(char **)where;
	if (s[0] == '\0' || strlen(s) > 255)
		return parse_bad(p, t, "key \"hostname\": 1 to 255 characters");
	return 0;
}

/* ---- the document ---- */

static int
document(struct parse *p)
{
	static const struct parse_key keys[] = {
		{ "rc", set_rc, PARSE_REPEATS },
		{ "cmdline", set_cmdline, PARSE_REPEATS },
		{ "env", set_env, PARSE_REPEATS },
		{ "hostname", set_hostname, offsetof(struct config, hostname) },
		{ "net", parse_net, PARSE_REPEATS },
		{ "blk", parse_blk, PARSE_REPEATS },
		{ "bridge", parse_bridge, PARSE_REPEATS },
		{ NULL, NULL, 0 }
	};

	return parse_object(p, 0, keys, p->c);
}

int
config_parse(const char *text, size_t len, struct config *c,
    struct config_error *err)
{
	struct parse p = { .c = c, .err = err, .firstline = 1 };
	const char *start = memchr(text, '{', len), *what;
	size_t pos;
	int r;

	memset(c, 0, sizeof(*c));
	if (start == NULL)
		return 0;
	for (const char *s = text; s < start; s++)
		p.firstline += *s == '\n';
	if (json_parse(&p.j, start, len - (start - text), &pos, &what) != 0) {
		p.j.text = start;
		err->line = p.firstline - 1 + json_line(&p.j, pos);
		snprintf(err->text, sizeof(err->text), "%s", what);
		return -1;
	}
	/*
	 * Each token's text and a 0, rounded up; pointers: two and one a token,
	 * or one for two characters of a command line.
	 */
	p.left = (size_t)p.j.ntok * 48 + (len - (start - text)) * 5 + 64;
	p.mem = c->memory = malloc(p.left);
	if (p.mem == NULL) {
		json_free(&p.j);
		*err = (struct config_error){ 1, "out of memory" };
		return -1;
	}
	r = document(&p);
	json_free(&p.j);
	if (r != 0)
		config_free(c);
	return r;
}

void
config_free(struct config *c)
{

	free(c->memory);
	memset(c, 0, sizeof(*c));
}
