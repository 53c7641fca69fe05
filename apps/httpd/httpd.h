/*
 * httpd.h: a few threads, each with an event loop over its own connections.
 * A connection costs memory only while a request is half read or a response
 * half written.
 */
#ifndef HTTPD_HTTPD_H
#define HTTPD_HTTPD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "http.h"

#define MAXLISTEN	2
#define MAXCONN		1024		/* all threads together */
#define BUFFER		(64 * 1024)	/* a write() */
#define PENDING_MAX	(1024 * 1024)	/* then small writes only */

#define SEC		1000000000ULL
#define HEAD_TIME	(15 * SEC)	/* a request, from its first byte */
#define IDLE_TIME	(60 * SEC)	/* between requests */
#define SEND_TIME	(30 * SEC)	/* no progress in sending */
#define STALL_TIME	(5 * SEC)	/* the same, when memory is short */
#define DRAIN_TIME	(2 * SEC)	/* after an error */

/* A file, or ranges of it, on its way out. */
struct body {
	int		fd;
	int		n, cur;			/* of r; what is left of them */
	struct http_range r[HTTP_MAXRANGE];
	bool		multi, headed;		/* multipart; head of cur is out */
	uint64_t	size;
	const char	*mime;
	char		boundary[20];
};

struct conn {
	int		fd;
	bool		last;		/* close when all is sent */
	bool		drain;		/* only waiting for the peer's end */
	bool		partial;	/* in has a part of a request */
	bool		starved;	/* poll said it may write: it may not */
	char		*in;		/* read and not yet used */
	size_t		nin;
	uint64_t	skip;		/* of a request's body */
	char		*out;		/* composed and not yet sent */
	size_t		nout, sent;
	struct body	*body;
	uint64_t	deadline;
};

struct counters {
	uint64_t	accepted, requests, sent, timeouts, refused;
	uint64_t	status[6];	/* 1xx..5xx */
};

#define NCACHE		16
#define CACHE_FILE	(16 * 1024)	/* larger ones are read each time */
#define CACHE_TIME	SEC		/* how long a file may have changed */
struct cached {
	char		*path, *data;
	size_t		n;
	time_t		mtime;
	const char	*mime;
	uint64_t	expires;
	char		fields[96];	/* what its answers say about it */
};

struct worker {
	int		pipe[2];
	struct conn	**conn;		/* conn[i] is pfd[nfixed + i]'s */
	struct pollfd	*pfd;		/* the pipe, listening sockets, conn */
	int		nfixed, nconn, size;
	int		load;		/* nconn and what is in the pipe */
	uint64_t	now, pause;	/* pause: until then accept nothing */
	bool		starved;	/* one was since the last expire() */
	time_t		date_of;
	char		date[HTTP_DATESIZE];
	struct cached	cache[NCACHE];
	struct counters	count;
	char		in[HTTP_MAXHEAD * 2];
	char		buf[BUFFER + 1024];
};

#define HTTPD_ROOT	"/data"
#define MAXTHREAD	16
extern const char *httpd_root;
extern int	httpd_nlisten, httpd_listen[MAXLISTEN];
extern struct worker **httpd_worker;
extern int	httpd_nworker;
extern uint32_t	httpd_nconn;		/* of all */
extern uint64_t	httpd_pending;		/* bytes in all conn.out */

uint64_t httpd_clock(void);

/* ---- conn.c: -1: the connection is over ---- */

struct conn *conn_new(int fd);
void	conn_free(struct conn *);
int	conn_input(struct worker *, struct conn *);	/* POLLIN */
int	conn_output(struct worker *, struct conn *);	/* POLLOUT */
/*
 * Send w->buf[0..n) and then the body; what does not go now is kept.  0; -1.
 * The body is the connection's.
 */
int	conn_send(struct worker *, struct conn *, size_t n, struct body *);
/* The same with memory from malloc(), that is the connection's now. */
int	conn_send_own(struct worker *, struct conn *, char *, size_t n);

/* ---- serve.c ---- */

int	serve(struct worker *, struct conn *, const struct http_request *);
/* Refuse with a status; the connection ends if its request says so. */
int	serve_error(struct worker *, struct conn *, int status, bool head);
/*
 * A response's head at buf: its length.  len: of the body; type NULL: none.
 * extra: more fields, each with its end of line.
 */
size_t	serve_head(struct worker *, struct conn *, char *buf, size_t size,
	    int status, const char *type, uint64_t len, const char *extra);
/* The next piece of a body: its length, 0 at the end, -1. */
ssize_t	body_fill(struct body *, char *buf, size_t size);
void	body_free(struct body *);

/* ---- pages.c ---- */

int	page_directory(struct worker *, struct conn *, int fd, const char *path,
	    bool head);
int	page_status(struct worker *, struct conn *, bool head);
int	page_status_json(struct worker *, struct conn *, bool head);

/*
 * worker.c: serves root (and /status) for ever; threads 0: one for each CPU.
 * Ends the program where it can't.
 */
void	httpd_run(const char *root, unsigned port, unsigned threads)
	    __attribute__((noreturn));

#endif /* HTTPD_HTTPD_H */
