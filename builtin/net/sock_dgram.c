/* sock_dgram.c: UDP and raw IP sockets. */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/udp.h"
#include "lwip/raw.h"
#include "lwip/icmp.h"

#include "sock.h"

#define UDP_MAX		(65535 - 8 - 20)

static bool raw(const struct sock *so) { return so->type == SOCK_RAW; }

/* ---- from lwIP ---- */

static void
on_udp(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
    u16_t port)
{
	struct sock *so = arg;

	if ((so->state & SS_CANTRCV) || !dq_append(so, p, from, port))
		pbuf_free(p);
	else
		sock_wakeup(so);
}

/* A raw socket gets a copy: the packet goes on its way through the stack. */
static u8_t
on_raw(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
	struct sock *so = arg;
	struct pbuf *copy;

	if (so->state & SS_CANTRCV)
		return 0;
	copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	if (copy == NULL)
		return 0;
	/* IPv6 raw sockets never see the header (RFC 3542) */
	if (so->domain == AF_INET6)
		pbuf_remove_header(copy, ip_current_header_tot_len());
	if (!dq_append(so, copy, from, 0))
		pbuf_free(copy);
	else
		sock_wakeup(so);
	return 0;
}

/* ---- operations ---- */

static int
dgram_attach(struct sock *so)
{
	u8_t type = so->domain == AF_INET ? IPADDR_TYPE_V4 : raw(so) ?
	    IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;

	so->rcvbuf = net_mem_buffer(256 * 1024);
	so->sndbuf = 65536;
	if (raw(so)) {
		so->raw = raw_new_ip_type(type, so->proto);
		if (so->raw == NULL)
			return ENOBUFS;
		raw_recv(so->raw, on_raw, so);
		return 0;
	}
	so->udp = udp_new_ip_type(type);
	if (so->udp == NULL)
		return ENOBUFS;
	udp_recv(so->udp, on_udp, so);
	return 0;
}

static void
dgram_detach(struct sock *so)
{

	if (raw(so))
		raw_remove(so->raw);
	else
		udp_remove(so->udp);
}

static int
dgram_bind(struct sock *so, const ip_addr_t *ip, uint16_t port)
{
	err_t err;

	if (so->state & SS_BOUND)
		return EINVAL;
	if (raw(so))
		err = raw_bind(so->raw, ip);
	else {
		if (so->options & (SO_REUSEADDR | SO_REUSEPORT))
			ip_set_option(so->udp, SOF_REUSEADDR);
		if (IP_IS_V6(ip) && ip_addr_isany(ip) &&
		    (so->state & SS_V6ONLY) == 0)
			ip = IP_ANY_TYPE;
		else if (IP_IS_V6(ip) && ip_addr_isany(ip))
			ip = IP6_ADDR_ANY;
		err = udp_bind(so->udp, ip, port);
	}
	if (err == ERR_OK)
		so->state |= SS_BOUND;
	return err == ERR_BUF ? EADDRNOTAVAIL : net_errno(err);
}

static int
dgram_connect(struct sock *so, const ip_addr_t *ip, uint16_t port, int flags)
{
	err_t err = raw(so) ? raw_connect(so->raw, ip) :
	    udp_connect(so->udp, ip, port);

	if (err != ERR_OK)
		return err == ERR_BUF ? EADDRNOTAVAIL : net_errno(err);
	so->state |= SS_CONNECTED | SS_BOUND;
	so->raddr = *ip;
	so->rport = port;
	return 0;
}

/* What IPv6's ICMP leaves to the kernel (RFC 3542, 3.1). */
static void
raw_checksum(struct sock *so)
{

	if (so->domain == AF_INET6 && so->proto == IPPROTO_ICMPV6) {
		so->raw->chksum_reqd = 1;
		so->raw->chksum_offset = 2;
	}
}

static int
dgram_send(struct sock *so, struct uio *uio, int flags, const ip_addr_t *to,
    uint16_t port)
{
	struct pbuf *p;
	err_t err;

	if (so->state & SS_CANTSEND)
		return EPIPE;
	if (so->error != 0)
		return sock_takeerror(so);
	if (to != NULL && (so->state & SS_CONNECTED))
		return EISCONN;
	if (to == NULL && (so->state & SS_CONNECTED) == 0)
		return EDESTADDRREQ;
	if (uio->resid > UDP_MAX || uio->resid > so->sndbuf)
		return EMSGSIZE;
	if (to != NULL && port == 0 && !raw(so))
		return EADDRNOTAVAIL;
	p = pbuf_alloc(raw(so) ? PBUF_IP : PBUF_TRANSPORT, uio->resid, PBUF_RAM);
	if (p == NULL)
		return ENOBUFS;
	uio_get(uio, p->payload, p->len);
	if (raw(so)) {
		raw_checksum(so);
		err = raw_sendto(so->raw, p, to != NULL ? to : &so->raddr);
	} else {
		if (so->options & SO_BROADCAST)
			ip_set_option(so->udp, SOF_BROADCAST);
		else
			ip_reset_option(so->udp, SOF_BROADCAST);
		err = to != NULL ? udp_sendto(so->udp, p, to, port) :
		    udp_send(so->udp, p);
		so->state |= SS_BOUND;
	}
	pbuf_free(p);
	return err == ERR_VAL ? EACCES : net_errno(err);
}

static int
dgram_shutdown(struct sock *so, int how)
{

	if ((so->state & SS_CONNECTED) == 0)
		return ENOTCONN;
	if (how != SHUT_WR) {
		so->state |= SS_CANTRCV;
		dq_flush(so);
	}
	if (how != SHUT_RD)
		so->state |= SS_CANTSEND;
	sock_wakeup(so);
	return 0;
}

static int
dgram_poll(struct sock *so, int events)
{

	return (rq_pollin(so) | POLLOUT) & events;
}

static size_t
dgram_writable(struct sock *so)
{

	return so->sndbuf;
}

const struct sockops dgram_sockops = {
	.attach = dgram_attach,
	.detach = dgram_detach,
	.bind = dgram_bind,
	.connect = dgram_connect,
	.send = dgram_send,
	.recv = dq_recv,
	.shutdown = dgram_shutdown,
	.poll = dgram_poll,
	.writable = dgram_writable,
};
