/*
 * netdb.h: names and addresses: numbers, /etc/hosts, and DNS over UDP to the
 * servers of /etc/resolv.conf.  Services by number and a few by name.
 */
#ifndef _NETDB_H_
#define _NETDB_H_

#include <sys/socket.h>

struct addrinfo {
	int		ai_flags, ai_family, ai_socktype, ai_protocol;
	socklen_t	ai_addrlen;
	char		*ai_canonname;
	struct sockaddr	*ai_addr;
	struct addrinfo	*ai_next;
};

#define AI_PASSIVE	0x01
#define AI_CANONNAME	0x02
#define AI_NUMERICHOST	0x04
#define AI_NUMERICSERV	0x08

#define EAI_AGAIN	2
#define EAI_BADFLAGS	3
#define EAI_FAIL	4
#define EAI_FAMILY	5
#define EAI_MEMORY	6
#define EAI_NODATA	7
#define EAI_NONAME	8
#define EAI_SERVICE	9
#define EAI_SOCKTYPE	10
#define EAI_SYSTEM	11
#define EAI_OVERFLOW	14

#define NI_NUMERICHOST	0x02
#define NI_NAMEREQD	0x04
#define NI_NUMERICSERV	0x08
#define NI_DGRAM	0x10
#define NI_MAXHOST	1025
#define NI_MAXSERV	32

int	getaddrinfo(const char *restrict, const char *restrict,
	    const struct addrinfo *restrict, struct addrinfo **restrict);
void	freeaddrinfo(struct addrinfo *);
/* Always numeric: EAI_NONAME with NI_NAMEREQD. */
int	getnameinfo(const struct sockaddr *restrict, socklen_t, char *restrict,
	    socklen_t, char *restrict, socklen_t, int);
const char *gai_strerror(int);

#endif /* _NETDB_H_ */
