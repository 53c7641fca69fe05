/*
 * config.h: the configuration (plat_cmdline) and the boot modules, as a
 * platform's start finds them.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <kern.h>

#define CONFIG_NMODULE	16

/* Words of the loader's, NUL terminated, for ever; n bytes of a module. */
void	config_words(const char *);
void	config_module(const void *, size_t n);
/* When the words hold no JSON, the first module that is JSON follows them:
 * alloc gives zeroed pages for that. */
void	config_join(void *(*alloc)(size_t npage));

#endif /* CONFIG_H */
