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

/* The words, then text. */
static bool
join(const char *text, size_t n, void *(*alloc)(size_t npage))
{
	size_t len = strlen(cmdline);
	char *buf;

	n = strnlen(text, n);
	buf = alloc((len + n + 2 + PAGE_SIZE - 1) >> PAGE_SHIFT);
	if (buf == NULL)
		return false;
	memcpy(buf, cmdline, len);
	buf[len] = ' ';
	memcpy(buf + len + 1, text, n);
	cmdline = buf;
	return true;
}

void
config_join(void *(*alloc)(size_t npage))
{
	unsigned i;

	if (strchr(cmdline, '{') != NULL)
		return;
	for (i = 0; i < nmodule; i++)
		if (module[i].p != NULL &&
		    is_config(module[i].p, module[i].size)) {
			(void)join(module[i].p, module[i].size, alloc);
			return;
		}
}

/* ---- plat.h ---- */

static void *
pages(size_t npage)
{

	return kern_page_alloc(npage, 0, KERN_PG_ZERO);
}

bool
plat_config(const char *text, size_t n)
{

	if (strchr(cmdline, '{') != NULL || !is_config(text, n))
		return false;
	return join(text, n, pages);
}

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
