/*
 * hyp.h: private to hypercall/.  The rump kernel's upcalls, the way out of
 * and into its context, and what a thread carries for this room.
 */
#ifndef SIRLOIN_HYP_H
#define SIRLOIN_HYP_H

#include <string.h>
#include <kern.h>
#include <dev.h>
#include <rump/rumpuser.h>
#include <rump/rumpuser_component.h>

extern struct rumpuser_hyperup hyp_up;	/* zero before rumpuser_init() */
extern uintptr_t hyp_generation;	/* counts rumpuser_init() */
extern uint64_t hyp_init_time;		/* kern_clock() at the last one */

/* ---- words of a thread ---- */

enum {
	HYP_SLOT_LWP,		/* struct lwp *, or NULL */
	HYP_SLOT_ERRNO,		/* int */
	HYP_SLOT_SELF,		/* the C library's thread structure */
	HYP_SLOT_KTHREAD,	/* generation of which it has an lwp */
	HYP_SLOT_SUBMIT,	/* not NULL: inside a driver's submit() */
};

static inline void **
hyp_slot(int n)
{

	return kern_thread_slot(kern_curthread(), n);
}

static inline struct lwp *
hyp_curlwp(void)
{

	return *hyp_slot(HYP_SLOT_LWP);
}

/* ---- the context ---- */

/*
 * Give the virtual CPU back before waiting; the result goes to
 * hyp_schedule().  Before rumpuser_init() there is nothing to give back.
 */
static inline int
hyp_unschedule(void *interlock)
{
	int nlocks = 0;

	if (__builtin_expect(hyp_up.hyp_backend_unschedule != NULL, 1))
		hyp_up.hyp_backend_unschedule(0, &nlocks, interlock);
	return nlocks;
}

static inline void
hyp_schedule(int nlocks, void *interlock)
{

	if (__builtin_expect(hyp_up.hyp_backend_schedule != NULL, 1))
		hyp_up.hyp_backend_schedule(nlocks, interlock);
}

/*
 * Enter the rump kernel from one of our own threads (interrupt, bio): gives
 * the thread an lwp the first time.  nlocks 1: with the big lock.
 */
void	hyp_enter(int nlocks);
void	hyp_leave(void);

/* Memory for a lock and the like, without which there is no going on. */
void	*hyp_must_alloc(size_t size, const char *what);
extern int hyp_mem_first;	/* KERN_PG_*, for rumpuser_malloc */
extern uint64_t hyp_mem_share;	/* bytes that are the rump kernel's alone, or 0 */

/* a + sec s + nsec ns, saturated; a when the sum would be smaller. */
uint64_t hyp_deadline(uint64_t a, int64_t sec, int64_t nsec);

/* ---- disks (disk.c) ---- */

struct hyp_disk {
	struct blkdev	*dev;
	int		refs;
	/*
	 * Writes hold it as readers from submission to completion; a
	 * read-modify-write and a barrier hold it as the writer.
	 */
	struct kern_rw	order;
	LIST_ENTRY(hyp_disk) link;
};
int	hyp_disk_open(struct blkdev *, struct hyp_disk **);
void	hyp_disk_close(struct hyp_disk *);
/* Thread context, waits.  Whole blocks; len 0 with BLK_FLUSH. */
int	hyp_disk_wait(struct hyp_disk *, enum blk_op, uint64_t off, void *,
	    size_t len);
/* Any offset and length inside the device. */
int	hyp_disk_rw(struct hyp_disk *, bool write, uint64_t off, void *,
	    size_t len);
/* Writes that were started are stable; later ones begin after it. */
int	hyp_disk_barrier(struct hyp_disk *);
/* Submit, telling the completion that it may be called right here. */
void	hyp_disk_submit(struct hyp_disk *, struct blk_req *);
/* How much of len at off is inside the device. */
size_t	hyp_disk_clip(struct hyp_disk *, int64_t off, size_t len);

/* ---- open files (file.c) ---- */

enum hyp_kind { HYP_FREE, HYP_BLK, HYP_CONSOLE, HYP_STATUS, HYP_CONFIG };
struct hyp_file {
	enum hyp_kind	kind;
	int		mode;		/* RUMPUSER_OPEN_* */
	struct hyp_disk	*disk;
	char		*text;		/* status: the snapshot */
	struct kern_mutex lock;		/* of text and pos */
	uint64_t	pos;		/* for RUMPUSER_IOV_NOSEEK */
};
struct hyp_file *hyp_file(int fd);	/* NULL: not open */

/* ---- status.c, config.c ---- */

#define HYP_STATUS_SIZE	(64 * 1024)
void	hyp_status(char *buf, size_t size);
/* Length of the configuration's text without what QEMU appends to it. */
size_t	hyp_config_len(void);
/*
 * A string of the configuration: the member `key' (and, in `env', name) of its
 * JSON document.  ENOENT, E2BIG.
 */
int	hyp_config_string(const char *key, char *buf, size_t size);
int	hyp_config_env(const char *name, char *buf, size_t size);

#endif /* SIRLOIN_HYP_H */
