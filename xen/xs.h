/*
 * xs.h: xenstore's client.  Thread context; not from the handler of an event
 * channel.  Paths are dir + "/" + node (node NULL: dir alone); one that does
 * not begin with '/' is relative to this domain's directory.
 *
 * Errors are the daemon's (ENOENT, EACCES, EAGAIN, EQUOTA as ENOSPC ...), or
 * EIO: the connection is broken, ETIMEDOUT: no answer in 30 s, EINVAL: what
 * the daemon sent is not what was asked for, E2BIG: too long to ask.
 */
#ifndef SIRLOIN_XEN_XS_H
#define SIRLOIN_XEN_XS_H

#include <kern.h>

typedef uint32_t xs_txn;		/* 0: none */

/* The connection is there and not broken. */
bool	xs_ready(void);

/* The value, NUL-terminated, kern_free() it; len may be NULL. */
int	xs_read(xs_txn, const char *dir, const char *node, char **, size_t *len);
/* A whole decimal number of at most max; EINVAL when it is something else. */
int	xs_read_num(xs_txn, const char *dir, const char *node, uint64_t max,
	    uint64_t *);
/* A string that fits in size bytes, with its NUL; else E2BIG. */
int	xs_read_str(xs_txn, const char *dir, const char *node, char *,
	    size_t size);
int	xs_write(xs_txn, const char *dir, const char *node, const char *value);
int	xs_printf(xs_txn, const char *dir, const char *node, const char *, ...)
	    __attribute__((format(printf, 4, 5)));
int	xs_mkdir(xs_txn, const char *dir, const char *node);
int	xs_rm(xs_txn, const char *dir, const char *node);
/* Names, one string behind the other; xs_string() finds them.  kern_free(). */
int	xs_directory(xs_txn, const char *dir, const char *node, char **,
	    size_t *len);

int	xs_begin(xs_txn *);
/* EAGAIN: somebody was faster: begin again. */
int	xs_end(xs_txn, bool abort);

/*
 * fn is called from the thread "xenwatch", once soon after xs_watch(), then
 * whenever something at or below path was written; several changes of one path
 * may come as one.  The path that it gets is the one that changed, in the form
 * (absolute or relative) that the watch has; after an overflow the watch's own.
 */
struct xs_watch {
	char		path[128];
	void		(*fn)(struct xs_watch *, const char *path);
	void		*arg;
	uint32_t	token;		/* the client's, like: */
	bool		on, overflow;
	TAILQ_ENTRY(xs_watch) link;
};
int	xs_watch(struct xs_watch *);
/* When it returns, fn does not run and will not. */
void	xs_unwatch(struct xs_watch *);
/* Run fn(arg) in the watch thread, soon.  false: no memory. */
bool	xs_defer(void (*fn)(void *), void *arg);

/* Before a suspend: waits until nobody talks, keeps them from it. */
void	xs_suspend(void);
/* After it: the page and the channel may be new; watches are set again. */
void	xs_resume(bool cancelled);

#endif /* SIRLOIN_XEN_XS_H */
