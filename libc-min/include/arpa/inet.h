/* arpa/inet.h */
#ifndef _ARPA_INET_H_
#define _ARPA_INET_H_

#include <netinet/in.h>

/* Stateless: inet.c. */
const char *inet_ntop(int, const void *restrict, char *restrict, socklen_t);
int	inet_pton(int, const char *restrict, void *restrict);
in_addr_t inet_addr(const char *);
int	inet_aton(const char *, struct in_addr *);	/* a.b.c.d only */

#endif /* _ARPA_INET_H_ */
