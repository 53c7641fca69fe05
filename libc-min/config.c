/*
 * config.c: the configuration's keys and what they may hold.  Everything is
 * checked here, before anything is done with any of it.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config.h"
#include "json.h"

struct parse {
	struct json	j;
	struct config	*c;
	struct config_error *err;
	size_t		base;		/* of the document in the text */
	unsigned	firstline;
	char		*mem;		/* free part of c->memory */
	size_t		left;
};

/* What a key may hold and where it goes. */
struct key {
	const char	*name;
	int		(*set)(struct parse *, int t, void *where);
	size_t		offset;
};

static unsigned
line(const struct parse *p, int t)
{

	return p->firstline - 1 + json_line(&p->j, p->j.tok[t].start);
}

__attribute__((format(printf, 3, 4)))
static int
bad(struct parse *p, int t, const char *fmt, ...)
{
	va_list ap;

	p->err->line = line(p, t);
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
		return bad(p, t, "%s expected", what);
	return bad(p, t, "key \"%s\": %s expected", buf, what);
}

static char *
string(struct parse *p, int t)
{
	char *s = carve(p, p->j.tok[t].end - p->j.tok[t].start + 1);

	if (s == NULL)
		bad(p, t, "too large for the memory");
	else
		json_string(&p->j, t, s);
	return s;
}

static int
set_string(struct parse *p, int t, void *where)
{
	char **sp = where;

	if (want(p, t, JSMN_STRING, "a string") != 0)
		return -1;
	return (*sp = string(p, t)) == NULL ? -1 : 0;
}

static int
set_bool(struct parse *p, int t, void *where)
{

	*(bool *)where = json_is(&p->j, t, "true");
	if (!*(bool *)where && !json_is(&p->j, t, "false"))
		return want(p, t, JSMN_UNDEFINED, "true or false");
	return want(p, t, JSMN_PRIMITIVE, "true or false");
}

/* A number, or a string with one. */
static int
set_masklen(struct parse *p, int t, void *where)
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

/* Fill a structure from object t by its table of keys. */
static int
object(struct parse *p, int t, const struct key *keys, void *where)
{
	uint32_t seen = 0;
	int end = json_skip(&p->j, t);

	if (want(p, t, JSMN_OBJECT, "an object") != 0)
		return -1;
	for (int k = t + 1; k < end; k = json_skip(&p->j, k + 1)) {
		const struct key *key = keys;
		char buf[32];

		while (key->name != NULL && !json_is(&p->j, k, key->name))
			key++;
		name(p, k + 1, buf);
		if (key->name == NULL)
			return bad(p, k, "unknown key \"%s\"", buf);
		if (key->offset != (size_t)-1 && (seen & 1u << (key - keys)))
			return bad(p, k, "key \"%s\" is there twice", buf);
		seen |= 1u << (key - keys);
		if (key->set(p, k + 1, (char *)where +
		    (key->offset == (size_t)-1 ? 0 : key->offset)) != 0)
			return -1;
	}
	return 0;
}

/* One value, or an array of them: set() for each. */
static int
each(struct parse *p, int t, int (*set)(struct parse *, int, void *), void *where)
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
	char	*bin, *workdir;
	char	**argv;
	int	argc;
};

static int
set_argv(struct parse *p, int t, void *where)
{
	struct prog_json *pj = where;
	int end = json_skip(&p->j, t), n = 1;
	char **argv;

	if (want(p, t, JSMN_ARRAY, "an array of strings") != 0)
		return -1;
	argv = carve(p, (p->j.tok[t].size + 2) * sizeof(*argv));
	if (argv == NULL)
		return bad(p, t, "too large for the memory");
	for (int k = t + 1; k < end; k = json_skip(&p->j, k)) {
		if (p->j.tok[k].type != JSMN_STRING)
			return bad(p, k, "key \"argv\": an array of strings "
			    "expected");
		if ((argv[n++] = string(p, k)) == NULL)
			return -1;
	}
	argv[n] = NULL;
	pj->argv = argv;
	pj->argc = n;
	return 0;
}

static struct config_prog *
new_prog(struct parse *p, int t)
{
	struct config_prog *prog = &p->c->prog[p->c->nprog];

	if (p->c->nprog == CONFIG_MAXPROG) {
		bad(p, t, "more than %d programs", CONFIG_MAXPROG);
		return NULL;
	}
	p->c->nprog++;
	prog->line = line(p, t);
	return prog;
}

static int
set_prog(struct parse *p, int t, void *where)
{
	static const struct key keys[] = {
		{ "bin", set_string, offsetof(struct prog_json, bin) },
		{ "argv", set_argv, 0 },
		{ "workdir", set_string, offsetof(struct prog_json, workdir) },
		{ NULL, NULL, 0 }
	};
	struct prog_json pj = { 0 };
	struct config_prog *prog;

	if (object(p, t, keys, &pj) != 0 || (prog = new_prog(p, t)) == NULL)
		return -1;
	if (pj.bin == NULL || pj.bin[0] == '\0')
		return bad(p, t, "key \"bin\" is missing");
	if (pj.argv == NULL) {
		pj.argc = 1;
		pj.argv = carve(p, 2 * sizeof(*pj.argv));
		if (pj.argv == NULL)
			return bad(p, t, "too large for the memory");
		pj.argv[1] = NULL;
	}
	pj.argv[0] = pj.bin;
	prog->argv = pj.argv;
	prog->argc = pj.argc;
	prog->workdir = pj.workdir;
	return 0;
}

static int
set_rc(struct parse *p, int t, void *where)
{

	return each(p, t, set_prog, where);
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
	struct config_prog *prog;
	char *s;

	if (set_string(p, t, &s) != 0 || (prog = new_prog(p, t)) == NULL)
		return -1;
	prog->argv = carve(p, (strlen(s) / 2 + 2) * sizeof(*prog->argv));
	if (prog->argv == NULL)
		return bad(p, t, "too large for the memory");
	prog->argc = split(s, prog->argv);
	if (prog->argc < 0)
		return bad(p, t, "key \"cmdline\": a quote without its end");
	if (prog->argc == 0)
		return bad(p, t, "key \"cmdline\": no program");
	prog->argv[prog->argc] = NULL;
	return 0;
}

/* ---- env, hostname ---- */

static int
add_env(struct parse *p, int t, char *s)
{
	const char *eq = strchr(s, '=');

	if (eq == NULL || eq == s)
		return bad(p, t, "key \"env\": \"%.40s\" is not NAME=VALUE", s);
	if (p->c->nenv == CONFIG_MAXENV)
		return bad(p, t, "more than %d variables", CONFIG_MAXENV);
	p->c->env[p->c->nenv++] = s;
	return 0;
}

static int
set_envstring(struct parse *p, int t, void *where)
{
	char *s;

	if (p->j.tok[t].type != JSMN_STRING)
		return bad(p, t, "key \"env\": strings expected");
	return (s = string(p, t)) == NULL ? -1 : add_env(p, t, s);
}

static int
set_env(struct parse *p, int t, void *where)
{
	int end = json_skip(&p->j, t);

	if (p->j.tok[t].type != JSMN_OBJECT)
		return each(p, t, set_envstring, where);
	for (int k = t + 1; k < end; k += 2) {
		const jsmntok_t *key = &p->j.tok[k], *v = key + 1;
		char *s;
		size_t n;

		if (v->type != JSMN_STRING)
			return bad(p, k, "key \"env\": strings expected");
		s = carve(p, key->end - key->start + v->end - v->start + 2);
		if (s == NULL)
			return bad(p, k, "too large for the memory");
		n = json_string(&p->j, k, s);
		if (n == 0 || strchr(s, '=') != NULL)
			return bad(p, k, "key \"env\": \"%.40s\" is no name", s);
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

	if (set_string(p, t, where) != 0)
		return -1;
	s = *(char **)where;
	if (s[0] == '\0' || strlen(s) > 255)
		return bad(p, t, "key \"hostname\": 1 to 255 characters");
	return 0;
}

/* ---- net ---- */

struct net_json {
	char	*ifname, *type, *method, *addr, *gw;
	int	masklen;
	bool	cloner;
};

static bool
is_addr(int family, const char *s)
{
	unsigned char buf[16];

	return inet_pton(family == 4 ? AF_INET : AF_INET6, s, buf) == 1;
}

static int
check_net(struct parse *p, int t, const struct net_json *n, struct config_net *net)
{

	if (n->ifname == NULL || n->ifname[0] == '\0' || strlen(n->ifname) > 15)
		return bad(p, t, "key \"if\": a name of up to 15 characters");
	if (n->type == NULL || strcmp(n->type, "inet") == 0)
		net->family = 4;
	else if (strcmp(n->type, "inet6") == 0)
		net->family = 6;
	else
		return bad(p, t, "key \"type\": \"inet\" or \"inet6\"");
	if (n->method == NULL)
		return bad(p, t, "key \"method\" is missing");
	if (strcmp(n->method, "static") == 0)
		net->method = CONFIG_STATIC;
	else if (strcmp(n->method, "dhcp") == 0 && net->family == 4)
		net->method = CONFIG_DHCP;
	else if (strcmp(n->method, "auto") == 0 && net->family == 6)
		net->method = CONFIG_AUTO;
	else
		return bad(p, t, "key \"method\": \"static\" or \"%s\"",
		    net->family == 4 ? "dhcp" : "auto");
	if (net->method != CONFIG_STATIC) {
		if (n->addr != NULL || n->masklen >= 0 || n->gw != NULL)
			return bad(p, t, "\"addr\", \"mask\" and \"gw\" go with "
			    "method \"static\"");
		return 0;
	}
	if (n->addr == NULL || !is_addr(net->family, n->addr))
		return bad(p, t, "key \"addr\": an IPv%d address", net->family);
	if (n->masklen < 0 || (net->family == 4 && n->masklen > 32))
		return bad(p, t, "key \"mask\": a prefix length");
	if (n->gw != NULL && !is_addr(net->family, n->gw))
		return bad(p, t, "key \"gw\": an IPv%d address", net->family);
	return 0;
}

static int
set_netone(struct parse *p, int t, void *where)
{
	static const struct key keys[] = {
		{ "if", set_string, offsetof(struct net_json, ifname) },
		{ "cloner", set_bool, offsetof(struct net_json, cloner) },
		{ "type", set_string, offsetof(struct net_json, type) },
		{ "method", set_string, offsetof(struct net_json, method) },
		{ "addr", set_string, offsetof(struct net_json, addr) },
		{ "mask", set_masklen, offsetof(struct net_json, masklen) },
		{ "gw", set_string, offsetof(struct net_json, gw) },
		{ NULL, NULL, 0 }
	};
	struct net_json n = { .masklen = -1 };
	struct config_net *net = &p->c->net[p->c->nnet];

	if (object(p, t, keys, &n) != 0)
		return -1;
	if (p->c->nnet == CONFIG_MAXNET)
		return bad(p, t, "more than %d networks", CONFIG_MAXNET);
	if (check_net(p, t, &n, net) != 0)
		return -1;
	p->c->nnet++;
	net->line = line(p, t);
	net->ifname = n.ifname;
	net->addr = n.addr;
	net->masklen = n.masklen;
	net->gw = n.gw;
	net->cloner = n.cloner;
	return 0;
}

static int
set_net(struct parse *p, int t, void *where)
{

	return each(p, t, set_netone, where);
}

/* ---- blk ---- */

static int
check_blk(struct parse *p, int t, const struct config_blk *b)
{
	static const char *const types[] = { "blk", "msdos", "cd9660", "ext2fs",
	    "ffs", "tmpfs", "auto", NULL };
	bool tmpfs;
	int i;

	if (b->fstype == NULL)
		return bad(p, t, "key \"fstype\" is missing");
	for (i = 0; types[i] != NULL && strcmp(b->fstype, types[i]) != 0; i++)
		continue;
	if (types[i] == NULL)
		return bad(p, t, "key \"fstype\": not \"%.20s\" but one of blk, "
		    "msdos, cd9660, ext2fs, ffs, tmpfs, auto", b->fstype);
	tmpfs = strcmp(b->fstype, "tmpfs") == 0;
	if (!tmpfs && (b->source == NULL || (strcmp(b->source, "etfs") != 0 &&
	    strcmp(b->source, "dev") != 0)))
		return bad(p, t, "key \"source\": \"etfs\" or \"dev\"");
	if (!tmpfs && (b->path == NULL || b->path[0] == '\0'))
		return bad(p, t, "key \"path\" is missing");
	if (b->mountpoint == NULL && strcmp(b->fstype, "blk") != 0)
		return bad(p, t, "key \"mountpoint\" is missing");
	if (b->mountpoint != NULL && (b->mountpoint[0] != '/' ||
	    strlen(b->mountpoint) > 255))
		return bad(p, t, "key \"mountpoint\": an absolute path");
	return 0;
}

static int
set_blkone(struct parse *p, int t, void *where)
{
	static const struct key keys[] = {
		{ "source", set_string, offsetof(struct config_blk, source) },
		{ "path", set_string, offsetof(struct config_blk, path) },
		{ "fstype", set_string, offsetof(struct config_blk, fstype) },
		{ "mountpoint", set_string,
		    offsetof(struct config_blk, mountpoint) },
		{ "ro", set_bool, offsetof(struct config_blk, ro) },
		{ NULL, NULL, 0 }
	};
	struct config_blk b = { .line = line(p, t) };

	if (object(p, t, keys, &b) != 0 || check_blk(p, t, &b) != 0)
		return -1;
	if (p->c->nblk == CONFIG_MAXBLK)
		return bad(p, t, "more than %d disks", CONFIG_MAXBLK);
	p->c->blk[p->c->nblk++] = b;
	return 0;
}

static int
set_blk(struct parse *p, int t, void *where)
{

	return each(p, t, set_blkone, where);
}

/* ---- the document ---- */

#define REPEATS	((size_t)-1)	/* rumprun's way of lists: the key again */

static int
document(struct parse *p)
{
	static const struct key keys[] = {
		{ "rc", set_rc, REPEATS },
		{ "cmdline", set_cmdline, REPEATS },
		{ "env", set_env, REPEATS },
		{ "hostname", set_hostname, offsetof(struct config, hostname) },
		{ "net", set_net, REPEATS },
		{ "blk", set_blk, REPEATS },
		{ NULL, NULL, 0 }
	};

	return object(p, 0, keys, p->c);
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
