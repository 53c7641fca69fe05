/*
 * export.h: between the program that serves a disk (rump/export.h, by
 * hypercall/export.c) and the back ends that others reach it by (xen/):
 * kernel/export.c, a queue for each disk, and who uses it.  Thread context.
 */
#ifndef SIRLOIN_EXPORT_H
#define SIRLOIN_EXPORT_H

#include <kern.h>
#include <rump/export.h>

/* ---- for back ends ---- */

struct export_io {
	struct export_req req;		/* first */
	/* Once, in the program's thread, or from export_submit(). */
	void		(*done)(struct export_io *, int error);
	struct export	*ex;		/* the queue's, like: */
	STAILQ_ENTRY(export_io) link;
};
/* Who uses it, for reports; the back end counts. */
struct export_user {
	char		name[32];
	uint64_t	reads, writes, flushes, discards, rbytes, wbytes;
	uint64_t	errors;		/* of the disk */
	uint64_t	refused;	/* requests that make no sense */
	uint32_t	depth, most;	/* under way: now, ever */
	uint32_t	queues;		/* 0: not connected */
	uint32_t	mapped;		/* pages of the other side's */
	uint64_t	memory;		/* bytes of ours, for data */
	struct export	*ex;		/* the queue's, like: */
	LIST_ENTRY(export_user) link;
};

/*
 * The export of that name or path, with a user of it; NULL: there is none.
 * It stays until it is dropped, but may be closed before: then requests fail.
 */
struct export *export_use(const char *name, struct export_user *);
void	export_drop(struct export_user *);
const struct export_info *export_info(const struct export *);
/* Requests are served in this order, several at a time. */
void	export_submit(struct export *, struct export_io *);
/* fn is called when there is a new export; one fn. */
void	export_watch(void (*fn)(void));

/* ---- for hypercall/ ---- */

int	export_open(const struct export_info *, struct export **);
int	export_next(struct export *, struct export_io **);
void	export_done(struct export_io *, int error);
void	export_close(struct export *);
void	export_leave(struct export *);

#endif /* SIRLOIN_EXPORT_H */
