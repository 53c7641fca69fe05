/*
 * option.c: words of the command line before the configuration document.
 */
#include <string.h>
#include <kern.h>

const char *
kern_option(const char *name, size_t *len)
{
	const char *p = plat_cmdline(), *end;
	size_t n = strlen(name);

	for (;;) {
		while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
			p++;
		if (*p == '\0' || *p == '{')
			return NULL;
		for (end = p; *end != '\0' && *end != ' ' && *end != '\t' &&
		    *end != '\n' && *end != '\r'; end++)
			;
		if ((size_t)(end - p) >= n && memcmp(p, name, n) == 0 &&
		    (p + n == end || p[n] == '=')) {
			p += n + (p + n != end);
			*len = end - p;
			return p;
		}
		p = end;
	}
}
