/*
 * The configuration, and the boot modules.
 */
#include <string.h>

#include "config.h"

static const char *cmdline = "";
static struct { const void *p; size_t size; } module[CONFIG_NMODULE];
static unsigned nmodule;

static bool
is_config(const char *p, size_t n)
{

	while (n > 0 && (*p == ' ' || (*p >= '\t' && *p <= '\r'))) {
		p++;
		n--;
	}
	return n > 0 && *p == '{';
}

void
config_words(const char *words)
{

	cmdline = words;
}

void
config_module(const void *p, size_t n)
{

	if (nmodule == CONFIG_NMODULE)
		return;
	module[nmodule].p = p;
	module[nmodule++].size = n;
}

void
config_join(void *(*alloc)(size_t npage))
{
	size_t len = strlen(cmdline), n;
	const char *m;
	unsigned i;
	char *buf;

	if (strchr(cmdline, '{') != NULL)
		return;
	for (i = 0; i < nmodule; i++) {
		m = module[i].p;
		if (m == NULL || !is_config(m, module[i].size))
			continue;
		n = strnlen(m, module[i].size);
		buf = alloc((len + n + 2 + PAGE_SIZE - 1) >> PAGE_SHIFT);
		memcpy(buf, cmdline, len);
		buf[len] = ' ';
		memcpy(buf + len + 1, m, n);
		cmdline = buf;
		return;
	}
}

/* ---- plat.h ---- */

const char *
plat_cmdline(void)
{

	return cmdline;
}

const void *
plat_module(int n, size_t *size)
{

	if (n < 0 || n >= CONFIG_NMODULE || module[n].p == NULL)
		return NULL;
	*size = module[n].size;
	return module[n].p;
}
