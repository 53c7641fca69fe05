/*
 * sock_tcp.c: TCP sockets: opening, closing, and what lwIP calls back.  lwIP
 * frees a connection by itself once it is closed in both directions, so the
 * socket lets go of it before that can happen.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/priv/tcp_priv.h"

#include "sock.h"

#define MSS_MIN		216	/* a peer that asks for less gets this */

static u8_t
pcb_type(const struct sock *so)
{

	if (so->domain == AF_INET)
		return IPADDR_TYPE_V4;
	return so->state & SS_V6ONLY ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;
}

/* ---- callbacks: under the lock, from lwIP ---- */

static err_t
on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct sock *so = arg;

	if (p == NULL) {
		so->state |= SS_CANTRCV;
		/* closed both ways: lwIP will free it without a word */
		if (so->state & SS_CANTSEND)
			tcp_sock_detach_pcb(so);
		sock_wakeup(so);
		return ERR_OK;
	}
	if (so->state & SS_CANTRCV) {		/* shutdown(SHUT_RD) */
		pcb->rcv_wnd += p->tot_len;
		pbuf_free(p);
		return ERR_OK;
	}
	/* merged by the device: the sender waits for more than one ACK */
	if (p->tot_len > pcb->mss)
		tcp_ack_now(pcb);
	rq_append(so, p);
	sock_wakeup(so);
	return ERR_OK;
}

static err_t
on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct sock *so = arg;

	if (so->state & SS_RECOVERY)
		tcp_acked(so);
	if (so->tso_max != 0)
		tcp_tso_grow(so, len);
	if (tcp_sock_writable(so) > 0 || pcb->unacked == NULL)
		sock_wakeup(so);
	return ERR_OK;
}

/* The connection is gone, and its pcb with it. */
static void
on_err(void *arg, err_t err)
{
	struct sock *so = arg;

	if (so == NULL)
		return;
	so->tcp = NULL;
	if (err == ERR_RST)
		so->error = so->state & SS_CONNECTING ? ECONNREFUSED :
		    ECONNRESET;
	else if (err == ERR_ABRT)
		so->error = ETIMEDOUT;
	else if (err != ERR_CLSD)
		so->error = net_errno(err);
	so->state &= ~SS_CONNECTING;
	so->state |= SS_CANTRCV | SS_CANTSEND;
	sock_wakeup(so);
}

void
tcp_sock_callbacks(struct sock *so)
{

	tcp_arg(so->tcp, so);
	/* RFC 6298's first timeout; that of lwIP 2.1 is 3 s */
	if (so->tcp->rto > LWIP_TCP_RTO_TIME / TCP_SLOW_INTERVAL)
		so->tcp->rto = so->tcp->sv = LWIP_TCP_RTO_TIME /
		    TCP_SLOW_INTERVAL;
	tcp_recv(so->tcp, on_recv);
	tcp_sent(so->tcp, on_sent);
	tcp_err(so->tcp, on_err);
}

void
tcp_sock_detach_pcb(struct sock *so)
{
	struct tcp_pcb *pcb = so->tcp;

	if (pcb == NULL)
		return;
	so->tcp = NULL;
	tcp_arg(pcb, NULL);
	if (pcb->state == LISTEN) {
		tcp_accept(pcb, NULL);
		return;
	}
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
}

/* Established: remember the names, give it its windows. */
void
tcp_sock_connected(struct sock *so)
{
	struct tcp_pcb *pcb = so->tcp;
	struct netif *nif;
	uint16_t mtu;
	bool v6 = IP_IS_V6_VAL(pcb->remote_ip);

	so->state = (so->state & ~SS_CONNECTING) | SS_CONNECTED;
	so->laddr = pcb->local_ip;
	so->raddr = pcb->remote_ip;
	so->lport = pcb->local_port;
	so->rport = pcb->remote_port;
	if (pcb->mss < MSS_MIN)
		pcb->mss = MSS_MIN;
	tcp_sock_window(so);
	nif = ip_route(&pcb->local_ip, &pcb->remote_ip);
	if (nif == NULL)
		return;
	/* the device cuts to the interface's MTU, no smaller */
	mtu = pcb->mss + TCP_HLEN + (v6 ? IP6_HLEN : IP_HLEN);
	if (mtu == nif->mtu)
		so->tso_max = vif_tso_max(nif, v6) / pcb->mss * pcb->mss;
}

static err_t
on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct sock *so = arg, *new;

	if (err != ERR_OK || pcb == NULL || so == NULL)
		return ERR_VAL;
	if (so->accqlen >= so->backlog + 1)
		return ERR_MEM;
	new = sock_alloc(so->domain, so->type, so->proto, so->ops);
	if (new == NULL)
		return ERR_MEM;
	new->state = so->state & (SS_V6ONLY | SS_NODELAY | SS_RCVBUF | SS_SNDBUF);
	new->options = so->options & ~SO_ACCEPTCONN;
	new->linger = so->linger;
	new->rcvbuf = so->rcvbuf;
	new->sndbuf = so->sndbuf;
	new->rcvtimeo = so->rcvtimeo;
	new->sndtimeo = so->sndtimeo;
	new->tcp = pcb;
	new->listener = so;
	tcp_backlog_delayed(pcb);
	tcp_sock_callbacks(new);
	tcp_sock_connected(new);
	TAILQ_INSERT_TAIL(&so->accq, new, acclink);
	so->accqlen++;
	sock_wakeup(so);
	return ERR_OK;
}

static err_t
on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct sock *so = arg;

	tcp_sock_connected(so);
	sock_wakeup(so);
	return ERR_OK;
}

/* ---- opening ---- */

static int
tcp_attach(struct sock *so)
{

	return 0;	/* the pcb comes when it is known what it is to be */
}

int
tcp_sock_need_pcb(struct sock *so)
{

	if (so->tcp != NULL)
		return 0;
	so->tcp = tcp_new_ip_type(pcb_type(so));
	if (so->tcp == NULL)
		return ENOBUFS;
	if (so->options & SO_REUSEADDR)
		ip_set_option(so->tcp, SOF_REUSEADDR);
	if (so->options & SO_KEEPALIVE)
		ip_set_option(so->tcp, SOF_KEEPALIVE);
	tcp_sock_callbacks(so);
	return 0;
}

static int
tcp_sock_bind(struct sock *so, const ip_addr_t *ip, uint16_t port)
{
	int error;

	if (so->state & (SS_BOUND | SS_CONNECTED | SS_CONNECTING | SS_LISTENING))
		return EINVAL;
	if (so->domain == AF_INET6 && IP_IS_V6(ip) && ip_addr_isany(ip) &&
	    (so->state & SS_V6ONLY) == 0)
		ip = IP_ANY_TYPE;
	else if (!ip_addr_isany(ip) && !ip_addr_ismulticast(ip)) {
		struct netif *nif;
		bool ours = false;

		NETIF_FOREACH(nif)
			ours |= IP_IS_V6(ip) ?
			    netif_get_ip6_addr_match(nif, ip_2_ip6(ip)) >= 0 :
			    ip4_addr_cmp(netif_ip4_addr(nif), ip_2_ip4(ip)) ||
			    (ip4_addr_isloopback(ip_2_ip4(ip)) &&
			    ip4_addr_isloopback(netif_ip4_addr(nif)));
		if (!ours)
			return EADDRNOTAVAIL;
	}
	if ((error = tcp_sock_need_pcb(so)) != 0)
		return error;
	error = net_errno(tcp_bind(so->tcp, ip, port));
	if (error == 0)
		so->state |= SS_BOUND;
	return error == ENOBUFS ? EADDRNOTAVAIL : error;
}

static int
tcp_sock_listen(struct sock *so, int backlog)
{
	struct tcp_pcb *lpcb;
	err_t err;
	int error;

	if (so->state & (SS_CONNECTED | SS_CONNECTING))
		return EINVAL;
	if (backlog < 1)
		backlog = 1;
	if (backlog > 255)
		backlog = 255;
	so->backlog = backlog;
	if (so->state & SS_LISTENING) {
		tcp_backlog_set(so->tcp, backlog);
		return 0;
	}
	if ((error = tcp_sock_need_pcb(so)) != 0)
		return error;
	if ((so->state & SS_BOUND) == 0) {
		err = tcp_bind(so->tcp, so->domain == AF_INET ? IP4_ADDR_ANY :
		    so->state & SS_V6ONLY ? IP6_ADDR_ANY : IP_ANY_TYPE, 0);
		if (err != ERR_OK)
			return net_errno(err);
	}
	lpcb = tcp_listen_with_backlog_and_err(so->tcp, backlog, &err);
	if (lpcb == NULL)
		return net_errno(err);
	so->tcp = lpcb;
	so->state |= SS_LISTENING | SS_BOUND;
	so->options |= SO_ACCEPTCONN;
	tcp_arg(lpcb, so);
	tcp_accept(lpcb, on_accept);
	return 0;
}

static int
tcp_sock_connect(struct sock *so, const ip_addr_t *ip, uint16_t port, int flags)
{
	uint64_t deadline = sock_deadline(so->sndtimeo);
	int error;

	if (so->state & SS_LISTENING)
		return EOPNOTSUPP;
	if (so->state & SS_CONNECTED)
		return EISCONN;
	if ((so->state & SS_CONNECTING) && (flags & DONTWAIT))
		return EALREADY;
	if ((so->state & SS_CONNECTING) == 0) {
		if ((error = sock_takeerror(so)) != 0)
			return error;
		if (port == 0)
			return EADDRNOTAVAIL;
		if (ip_addr_ismulticast(ip))
			return ENETUNREACH;
		/* a failed attempt has left these */
		so->state &= ~(SS_CANTRCV | SS_CANTSEND);
		if ((error = tcp_sock_need_pcb(so)) != 0)
			return error;
		so->state |= SS_CONNECTING;
		error = net_errno(tcp_connect(so->tcp, ip, port, on_connected));
		if (error != 0) {
			so->state &= ~SS_CONNECTING;
			return error == ENOBUFS ? EADDRNOTAVAIL : error;
		}
		net_settle();		/* loopback may connect at once */
	}
	if ((so->state & SS_CONNECTING) && (flags & DONTWAIT))
		return EINPROGRESS;
	while (so->state & SS_CONNECTING)
		if ((error = sock_wait(so, flags, deadline)) != 0)
			return error == EAGAIN ? ETIMEDOUT : error;
	return sock_takeerror(so);
}

/* ---- closing ---- */

static void
close_pcb(struct sock *so)
{
	struct tcp_pcb *pcb = so->tcp;

	tcp_sock_detach_pcb(so);
	/*
	 * lwIP would reset a connection whose window is not wide open: to it
	 * that means unread data.  A FIN it is, as BSD does.
	 */
	if (pcb->state != LISTEN)
		pcb->rcv_wnd = TCP_WND_MAX(pcb);
	if (tcp_close(pcb) != ERR_OK && pcb->state != LISTEN)
		tcp_abort(pcb);
}

static void
linger(struct sock *so)
{
	uint64_t deadline = sock_deadline(so->linger * 1000000000ULL);

	if (tcp_shutdown(so->tcp, 0, 1) != ERR_OK)
		return;
	so->state |= SS_CANTSEND;
	while (so->tcp != NULL && (so->tcp->unsent != NULL ||
	    so->tcp->unacked != NULL))
		if (sock_wait(so, 0, deadline) != 0)
			break;
}

static void
tcp_detach(struct sock *so)
{
	struct sock *new;
	struct tcp_pcb *pcb;

	while ((new = TAILQ_FIRST(&so->accq)) != NULL) {
		TAILQ_REMOVE(&so->accq, new, acclink);
		if ((pcb = new->tcp) != NULL) {
			tcp_sock_detach_pcb(new);
			tcp_abort(pcb);
		}
		sock_free(new);
	}
	if (so->tcp == NULL)
		return;
	if ((so->options & SO_LINGER) && so->linger == 0 &&
	    (so->state & SS_CONNECTED)) {
		pcb = so->tcp;
		tcp_sock_detach_pcb(so);
		tcp_abort(pcb);
		return;
	}
	if ((so->options & SO_LINGER) && (so->state & SS_CONNECTED))
		linger(so);
	if (so->tcp != NULL)
		close_pcb(so);
}

static int
tcp_sock_shutdown(struct sock *so, int how)
{

	if (so->state & SS_LISTENING) {
		so->state |= SS_CANTRCV;
		sock_wakeup(so);
		return 0;
	}
	if ((so->state & SS_CONNECTED) == 0)
		return ENOTCONN;
	if (how != SHUT_WR && (so->state & SS_CANTRCV) == 0) {
		so->state |= SS_CANTRCV;
		rq_flush(so);
	}
	if (how != SHUT_RD && (so->state & SS_CANTSEND) == 0) {
		so->state |= SS_CANTSEND;
		if (so->tcp != NULL && so->tcp->state == CLOSE_WAIT)
			close_pcb(so);
		else if (so->tcp != NULL)
			tcp_shutdown(so->tcp, 0, 1);
	}
	sock_wakeup(so);
	return 0;
}

static int
tcp_sock_poll(struct sock *so, int events)
{
	int r = rq_pollin(so);

	if (so->state & SS_LISTENING)
		return r & events;
	if (tcp_sock_writable(so) > 0 || (so->state & SS_CANTSEND) ||
	    so->error != 0)
		r |= POLLOUT;
	r &= events;
	if ((so->state & (SS_CANTRCV | SS_CANTSEND)) ==
	    (SS_CANTRCV | SS_CANTSEND))
		r |= POLLHUP;
	return r;
}

/*
 * Before and after TCP's timers run, what is too large for its window is cut.
 * Before it: lwIP lets its persist timer run on when data that waited for
 * retransmission was acknowledged after all, and then is surprised; and it
 * lets timeouts grow to hours, where 64 seconds are usual.
 */
#define RTO_MAX		(64000 / TCP_SLOW_INTERVAL)

void
sock_tcp_tmr(void)
{
	struct tcp_pcb *pcb;

	for (pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		if (pcb->unsent == NULL || pcb->unacked != NULL)
			pcb->persist_backoff = 0;
		if (pcb->rto > RTO_MAX)
			pcb->rto = RTO_MAX;
		tcp_tso_fixup(pcb);
		/* no memory for that: lwIP can't do it either, and asserts */
		if (pcb->persist_backoff > 0 && pcb->unsent != NULL &&
		    pcb->snd_wnd > 0 && (pcb->unsent->len > pcb->mss ||
		    pcb->snd_wnd > 0xffff))
			pcb->persist_cnt = 0;
	}
	tcp_tmr();
	for (pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
		tcp_tso_fixup(pcb);
}

const struct sockops tcp_sockops = {
	.attach = tcp_attach,
	.detach = tcp_detach,
	.bind = tcp_sock_bind,
	.connect = tcp_sock_connect,
	.listen = tcp_sock_listen,
	.send = tcp_sock_send,
	.recv = tcp_sock_recv,
	.shutdown = tcp_sock_shutdown,
	.poll = tcp_sock_poll,
	.writable = tcp_sock_writable,
};
