/*
 * abi_net.h: NetBSD's amd64 ABI of sockets, as abi.h has that of files.
 * Facts: NetBSD sys/sys/{socket,sockio}.h, sys/net/if.h, sys/netinet/{in,tcp}.h,
 * sys/netinet6/in6.h.
 */
#ifndef SIRLOIN_RUMP_ABI_NET_H
#define SIRLOIN_RUMP_ABI_NET_H

#include <rump/abi.h>

typedef uint8_t		sa_family_t;
typedef uint16_t	in_port_t;
typedef uint32_t	in_addr_t;
typedef uint32_t	socklen_t;

#define AF_UNSPEC	0
#define AF_LOCAL	1
#define AF_UNIX		AF_LOCAL
#define AF_INET		2
#define AF_LINK		18
#define AF_INET6	24
#define AF_ROUTE	34
#define PF_UNSPEC	AF_UNSPEC
#define PF_LOCAL	AF_LOCAL
#define PF_UNIX		AF_LOCAL
#define PF_INET		AF_INET
#define PF_INET6	AF_INET6

#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_RAW	3
#define SOCK_SEQPACKET	5
#define SOCK_CLOEXEC	0x10000000
#define SOCK_NONBLOCK	0x20000000
#define SOCK_NOSIGPIPE	0x40000000
#define SOCK_FLAGS_MASK	0xf0000000

struct sockaddr {
	uint8_t		sa_len;
	sa_family_t	sa_family;
	char		sa_data[14];
};
struct sockaddr_storage {
	uint8_t		ss_len;
	sa_family_t	ss_family;
	char		ss_pad1[6];
	int64_t		ss_align;
	char		ss_pad2[112];
};
/* <in_addr and friends also exist in IP stacks' own headers> */
#ifndef RUMP_ABI_NO_INADDR
struct in_addr { in_addr_t s_addr; };
struct in6_addr {
	union {
		uint8_t		__u6_addr8[16];
		uint16_t	__u6_addr16[8];
		uint32_t	__u6_addr32[4];
	} __u6_addr;
};
#define s6_addr		__u6_addr.__u6_addr8
#define s6_addr16	__u6_addr.__u6_addr16
#define s6_addr32	__u6_addr.__u6_addr32
struct sockaddr_in {
	uint8_t		sin_len;
	sa_family_t	sin_family;
	in_port_t	sin_port;
	struct in_addr	sin_addr;
	int8_t		sin_zero[8];
};
struct sockaddr_in6 {
	uint8_t		sin6_len;
	sa_family_t	sin6_family;
	in_port_t	sin6_port;
	uint32_t	sin6_flowinfo;
	struct in6_addr	sin6_addr;
	uint32_t	sin6_scope_id;
};
struct ip_mreq { struct in_addr imr_multiaddr, imr_interface; };
struct ipv6_mreq { struct in6_addr ipv6mr_multiaddr; unsigned ipv6mr_interface; };
#endif
struct sockaddr_un {
	uint8_t		sun_len;
	sa_family_t	sun_family;
	char		sun_path[104];
};

struct msghdr {
	void		*msg_name;
	socklen_t	msg_namelen;
	struct iovec	*msg_iov;
	int		msg_iovlen;
	void		*msg_control;
	socklen_t	msg_controllen;
	int		msg_flags;
};
struct cmsghdr {
	socklen_t	cmsg_len;
	int		cmsg_level;
	int		cmsg_type;
};
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
struct linger { int l_onoff, l_linger; };

#define SOL_SOCKET	0xffff
#define SO_DEBUG	0x0001
#define SO_ACCEPTCONN	0x0002
#define SO_REUSEADDR	0x0004
#define SO_KEEPALIVE	0x0008
#define SO_DONTROUTE	0x0010
#define SO_BROADCAST	0x0020
#define SO_LINGER	0x0080
#define SO_OOBINLINE	0x0100
#define SO_REUSEPORT	0x0200
#define SO_NOSIGPIPE	0x0800
#define SO_TIMESTAMP	0x2000
#define SO_SNDBUF	0x1001
#define SO_RCVBUF	0x1002
#define SO_SNDLOWAT	0x1003
#define SO_RCVLOWAT	0x1004
#define SO_ERROR	0x1007
#define SO_TYPE		0x1008
#define SO_SNDTIMEO	0x100b
#define SO_RCVTIMEO	0x100c
#define SOMAXCONN	128

#define MSG_OOB		0x0001
#define MSG_PEEK	0x0002
#define MSG_DONTROUTE	0x0004
#define MSG_EOR		0x0008
#define MSG_TRUNC	0x0010
#define MSG_CTRUNC	0x0020
#define MSG_WAITALL	0x0040
#define MSG_DONTWAIT	0x0080
#define MSG_BCAST	0x0100
#define MSG_MCAST	0x0200
#define MSG_NOSIGNAL	0x0400
#define MSG_CMSG_CLOEXEC 0x0800
#define MSG_NBIO	0x1000
#define MSG_WAITFORONE	0x2000

#define SHUT_RD		0
#define SHUT_WR		1
#define SHUT_RDWR	2

#define IPPROTO_IP	0
#define IPPROTO_ICMP	1
#define IPPROTO_TCP	6
#define IPPROTO_UDP	17
#define IPPROTO_IPV6	41
#define IPPROTO_ICMPV6	58
#define IPPROTO_RAW	255
#define INADDR_ANY	((in_addr_t)0x00000000)
#define INADDR_LOOPBACK	((in_addr_t)0x7f000001)
#define INADDR_BROADCAST ((in_addr_t)0xffffffff)
#define INADDR_NONE	((in_addr_t)0xffffffff)
#define IN6ADDR_ANY_INIT	{{{ 0 }}}
#define IN6ADDR_LOOPBACK_INIT	{{{ 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1 }}}
#define INET_ADDRSTRLEN	16
#define INET6_ADDRSTRLEN 46

#define IP_OPTIONS	1
#define IP_HDRINCL	2
#define IP_TOS		3
#define IP_TTL		4
#define IP_MULTICAST_IF	9
#define IP_MULTICAST_TTL 10
#define IP_MULTICAST_LOOP 11
#define IP_ADD_MEMBERSHIP 12
#define IP_DROP_MEMBERSHIP 13
#define IPV6_UNICAST_HOPS 4
#define IPV6_MULTICAST_IF 9
#define IPV6_MULTICAST_HOPS 10
#define IPV6_MULTICAST_LOOP 11
#define IPV6_JOIN_GROUP	12
#define IPV6_LEAVE_GROUP 13
#define IPV6_V6ONLY	27
#define TCP_NODELAY	1
#define TCP_MAXSEG	2
#define TCP_KEEPIDLE	3
#define TCP_KEEPINTVL	5
#define TCP_KEEPCNT	6
#define TCP_KEEPINIT	7

/* ---- interfaces ---- */

#define IFNAMSIZ	16
#define IFF_UP		0x0001
#define IFF_BROADCAST	0x0002
#define IFF_LOOPBACK	0x0008
#define IFF_POINTOPOINT	0x0010
#define IFF_RUNNING	0x0040
#define IFF_NOARP	0x0080
#define IFF_PROMISC	0x0100
#define IFF_ALLMULTI	0x0200
#define IFF_SIMPLEX	0x0800
#define IFF_MULTICAST	0x8000

struct ifreq {
	char	ifr_name[IFNAMSIZ];
	union {
		struct sockaddr	ifru_addr, ifru_dstaddr, ifru_broadaddr;
		struct sockaddr_storage ifru_space;
		short		ifru_flags;
		int		ifru_metric, ifru_mtu;
		unsigned	ifru_value;
		void		*ifru_data;
	} ifr_ifru;
};
#define ifr_addr	ifr_ifru.ifru_addr
#define ifr_dstaddr	ifr_ifru.ifru_dstaddr
#define ifr_broadaddr	ifr_ifru.ifru_broadaddr
#define ifr_space	ifr_ifru.ifru_space
#define ifr_flags	ifr_ifru.ifru_flags
#define ifr_metric	ifr_ifru.ifru_metric
#define ifr_mtu		ifr_ifru.ifru_mtu
#define ifr_index	ifr_ifru.ifru_value
struct ifaliasreq {
	char		ifra_name[IFNAMSIZ];
	struct sockaddr	ifra_addr, ifra_dstaddr, ifra_mask;
};
struct ifconf {
	int	ifc_len;
	union { void *ifcu_buf; struct ifreq *ifcu_req; } ifc_ifcu;
};
#define ifc_buf		ifc_ifcu.ifcu_buf
#define ifc_req		ifc_ifcu.ifcu_req

#define SIOCATMARK	_IOR('s', 7, int)
#define SIOCSIFADDR	_IOW('i', 12, struct ifreq)
#define SIOCGIFADDR	_IOWR('i', 33, struct ifreq)
#define SIOCSIFFLAGS	_IOW('i', 16, struct ifreq)
#define SIOCGIFFLAGS	_IOWR('i', 17, struct ifreq)
#define SIOCGIFBRDADDR	_IOWR('i', 35, struct ifreq)
#define SIOCGIFCONF	_IOWR('i', 38, struct ifconf)
#define SIOCGIFNETMASK	_IOWR('i', 37, struct ifreq)
#define SIOCSIFNETMASK	_IOW('i', 22, struct ifreq)
#define SIOCDIFADDR	_IOW('i', 25, struct ifreq)
#define SIOCAIFADDR	_IOW('i', 26, struct ifaliasreq)
#define SIOCSIFMTU	_IOW('i', 127, struct ifreq)
#define SIOCGIFMTU	_IOWR('i', 126, struct ifreq)
#define SIOCIFCREATE	_IOW('i', 122, struct ifreq)
#define SIOCIFDESTROY	_IOW('i', 121, struct ifreq)
#define SIOCGIFINDEX	_IOWR('i', 140, struct ifreq)

/* sys/net/if.h, if_bridgevar.h: a driver's own ioctls, a bridge's */
struct ifdrv {
	char		ifd_name[IFNAMSIZ];
	unsigned long	ifd_cmd;
	size_t		ifd_len;
	void		*ifd_data;
};
#define SIOCSDRVSPEC	_IOW('i', 123, struct ifdrv)
#define BRDGADD		0		/* struct ifbreq */
#define BRDGDEL		1
struct ifbreq {
	char		ifbr_ifsname[IFNAMSIZ];
	uint32_t	ifbr_ifsflags;
	uint8_t		ifbr_state, ifbr_priority, ifbr_path_cost, ifbr_portno;
};

#endif /* SIRLOIN_RUMP_ABI_NET_H */
