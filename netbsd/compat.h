/*
 * compat.h: what differs between NetBSD's network code of 2016 (7.99) and of
 * NetBSD 9 to 11.
 */
#ifndef SIRLOIN_NETBSD_COMPAT_H
#define SIRLOIN_NETBSD_COMPAT_H

#if __NetBSD_Version__ >= 900000000
#define compat_bpf_out(ifp, m)		bpf_mtap(ifp, m, BPF_D_OUT)
#define compat_count_out(ifp)		if_statinc(ifp, if_opackets)
#define compat_count_oerror(ifp)	if_statinc(ifp, if_oerrors)
#define compat_count_ierror(ifp)	if_statinc(ifp, if_ierrors)
#define compat_tap_in(ifp, m) do {					\
	if_statinc(ifp, if_ipackets);					\
	bpf_mtap(ifp, m, BPF_D_IN);					\
} while (/*CONSTCOND*/0)
/* if_input() counts and taps */
#define compat_input(ifp, m)		if_input(ifp, m)
#else
#define compat_bpf_out(ifp, m)		bpf_mtap(ifp, m)
#define compat_count_out(ifp)		((ifp)->if_opackets++)
#define compat_count_oerror(ifp)	((ifp)->if_oerrors++)
#define compat_count_ierror(ifp)	((ifp)->if_ierrors++)
#define compat_tap_in(ifp, m) do {					\
	(ifp)->if_ipackets++;						\
	bpf_mtap(ifp, m);						\
} while (/*CONSTCOND*/0)
#define compat_input(ifp, m) do {					\
	compat_tap_in(ifp, m);						\
	if_input(ifp, m);						\
} while (/*CONSTCOND*/0)
#define m_defrag(m, how)	compat_defrag(m)

/* The chain copied into one with full clusters; frees the old one. */
static inline struct mbuf *
compat_defrag(struct mbuf *m)
{
	struct mbuf *n = m_dup(m, 0, M_COPYALL, M_DONTWAIT);

	if (n != NULL)
		m_freem(m);
	return n;
}
#endif

/* IPv6 may not be in the image. */
extern pktqueue_t *ip6_pktq __attribute__((weak));
#define compat_ip6_pktq	(&ip6_pktq != NULL ? ip6_pktq : NULL)

#endif /* SIRLOIN_NETBSD_COMPAT_H */
