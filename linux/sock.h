/* sock.h: inside linux/: sockets' addresses and flags, in NetBSD's form. */
#ifndef SIRLOIN_LINUX_SOCK_H
#define SIRLOIN_LINUX_SOCK_H

#include "linux.h"

enum { LX_MSG_CTRUNC = 8, LX_MSG_TRUNC = 0x20, LX_MSG_DONTWAIT = 0x40,
    LX_MSG_EOR = 0x80, LX_MSG_WAITALL = 0x100, LX_MSG_NOSIGNAL = 0x4000,
    LX_MSG_CMSG_CLOEXEC = 0x40000000 };

/* Control messages, and the options that ask for them (netinet/in.h). */
enum { LX_SOL_SOCKET = 1, LX_IP_PKTINFO = 8, LX_IPV6_RECVPKTINFO = 49,
    LX_IPV6_PKTINFO = 50, LX_SCM_RIGHTS = 1 };
enum { NB_SCM_RIGHTS = 1, NB_IP_PKTINFO = 25, NB_IP_RECVPKTINFO = 26,
    NB_IPV6_RECVPKTINFO = 36, NB_IPV6_PKTINFO = 46 };

long	lx_addr_in(struct sockaddr_storage *, const void *, socklen_t);
void	lx_addr_out(const struct sockaddr_storage *, socklen_t n, void *,
	    socklen_t *len);
int	lx_msgflags(int);

#endif /* SIRLOIN_LINUX_SOCK_H */
