/*
 * sock.h: sockets.  A socket's state is under net_lock(); syscall.c takes it
 * and has the file descriptors, what is here works on struct sock alone.
 */
#ifndef BUILTIN_NET_SOCK_H
#define BUILTIN_NET_SOCK_H

#include "lwip/ip_addr.h"
#include "../core/file.h"
#include "net.h"
#include "abi.h"

struct tcp_pcb;
struct udp_pcb;
struct raw_pcb;
struct sock;

/* A received datagram. */
struct dgram {
	struct dgram	*next;
	struct pbuf	*p;
	ip_addr_t	from;
	uint16_t	port;
};

/* Scatter list as it is used up. */
struct uio {
	struct iovec	*iov;
	int		iovcnt;
	size_t		resid;
};

#define DONTWAIT	0x1	/* file or call is non-blocking */
#define PEEK		0x2
#define WAITALL		0x4
#define MORE		0x8	/* more will be sent at once */

struct sockops {
	int	(*attach)(struct sock *);
	void	(*detach)(struct sock *);	/* close: may wait (linger) */
	int	(*bind)(struct sock *, const ip_addr_t *, uint16_t);
	int	(*connect)(struct sock *, const ip_addr_t *, uint16_t, int);
	int	(*listen)(struct sock *, int);
	/* to: NULL for connected sockets */
	int	(*send)(struct sock *, struct uio *, int flags,
		    const ip_addr_t *to, uint16_t port);
	/* from: filled in when not NULL; *msgflags gets MSG_TRUNC */
	int	(*recv)(struct sock *, struct uio *, int flags,
		    ip_addr_t *from, uint16_t *port, int *msgflags);
	int	(*shutdown)(struct sock *, int how);
	int	(*poll)(struct sock *, int events);
	size_t	(*writable)(struct sock *);	/* bytes */
};
extern const struct sockops tcp_sockops, dgram_sockops, local_sockops;

/* sock.state */
#define SS_CONNECTED	0x01
#define SS_CONNECTING	0x02
#define SS_LISTENING	0x04
#define SS_CANTRCV	0x08	/* end of file after what is queued */
#define SS_CANTSEND	0x10
#define SS_BOUND	0x20
#define SS_V6ONLY	0x40
#define SS_NODELAY	0x80
#define SS_RCVBUF	0x100	/* size given by the application */
#define SS_SNDBUF	0x200
#define SS_CWND		0x400	/* initial window is set */
#define SS_RECOVERY	0x1000	/* until `recover' is acknowledged */
#define SS_DEAD		0x800	/* AF_LOCAL: the peer has closed */

struct sock {
	const struct sockops *ops;
	int		domain, type, proto;
	unsigned	state;
	int		error;		/* SO_ERROR; reported once */
	int		options;	/* SO_* that are flags */
	int		linger;		/* seconds */
	uint64_t	rcvtimeo, sndtimeo;	/* ns; 0: for ever */
	size_t		rcvbuf, sndbuf;
	struct rumpuser_cv *cv;		/* made when first waited on */
	unsigned	waiters;
	unsigned	restarts;	/* descriptors closed under waiters */
	struct pollhead	ph;

	struct pbuf	*rq_head, *rq_tail;	/* stream: linked by next */
	size_t		rq_len;
	uint32_t	rq_room;	/* free bytes of the tail, if ours */
	uint32_t	grown;		/* bytes read since rcvbuf grew */
	struct dgram	*dq_head, *dq_tail;	/* datagrams */
	size_t		dq_len;

	ip_addr_t	laddr, raddr;	/* of connected sockets */
	uint16_t	lport, rport;
	union {
		struct tcp_pcb	*tcp;
		struct udp_pcb	*udp;
		struct raw_pcb	*raw;
		struct sock	*peer;	/* AF_LOCAL */
	};
	struct rights	*rights;	/* AF_LOCAL: rights.h */
	uint32_t	tso_max;	/* 0: no TSO for this connection */
	uint32_t	recover;	/* sequence number (RFC 6582) */

	struct sock	*listener;	/* while in its queue */
	TAILQ_HEAD(, sock) accq;
	TAILQ_ENTRY(sock) acclink;
	int		accqlen, backlog;
};

/* ---- sock.c; all under the lock unless it says otherwise ---- */

int	sock_create(int domain, int type, int proto, struct sock **);
void	sock_close(struct sock *);		/* frees it */
struct sock *sock_alloc(int domain, int type, int proto,
	    const struct sockops *);
void	sock_free(struct sock *);
int	sock_accept(struct sock *, int flags, struct sock **);
/*
 * Sleep until sock_wakeup().  EAGAIN: not allowed to, or the deadline has
 * passed; EBADF: a descriptor was closed meanwhile.
 */
int	sock_wait(struct sock *, int flags, uint64_t deadline);
uint64_t sock_deadline(uint64_t timeo);
void	sock_wakeup(struct sock *);
int	sock_takeerror(struct sock *);

/* ---- sockio.c: receive queues ---- */

size_t	uio_get(struct uio *, void *, size_t);		/* from the caller */
size_t	uio_put(struct uio *, const void *, size_t);	/* to the caller */
void	rq_append(struct sock *, struct pbuf *);
size_t	rq_read(struct sock *, struct uio *, bool peek);
void	rq_flush(struct sock *);
bool	dq_append(struct sock *, struct pbuf *, const ip_addr_t *, uint16_t);
int	dq_recv(struct sock *, struct uio *, int flags, ip_addr_t *, uint16_t *,
	    int *msgflags);
void	dq_flush(struct sock *);
/* Wait for, and read from, a stream; consumed(n) is told of every read. */
int	rq_recv(struct sock *, struct uio *, int flags,
	    void (*consumed)(struct sock *, size_t));
int	rq_pollin(struct sock *);

/* ---- sock_tcp.c, tcp_io.c ---- */

void	sock_tcp_tmr(void);		/* timeout.c: every TCP_TMR_INTERVAL */
int	tcp_sock_need_pcb(struct sock *);
void	tcp_sock_connected(struct sock *);
void	tcp_sock_callbacks(struct sock *);
void	tcp_sock_detach_pcb(struct sock *);
int	tcp_sock_send(struct sock *, struct uio *, int, const ip_addr_t *,
	    uint16_t);
int	tcp_sock_recv(struct sock *, struct uio *, int, ip_addr_t *, uint16_t *,
	    int *);
void	tcp_sock_window(struct sock *);	/* apply rcvbuf to the pcb */
size_t	tcp_sock_writable(struct sock *);
void	tcp_tso_fixup(struct tcp_pcb *);
void	tcp_tso_grow(struct sock *, size_t acked);
void	tcp_acked(struct sock *);
#define TCP_RCVBUF	(256 * 1024)	/* half at first; to TCP_RCVBUF_MAX */
#define TCP_RCVBUF_MAX	(768 * 1024)
#define TCP_SNDBUF	(384 * 1024)

/* ---- sock_local.c ---- */

int	local_pair(int type, struct sock **, struct sock **);

/* ---- addr.c ---- */

int	addr_get(struct sock *, const struct sockaddr *, uint32_t len,
	    ip_addr_t *, uint16_t *port);
/* As getsockname() has it: what fits is copied, *len says how much. */
void	addr_put(int domain, const ip_addr_t *, uint16_t port, void *buf,
	    uint32_t *len);

/* ---- sockopt.c, ifioctl.c ---- */

int	sock_setopt(struct sock *, int level, int name, const void *, uint32_t);
int	sock_getopt(struct sock *, int level, int name, void *, uint32_t *);
int	sock_ioctl(struct sock *, unsigned long cmd, void *data);
int	net_ifioctl(unsigned long cmd, void *data);	/* takes the lock */


#endif /* BUILTIN_NET_SOCK_H */
