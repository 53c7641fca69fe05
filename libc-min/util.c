/* util.c: messages, formatted strings, options. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

const char *libc_progname = "sirloin";

const char *
getprogname(void)
{

	return libc_progname;
}

/* ---- err.h: the message in one piece ---- */

static void
message(int error, const char *fmt, va_list ap)
{
	char buf[BUFSIZ];

	vsnprintf(buf, sizeof(buf), fmt, ap);
	fprintf(stderr, "%s: %s%s%s\n", libc_progname, buf,
	    error >= 0 ? ": " : "", error >= 0 ? strerror(error) : "");
}

#define MESSAGE(error)							\
	do {								\
		va_list ap;						\
									\
		va_start(ap, fmt);					\
		message((error), fmt, ap);				\
		va_end(ap);						\
	} while (0)

void
err(int status, const char *fmt, ...)
{

	MESSAGE(errno);
	exit(status);
}

void
errx(int status, const char *fmt, ...)
{

	MESSAGE(-1);
	exit(status);
}

void
warn(const char *fmt, ...)
{

	MESSAGE(errno);
}

void
warnx(const char *fmt, ...)
{

	MESSAGE(-1);
}

void
perror(const char *s)
{

	fprintf(stderr, "%s: %s\n", s, strerror(errno));
}

/* ---- strings of the length that is needed ---- */

int
vasprintf(char **restrict sp, const char *restrict fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || (*sp = malloc(n + 1)) == NULL)
		return -1;
	return vsnprintf(*sp, n + 1, fmt, ap);
}

int
asprintf(char **restrict sp, const char *restrict fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(sp, fmt, ap);
	va_end(ap);
	return n;
}

int
dprintf(int fd, const char *restrict fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n >= 0) {
		n = write(fd, s, n);
		free(s);
	}
	return n;
}

/* ---- getopt ---- */

char *optarg;
int optind = 1, opterr = 1, optopt, optreset;
static const char *inside;		/* the rest of a word of options */

static int
complain(const char *what, const char *name, size_t n)
{

	if (opterr)
		fprintf(stderr, "%s: %s -- %.*s\n", libc_progname, what,
		    (int)n, name);
	return '?';
}

int
getopt(int argc, char *const argv[], const char *opts)
{
	const char *o;

	if (optreset)
		inside = NULL, optreset = 0;
	if (inside == NULL || *inside == '\0') {
		if (optind >= argc || argv[optind][0] != '-' ||
		    argv[optind][1] == '\0')
			return -1;
		inside = argv[optind++] + 1;
		if (strcmp(inside, "-") == 0) {
			inside = NULL;
			return -1;
		}
	}
	optopt = *inside++;
	o = optopt == ':' ? NULL : strchr(opts, optopt);
	if (o == NULL)
		return complain("unknown option", inside - 1, 1);
	if (o[1] != ':')
		return optopt;
	if (*inside != '\0')
		optarg = (char *)inside;
	else if (optind < argc)
		optarg = argv[optind++];
	else {
		if (*opts == ':')
			return ':';
		return complain("option needs an argument", inside - 1, 1);
	}
	inside = NULL;
	return optopt;
}

int
getopt_long(int argc, char *const argv[], const char *opts,
    const struct option *longs, int *index)
{
	const char *word, *eq;
	size_t n;

	if ((inside != NULL && *inside != '\0') || optind >= argc ||
	    strncmp(argv[optind], "--", 2) != 0 || argv[optind][2] == '\0')
		return getopt(argc, argv, opts);
	word = argv[optind++] + 2;
	eq = strchr(word, '=');
	n = eq != NULL ? (size_t)(eq - word) : strlen(word);
	for (int i = 0; longs[i].name != NULL; i++) {
		const struct option *l = &longs[i];

		if (strncmp(l->name, word, n) != 0 || l->name[n] != '\0')
			continue;
		if (l->has_arg == no_argument && eq != NULL)
			return complain("option takes no argument", word, n);
		optarg = eq != NULL ? (char *)eq + 1 : NULL;
		if (l->has_arg == required_argument && eq == NULL) {
			if (optind >= argc)
				return complain("option needs an argument",
				    word, n);
			optarg = argv[optind++];
		}
		if (index != NULL)
			*index = i;
		if (l->flag == NULL)
			return l->val;
		*l->flag = l->val;
		return 0;
	}
	return complain("unknown option", word, n);
}
