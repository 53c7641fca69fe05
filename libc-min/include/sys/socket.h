/* sys/socket.h */
#ifndef _SYS_SOCKET_H_
#define _SYS_SOCKET_H_

#include <sys/types.h>
#include <sys/uio.h>
#include <rump/abi_net.h>

#define CMSG_ALIGN(n)	(((n) + 7) & ~(size_t)7)
#define CMSG_DATA(c)							\
	((unsigned char *)(c) + CMSG_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_LEN(n)	(CMSG_ALIGN(sizeof(struct cmsghdr)) + (n))
#define CMSG_SPACE(n)	(CMSG_ALIGN(sizeof(struct cmsghdr)) + CMSG_ALIGN(n))
#define CMSG_FIRSTHDR(m)						\
	((m)->msg_controllen >= sizeof(struct cmsghdr) ?		\
	(struct cmsghdr *)(m)->msg_control : (struct cmsghdr *)NULL)
#define CMSG_NXTHDR(m, c)						\
	((char *)(c) + CMSG_ALIGN((c)->cmsg_len) +			\
	CMSG_ALIGN(sizeof(struct cmsghdr)) >				\
	(char *)(m)->msg_control + (m)->msg_controllen ?		\
	(struct cmsghdr *)NULL :					\
	(struct cmsghdr *)((char *)(c) + CMSG_ALIGN((c)->cmsg_len)))

int	socket(int, int, int);
int	socketpair(int, int, int, int [2]);
int	bind(int, const struct sockaddr *, socklen_t);
int	listen(int, int);
int	accept(int, struct sockaddr *restrict, socklen_t *restrict);
int	connect(int, const struct sockaddr *, socklen_t);
int	shutdown(int, int);
ssize_t	recv(int, void *, size_t, int);
ssize_t	recvfrom(int, void *restrict, size_t, int, struct sockaddr *restrict,
	    socklen_t *restrict);
ssize_t	recvmsg(int, struct msghdr *, int);
ssize_t	send(int, const void *, size_t, int);
ssize_t	sendto(int, const void *, size_t, int, const struct sockaddr *,
	    socklen_t);
ssize_t	sendmsg(int, const struct msghdr *, int);
int	getsockopt(int, int, int, void *restrict, socklen_t *restrict);
int	setsockopt(int, int, int, const void *, socklen_t);
int	getsockname(int, struct sockaddr *restrict, socklen_t *restrict);
int	getpeername(int, struct sockaddr *restrict, socklen_t *restrict);

#endif /* _SYS_SOCKET_H_ */
