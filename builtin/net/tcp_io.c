/*
 * tcp_io.c: TCP's data: the way from the caller's memory into segments and
 * back, windows, and segmentation by the device.
 *
 * TSO.  lwIP cuts what is written into segments of pcb->mss; the device could
 * cut for us.  So while tcp_write() runs, and only then, mss is a multiple of
 * what the peer takes; everywhere else (congestion control, Nagle, window
 * updates) it is the true one.  lwIP sends a segment only as a whole: one that
 * has become larger than the window, or the congestion window after a loss, is
 * split again by tcp_tso_fixup().
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/priv/tcp_priv.h"

#include "sock.h"
#include "hooks.h"

#define WRITE_MAX	65535	/* tcp_write() takes 16 bits */
#define MEMORY_RETRY	10000000	/* ns to wait for memory */

/* ---- receiving ---- */

/* Let the peer send as much as rcvbuf has room for. */
void
tcp_sock_window(struct sock *so)
{
	struct tcp_pcb *pcb = so->tcp;
	/* two segments at least, or no update would ever be sent */
	size_t buf = LWIP_MAX(so->rcvbuf, 2u * pcb->mss);
	size_t room = buf > so->rq_len ? buf - so->rq_len : 0;
	s32_t announced = pcb->rcv_ann_right_edge - pcb->rcv_nxt;
	u32_t more;

	if (announced > 0 && room < announced)
		room = announced;	/* a window never shrinks */
	pcb->rcv_wnd = LWIP_MIN(room, TCP_WND_MAX(pcb));
	more = tcp_update_rcv_ann_wnd(pcb);
	/* say so when it is worth a packet, or the peer may be stuck */
	if (more >= buf / 4 || more >= 2 * 65535) {
		tcp_ack_now(pcb);
		tcp_output(pcb);
	}
}

/* The application keeps up: the next window may be larger. */
static void
autosize(struct sock *so, size_t n)
{
	size_t max = net_mem_buffer(TCP_RCVBUF_MAX);

	if (so->state & SS_RCVBUF || net_mem_tight())
		return;
	so->grown += n;
	if (so->grown >= 2 * so->rcvbuf && so->rcvbuf < max &&
	    so->rq_len < so->rcvbuf / 2) {
		so->rcvbuf = LWIP_MIN(2 * so->rcvbuf, max);
		so->grown = 0;
	}
}

static void
consumed(struct sock *so, size_t n)
{

	autosize(so, n);
	if (so->tcp != NULL && (so->state & SS_CANTRCV) == 0)
		tcp_sock_window(so);
}

int
tcp_sock_recv(struct sock *so, struct uio *uio, int flags, ip_addr_t *from,
    uint16_t *port, int *msgflags)
{

	if (from != NULL) {
		*from = so->raddr;
		*port = so->rport;
	}
	return rq_recv(so, uio, flags, consumed);
}

/* ---- sending ---- */

static size_t
queued(const struct tcp_pcb *pcb)
{

	return TCP_SND_BUF - pcb->snd_buf;
}

/* Room; none while less than a quarter is free, so that pieces are large. */
static size_t
send_room(struct sock *so)
{
	size_t limit = so->sndbuf, n = queued(so->tcp);

	if (net_mem_tight())
		limit = LWIP_MIN(limit, net_mem_share());
	return n < limit ? limit - n : 0;
}

size_t
tcp_sock_writable(struct sock *so)
{
	size_t room;

	if ((so->state & SS_CONNECTED) == 0 || so->tcp == NULL)
		return 0;
	room = send_room(so);
	return room >= so->sndbuf / 4 || (room > 0 && queued(so->tcp) == 0) ?
	    room : 0;
}

/* Length of the segment that tcp_write() may add to, and its spare room. */
static u32_t
tail_length(const struct tcp_pcb *pcb)
{
	const struct tcp_seg *seg = pcb->unsent;

	if (seg == NULL)
		return 0;
	while (seg->next != NULL)
		seg = seg->next;
	return seg->len + pcb->unsent_oversize;
}

static err_t
write_segments(struct sock *so, const void *data, u16_t n, u8_t flags)
{
	struct tcp_pcb *pcb = so->tcp;
	u16_t wire = pcb->mss;
	u32_t big, tail;
	err_t err;

	if (so->tso_max != 0) {
		/* four or so in flight keep the pipe full */
		big = LWIP_MIN(pcb->cwnd, pcb->snd_wnd) / 4 / wire * wire;
		big = LWIP_MIN(big, so->tso_max);
		tail = tail_length(pcb);
		pcb->mss = LWIP_MAX(LWIP_MAX(big, wire), tail);
	}
	err = tcp_write(pcb, data, n, flags);
	pcb->mss = wire;
	return err;
}

/* Hold back a part of a segment?  Nagle, with the true segment size. */
static void
output(struct sock *so)
{

	if (so->state & SS_NODELAY)
		tcp_set_flags(so->tcp, TF_NODELAY);
	else
		tcp_clear_flags(so->tcp, TF_NODELAY);
	tcp_output(so->tcp);
}

static int
send_check(struct sock *so)
{

	if (so->error != 0)
		return sock_takeerror(so);
	if (so->state & SS_CANTSEND)
		return EPIPE;
	return (so->state & SS_CONNECTED) && so->tcp != NULL ? 0 : ENOTCONN;
}

/* Take one piece of the caller's data; *n 0: there was no room. */
static int
send_piece(struct sock *so, struct uio *uio, int flags, size_t *n)
{
	size_t room = send_room(so);
	err_t err;
	u8_t wflags;

	while (uio->iov->iov_len == 0) {
		uio->iov++;
		uio->iovcnt--;
	}
	*n = uio->iov->iov_len;
	if (*n > room)
		*n = room;
	if (*n > WRITE_MAX)
		*n = WRITE_MAX;
	if (*n == 0)
		return 0;
	wflags = TCP_WRITE_FLAG_COPY;
	if (*n < uio->resid || (flags & MORE))
		wflags |= TCP_WRITE_FLAG_MORE;
	err = write_segments(so, uio->iov->iov_base, *n, wflags);
	if (err == ERR_MEM) {
		*n = 0;
		return ENOMEM;
	}
	if (err != ERR_OK)
		return net_errno(err);
	uio->iov->iov_base = (char *)uio->iov->iov_base + *n;
	uio->iov->iov_len -= *n;
	uio->resid -= *n;
	return 0;
}

/* RFC 6928's first window; lwIP's own is that of 1999. */
static void
initial_window(struct sock *so)
{

	so->state |= SS_CWND;
	if (so->tcp->cwnd < 10u * so->tcp->mss)
		so->tcp->cwnd = 10u * so->tcp->mss;
}

int
tcp_sock_send(struct sock *so, struct uio *uio, int flags,
    const ip_addr_t *to, uint16_t port)
{
	uint64_t deadline = sock_deadline(so->sndtimeo), retry;
	size_t n, total = uio->resid;
	int error;

	if ((error = send_check(so)) != 0)
		return error;
	if ((so->state & SS_CWND) == 0)
		initial_window(so);
	while (uio->resid > 0) {
		error = send_piece(so, uio, flags, &n);
		if (error == 0 && n > 0)
			continue;
		output(so);
		if (error != 0 && error != ENOMEM)
			break;
		retry = k_uptime() + MEMORY_RETRY;
		if (error == ENOMEM && queued(so->tcp) == 0 &&
		    retry < deadline && (flags & DONTWAIT) == 0) {
			/* nothing of ours will be acknowledged */
			error = sock_wait(so, flags, retry);
			if (error == EBADF)
				break;
		} else
			do {
				error = sock_wait(so, flags, deadline);
			} while (error == 0 && so->error == 0 &&
			    (so->state & SS_CANTSEND) == 0 &&
			    tcp_sock_writable(so) == 0);
		if (error == EBADF || (error == EAGAIN &&
		    ((flags & DONTWAIT) || k_uptime() >= deadline)))
			break;
		if ((error = send_check(so)) != 0)
			break;
	}
	if (so->tcp != NULL && (so->state & SS_CONNECTED) && uio->resid < total)
		output(so);
	return uio->resid < total ? 0 : error;
}

/* ---- loss ---- */

#define OPT_SACK	5

/*
 * How far beyond its ACK a segment says that data has come (RFC 2018).  A host
 * whose device merges packets answers many with one ACK, so that there are no
 * three duplicates to count: this stands for them (RFC 6675).
 * On the way, a maximum segment size is blotted out: lwIP believes one at any
 * time, and then is surprised by the segments that it has made.
 */
static s32_t
sacked(struct tcp_hdr *hdr, u16_t optlen)
{
	u8_t *o = (u8_t *)(hdr + 1), *end = o + optlen, len;
	s32_t far = 0, d;
	u32_t right;

	while (end - o >= 2 && o[0] != LWIP_TCP_OPT_EOL) {
		if (o[0] == LWIP_TCP_OPT_NOP) {
			o++;
			continue;
		}
		len = o[1];
		if (len < 2 || len > end - o)
			break;
		for (int i = 6; o[0] == OPT_SACK && i + 4 <= len; i += 8) {
			memcpy(&right, o + i, 4);
			d = lwip_ntohl(right) - hdr->ackno;
			far = d > far ? d : far;
		}
		if (o[0] == LWIP_TCP_OPT_MSS)
			memset(o, LWIP_TCP_OPT_NOP, len);
		o += len;
	}
	return far;
}

/*
 * lwIP leaves fast recovery with the first new ACK, and finds the next hole
 * only by three more duplicates or a timeout.  So remember how far it was when
 * it began; an ACK for less shows the next hole (RFC 6582).
 */
err_t
net_tcp_inpacket(struct tcp_pcb *pcb, struct tcp_hdr *hdr, u16_t optlen,
    u16_t opt1len, u16_t datalen)
{
	struct sock *so = pcb->callback_arg;
	s32_t far;

	if (opt1len < optlen)
		return ERR_VAL;		/* options in pieces: nobody does */
	far = sacked(hdr, optlen);

	if (so != NULL && so->tcp != pcb)
		so = NULL;		/* the listener's, or nobody's */
	/* its window was given when there was more memory */
	if (so != NULL && datalen > 0 && so->rq_len > 0 && net_mem_tight() &&
	    so->rq_len >= net_mem_share())
		return ERR_MEM;
	/* a FIN needs no room: lwIP would drop it, with no window left */
	if (pcb->rcv_wnd == 0 && datalen == 0 && hdr->seqno == pcb->rcv_nxt &&
	    (TCPH_FLAGS(hdr) & TCP_FIN) != 0)
		pcb->rcv_wnd = 1;
	if (pcb->unacked != NULL && hdr->ackno == pcb->lastack &&
	    far > 3 * pcb->mss) {
		if (pcb->dupacks < 3)
			pcb->dupacks = 3;
		tcp_rexmit_fast(pcb);
	}
	if (so != NULL && (pcb->flags & TF_INFR) != 0 &&
	    (so->state & SS_RECOVERY) == 0) {
		so->state |= SS_RECOVERY;
		so->recover = pcb->snd_nxt;
	}
	return ERR_OK;
}

/*
 * An ACK without data has the sequence number of what is sent next.  When that
 * is beyond the peer's window, which is closed and was probed, or was taken back
 * after it had been made use of, then the peer has to drop the ACK (RFC 9293,
 * 3.10.7.4), and with both windows closed neither would hear that the other's
 * has opened.  So it is no more than the window's end.
 */
u32_t *
net_tcp_outpacket(struct tcp_hdr *hdr, const struct tcp_pcb *pcb, u32_t *opts)
{
	u32_t end;

	if (pcb != NULL && TCPH_FLAGS(hdr) == TCP_ACK &&
	    hdr->seqno == lwip_htonl(pcb->snd_nxt)) {
		end = pcb->lastack + pcb->snd_wnd;
		if (TCP_SEQ_LT(end, pcb->snd_nxt))
			hdr->seqno = lwip_htonl(end);
	}
	return opts;
}

void
tcp_acked(struct sock *so)
{

	if (TCP_SEQ_GEQ(so->tcp->lastack, so->recover))
		so->state &= ~SS_RECOVERY;
	else if ((so->tcp->flags & TF_RTO) == 0)
		tcp_rexmit(so->tcp);
}

/* ---- TSO ---- */

/*
 * Slow start counts ACKs, and one for what the device had cut into 40 counts
 * for two segments: add the rest (RFC 3465 with a larger L).
 */
void
tcp_tso_grow(struct sock *so, size_t acked)
{
	struct tcp_pcb *pcb = so->tcp;

	if (pcb->cwnd < pcb->ssthresh && acked > 2u * pcb->mss &&
	    (pcb->flags & (TF_RTO | TF_INFR)) == 0)
		pcb->cwnd += acked - 2 * pcb->mss;
	tcp_tso_fixup(pcb);
}

static err_t
split(struct tcp_pcb *pcb, u16_t n)
{
	u16_t wire = pcb->mss;
	err_t err;

	pcb->mss = pcb->unsent->len;	/* it asserts that this is no less */
	err = tcp_split_unsent_seg(pcb, n);
	pcb->mss = wire;
	/* it gives these to the second part, but leaves them in the first */
	if (err == ERR_OK)
		TCPH_UNSET_FLAG(pcb->unsent->tcphdr, TCP_FIN | TCP_PSH);
	return err;
}

/*
 * ACKs come for what the device has made of a segment: drop the part of the
 * first one that has been acknowledged, or lwIP miscalculates where it lies in
 * the window.
 */
static err_t
trim(struct tcp_pcb *pcb)
{
	struct tcp_seg *seg = pcb->unsent;
	u32_t acked = pcb->lastack - lwip_ntohl(seg->tcphdr->seqno);
	err_t err;

	if (acked == 0 || acked >= seg->len)
		return ERR_OK;
	if ((err = split(pcb, acked)) != ERR_OK)
		return err;
	pcb->unsent = seg->next;
	pcb->snd_queuelen -= pbuf_clen(seg->p);
	pcb->snd_buf += seg->len;
	tcp_seg_free(seg);
	return ERR_OK;
}

void
tcp_tso_fixup(struct tcp_pcb *pcb)
{
	struct tcp_seg *seg = pcb->unsent;
	u32_t wnd = LWIP_MIN(pcb->snd_wnd, pcb->cwnd);

	if (seg == NULL || pcb->unacked != NULL || wnd == 0)
		return;
	if (seg->len <= pcb->mss && pcb->persist_backoff == 0)
		return;		/* as lwIP made it */
	if (trim(pcb) != ERR_OK)
		return;
	if (wnd > pcb->mss)
		wnd = wnd / pcb->mss * pcb->mss;
	if (pcb->unsent->len <= wnd || split(pcb, wnd) == ERR_OK)
		tcp_output(pcb);
}
