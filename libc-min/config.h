/*
 * config.h: the configuration, a JSON document (docs/configuration.md), as a
 * structure.  Pure: no calls but the stateless ones and malloc.
 */
#ifndef LIBC_CONFIG_H
#define LIBC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <programs.h>

#define CONFIG_MAXPROG	8
#define CONFIG_MAXENV	128
#define CONFIG_MAXNET	8
#define CONFIG_MAXBLK	16
#define CONFIG_MAXBRIDGE	4
#define CONFIG_MAXMEMBER	8

/* Strings are never NULL, unless it says so; line is where it was found. */

enum config_method { CONFIG_STATIC, CONFIG_DHCP, CONFIG_AUTO };
struct config_net {
	unsigned line;
	char	*ifname;
	int	family;			/* 4 or 6 */
	enum config_method method;
	char	*addr;			/* CONFIG_STATIC: else NULL */
	int	masklen;
	char	*gw;			/* NULL: none */
	bool	cloner;
};

struct config_blk {
	unsigned line;
	char	*source;		/* "etfs", "dev"; NULL: tmpfs */
	char	*path;
	char	*fstype;
	char	*mountpoint;		/* absolute; NULL for fstype "blk" */
	bool	ro;
};

struct config_bridge {
	unsigned line;
	char	*ifname;
	char	*member[CONFIG_MAXMEMBER];
	int	nmember;
};

struct config {
	struct program prog[CONFIG_MAXPROG];
	struct config_net net[CONFIG_MAXNET];
	struct config_blk blk[CONFIG_MAXBLK];
	struct config_bridge bridge[CONFIG_MAXBRIDGE];
	char	*env[CONFIG_MAXENV + 1];	/* "K=V", NULL at the end */
	int	nprog, nnet, nblk, nbridge, nenv;
	char	*hostname;		/* NULL: not given */
	void	*memory;
};

/*
 * Keys of the document that are the program's own, NULL at the end: config_parse()
 * passes them over.  Defined by programs that have some.
 */
extern const char *const sirloin_config_keys[] __attribute__((weak));

struct config_error {
	unsigned line;
	char	text[160];
};

/*
 * The document in text: what comes before its first { is options for the
 * kernel and skipped, and a text without { is an empty configuration.
 * 0; or -1 and *err says where and what.
 */
int	config_parse(const char *text, size_t len, struct config *,
	    struct config_error *err);
void	config_free(struct config *);

#endif /* LIBC_CONFIG_H */
