/* sockopt.c: getsockopt, setsockopt and what ioctl a socket knows. */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/udp.h"
#include "lwip/raw.h"
#include "lwip/mld6.h"

#include "sock.h"

#define BUF_MAX		(4 * 1024 * 1024)
#define FLAGS	(SO_DEBUG | SO_REUSEADDR | SO_KEEPALIVE | SO_DONTROUTE |	\
	    SO_BROADCAST | SO_OOBINLINE | SO_REUSEPORT | SO_NOSIGPIPE)

static bool is_tcp(const struct sock *so) { return so->ops == &tcp_sockops; }

/* A pcb that takes options: not a listening one, which is shorter. */
static struct tcp_pcb *
conn(const struct sock *so)
{

	return is_tcp(so) && so->tcp != NULL && so->tcp->state != LISTEN ?
	    so->tcp : NULL;
}

static int
get_int(const void *val, uint32_t len, int *v)
{

	if (len == 1) {			/* IP_MULTICAST_TTL and LOOP */
		*v = *(const uint8_t *)val;
		return 0;
	}
	if (len < sizeof(*v))
		return EINVAL;
	memcpy(v, val, sizeof(*v));
	return 0;
}

static int
set_buffer(struct sock *so, int name, int v)
{

	if (v <= 0)
		return EINVAL;
	if (v > BUF_MAX)
		return ENOBUFS;
	if (v < 4096)
		v = 4096;
	if (name == SO_SNDBUF) {
		so->sndbuf = v;
		so->state |= SS_SNDBUF;
		return 0;
	}
	so->rcvbuf = v;
	so->state |= SS_RCVBUF;
	if (conn(so) != NULL && (so->state & SS_CONNECTED))
		tcp_sock_window(so);
	return 0;
}

static int
set_timeout(uint64_t *timeo, const void *val, uint32_t len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return EINVAL;
	memcpy(&tv, val, sizeof(tv));
	if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return EDOM;
	*timeo = tv.tv_sec > 1000000000 ? 0 :
	    tv.tv_sec * 1000000000ULL + tv.tv_usec * 1000ULL;
	return 0;
}

static int
set_socket(struct sock *so, int name, const void *val, uint32_t len)
{
	struct linger l;
	int v, error;

	if (name == SO_SNDTIMEO)
		return set_timeout(&so->sndtimeo, val, len);
	if (name == SO_RCVTIMEO)
		return set_timeout(&so->rcvtimeo, val, len);
	if (name == SO_LINGER) {
		if (len < sizeof(l))
			return EINVAL;
		memcpy(&l, val, sizeof(l));
		if (l.l_linger < 0 || l.l_linger > 32767)
			return EDOM;
		so->linger = l.l_linger;
		so->options = l.l_onoff ? so->options | SO_LINGER :
		    so->options & ~SO_LINGER;
		return 0;
	}
	if ((error = get_int(val, len, &v)) != 0)
		return error;
	if (name == SO_SNDBUF || name == SO_RCVBUF)
		return set_buffer(so, name, v);
	if (name == SO_SNDLOWAT || name == SO_RCVLOWAT)
		return v == 1 ? 0 : EINVAL;
	if ((name & FLAGS) == 0 || (name & (name - 1)) != 0 || name > FLAGS)
		return ENOPROTOOPT;
	so->options = v ? so->options | name : so->options & ~name;
	if (is_tcp(so) && so->tcp != NULL) {
		u8_t bit = name == SO_KEEPALIVE ? SOF_KEEPALIVE :
		    name == SO_REUSEADDR ? SOF_REUSEADDR : 0;

		so->tcp->so_options = v ? so->tcp->so_options | bit :
		    so->tcp->so_options & ~bit;
	}
	return 0;
}

static int
set_tcp(struct sock *so, int name, int v)
{
	struct tcp_pcb *pcb = conn(so);

	switch (name) {
	case TCP_NODELAY:
		so->state = v ? so->state | SS_NODELAY : so->state & ~SS_NODELAY;
		if (pcb != NULL && v) {
			tcp_nagle_disable(pcb);
			if (so->state & SS_CONNECTED)
				tcp_output(pcb);
		}
		return 0;
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
		if (v <= 0 || v > 32767)
			return EINVAL;
		if (pcb == NULL)
			return EINVAL;
		if (name == TCP_KEEPIDLE)
			pcb->keep_idle = v * 1000U;
		else if (name == TCP_KEEPINTVL)
			pcb->keep_intvl = v * 1000U;
		else
			pcb->keep_cnt = v;
		return 0;
	}
	return ENOPROTOOPT;
}

static int
set_ip(struct sock *so, int name, int v)
{
	struct ip_pcb *pcb = (struct ip_pcb *)so->tcp;	/* any protocol's */

	if (v < -1 || v > 255)
		return EINVAL;
	switch (name) {
	case IP_TOS:
		if (pcb != NULL)
			pcb->tos = v;
		return 0;
	case IP_TTL:
		if (pcb != NULL)
			pcb->ttl = v <= 0 ? 64 : v;
		return 0;
	case IP_HDRINCL:
		if (so->type != SOCK_RAW)
			break;
		if (v)
			raw_set_flags(so->raw, RAW_FLAGS_HDRINCL);
		else
			raw_clear_flags(so->raw, RAW_FLAGS_HDRINCL);
		return 0;
	case IP_MULTICAST_TTL:
		if (so->type != SOCK_DGRAM)
			break;
		udp_set_multicast_ttl(so->udp, v);
		return 0;
	case IP_MULTICAST_LOOP:
		return 0;
	}
	return ENOPROTOOPT;
}

static int
set_group(struct sock *so, int name, const void *val, uint32_t len)
{
	struct ipv6_mreq mreq;
	struct netif *nif;
	ip6_addr_t group;
	err_t err;

	if (len < sizeof(mreq))
		return EINVAL;
	memcpy(&mreq, val, sizeof(mreq));
	ip6_addr_set_zero(&group);
	memcpy(group.addr, &mreq.ipv6mr_multiaddr, 16);
	if (!ip6_addr_ismulticast(&group))
		return EINVAL;
	nif = mreq.ipv6mr_interface == 0 ? netif_default :
	    netif_get_by_index(mreq.ipv6mr_interface);
	if (nif == NULL)
		return EADDRNOTAVAIL;
	ip6_addr_assign_zone(&group, IP6_MULTICAST, nif);
	err = name == IPV6_JOIN_GROUP ? mld6_joingroup_netif(nif, &group) :
	    mld6_leavegroup_netif(nif, &group);
	return net_errno(err);
}

static int
set_ip6(struct sock *so, int name, int v)
{

	switch (name) {
	case IPV6_V6ONLY:
		if (so->state & (SS_BOUND | SS_CONNECTED | SS_CONNECTING))
			return EINVAL;
		so->state = v ? so->state | SS_V6ONLY : so->state & ~SS_V6ONLY;
		if (is_tcp(so) && so->tcp != NULL) {	/* made of its type */
			struct tcp_pcb *pcb = so->tcp;

			tcp_sock_detach_pcb(so);
			tcp_close(pcb);
		}
		return 0;
	case IPV6_UNICAST_HOPS:
		return set_ip(so, IP_TTL, v);
	case IPV6_MULTICAST_HOPS:
		return set_ip(so, IP_MULTICAST_TTL, v < 0 ? 1 : v);
	case IPV6_MULTICAST_LOOP:
		return 0;
	}
	return ENOPROTOOPT;
}

int
sock_setopt(struct sock *so, int level, int name, const void *val, uint32_t len)
{
	int v, error;

	if (val == NULL)
		return EFAULT;
	if (level == SOL_SOCKET)
		return set_socket(so, name, val, len);
	if (so->domain == AF_LOCAL)
		return ENOPROTOOPT;
	if (level == IPPROTO_IPV6 && so->domain == AF_INET6 &&
	    (name == IPV6_JOIN_GROUP || name == IPV6_LEAVE_GROUP))
		return set_group(so, name, val, len);
	if ((error = get_int(val, len, &v)) != 0)
		return error;
	if (is_tcp(so) && (so->state & SS_CONNECTED) == 0 &&
	    (error = tcp_sock_need_pcb(so)) != 0)
		return error;
	if (level == IPPROTO_TCP && is_tcp(so))
		return set_tcp(so, name, v);
	if (level == IPPROTO_IP && so->domain == AF_INET)
		return set_ip(so, name, v);
	if (level == IPPROTO_IPV6 && so->domain == AF_INET6)
		return set_ip6(so, name, v);
	return ENOPROTOOPT;
}

/* ---- get ---- */

static int
get_socket(struct sock *so, int name, int *v)
{

	switch (name) {
	case SO_TYPE: *v = so->type; return 0;
	case SO_ERROR: *v = sock_takeerror(so); return 0;
	case SO_SNDBUF: *v = so->sndbuf; return 0;
	case SO_RCVBUF: *v = so->rcvbuf; return 0;
	case SO_SNDLOWAT: case SO_RCVLOWAT: *v = 1; return 0;
	}
	if ((name & (FLAGS | SO_ACCEPTCONN)) == 0 || (name & (name - 1)) != 0 ||
	    name > FLAGS)
		return ENOPROTOOPT;
	*v = so->options & name;
	return 0;
}

static int
get_tcp(struct sock *so, int name, int *v)
{
	struct tcp_pcb *pcb = conn(so);

	switch (name) {
	case TCP_NODELAY: *v = (so->state & SS_NODELAY) != 0; return 0;
	case TCP_MAXSEG: *v = pcb != NULL ? pcb->mss : 536; return 0;
	case TCP_KEEPIDLE:
		*v = (pcb != NULL ? pcb->keep_idle : TCP_KEEPIDLE_DEFAULT) / 1000;
		return 0;
	case TCP_KEEPINTVL:
		*v = (pcb != NULL ? pcb->keep_intvl : TCP_KEEPINTVL_DEFAULT) / 1000;
		return 0;
	case TCP_KEEPCNT:
		*v = pcb != NULL ? pcb->keep_cnt : TCP_KEEPCNT_DEFAULT;
		return 0;
	}
	return ENOPROTOOPT;
}

static int
get_ip(struct sock *so, int level, int name, int *v)
{
	struct ip_pcb *pcb = (struct ip_pcb *)so->tcp;

	if (level == IPPROTO_IP && name == IP_TOS)
		*v = pcb != NULL ? pcb->tos : 0;
	else if ((level == IPPROTO_IP && name == IP_TTL) ||
	    (level == IPPROTO_IPV6 && name == IPV6_UNICAST_HOPS))
		*v = pcb != NULL ? pcb->ttl : 64;
	else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
		*v = (so->state & SS_V6ONLY) != 0;
	else
		return ENOPROTOOPT;
	return 0;
}

static int
put_val(void *val, uint32_t *len, const void *src, uint32_t n)
{

	if (*len > n)
		*len = n;
	memcpy(val, src, *len);
	return 0;
}

int
sock_getopt(struct sock *so, int level, int name, void *val, uint32_t *len)
{
	struct linger l = { (so->options & SO_LINGER) != 0, so->linger };
	struct timeval tv;
	uint64_t t;
	int v, error = ENOPROTOOPT;

	if (val == NULL || len == NULL)
		return EFAULT;
	if (level == SOL_SOCKET && name == SO_LINGER)
		return put_val(val, len, &l, sizeof(l));
	if (level == SOL_SOCKET && (name == SO_SNDTIMEO || name == SO_RCVTIMEO)) {
		t = name == SO_SNDTIMEO ? so->sndtimeo : so->rcvtimeo;
		memset(&tv, 0, sizeof(tv));
		tv.tv_sec = t / 1000000000;
		tv.tv_usec = t % 1000000000 / 1000;
		return put_val(val, len, &tv, sizeof(tv));
	}
	if (level == SOL_SOCKET)
		error = get_socket(so, name, &v);
	else if (level == IPPROTO_TCP && is_tcp(so))
		error = get_tcp(so, name, &v);
	else if ((level == IPPROTO_IP && so->domain == AF_INET) ||
	    (level == IPPROTO_IPV6 && so->domain == AF_INET6))
		error = get_ip(so, level, name, &v);
	return error != 0 ? error : put_val(val, len, &v, sizeof(v));
}

int
sock_ioctl(struct sock *so, unsigned long cmd, void *data)
{
	int *v = data;

	switch (cmd) {
	case FIONREAD:
		*v = so->rq_len > 0 ? so->rq_len : so->dq_head != NULL ?
		    so->dq_head->p->tot_len : 0;
		return 0;
	case FIONSPACE:
		*v = so->ops->writable(so);
		return 0;
	case FIONWRITE:
		*v = conn(so) != NULL ? TCP_SND_BUF - so->tcp->snd_buf : 0;
		return 0;
	case SIOCATMARK:
		*v = 0;
		return 0;
	}
	return ENOTTY;
}
