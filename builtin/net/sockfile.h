/* sockfile.h: between sockets as files (sockfile.c) and system calls. */
#ifndef BUILTIN_NET_SOCKFILE_H
#define BUILTIN_NET_SOCKFILE_H

#include "sock.h"

/* The file, with a reference, and its socket.  EBADF, ENOTSOCK. */
int	sock_fd(int fd, struct file **, struct sock **);
/* A descriptor for a new socket, which is closed when there is none. */
int	sock_install(struct sock *, int flags, int *fd);
/* MSG_* and O_NONBLOCK as sock.h's flags. */
int	sock_ioflags(struct file *, int msgflags);

/* A scatter list is used up on the way: room for a copy. */
#define SMALL_IOV	8
struct iovspace { struct iovec small[SMALL_IOV], *big; int n; };
struct iovec *iov_space(struct iovspace *, int n);	/* NULL: no memory */
void	iov_done(struct iovspace *);
int	uio_init(struct uio *, struct iovec *copy, const struct iovec *, int n);

#endif /* BUILTIN_NET_SOCKFILE_H */
