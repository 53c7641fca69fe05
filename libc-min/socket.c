/* socket.c: sockets: calls of the rump kernel. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <rump/rump_syscalls.h>

const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;
const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

int
socket(int domain, int type, int protocol)
{

	return rump_sys_socket(domain, type, protocol);
}

int
socketpair(int domain, int type, int protocol, int fd[2])
{

	return rump_sys_socketpair(domain, type, protocol, fd);
}

int
bind(int fd, const struct sockaddr *sa, socklen_t len)
{

	return rump_sys_bind(fd, sa, len);
}

int
listen(int fd, int backlog)
{

	return rump_sys_listen(fd, backlog);
}

int
accept(int fd, struct sockaddr *restrict sa, socklen_t *restrict len)
{

	return rump_sys_accept(fd, sa, len);
}

int
connect(int fd, const struct sockaddr *sa, socklen_t len)
{

	return rump_sys_connect(fd, sa, len);
}

int
shutdown(int fd, int how)
{

	return rump_sys_shutdown(fd, how);
}

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{

	return rump_sys_recvfrom(fd, buf, n, flags, NULL, NULL);
}

ssize_t
recvfrom(int fd, void *restrict buf, size_t n, int flags,
    struct sockaddr *restrict sa, socklen_t *restrict len)
{

	return rump_sys_recvfrom(fd, buf, n, flags, sa, len);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{

	return rump_sys_recvmsg(fd, m, flags);
}

ssize_t
send(int fd, const void *buf, size_t n, int flags)
{

	return rump_sys_sendto(fd, buf, n, flags, NULL, 0);
}

ssize_t
sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *sa,
    socklen_t len)
{

	return rump_sys_sendto(fd, buf, n, flags, sa, len);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{

	return rump_sys_sendmsg(fd, m, flags);
}

int
getsockopt(int fd, int level, int name, void *restrict val,
    socklen_t *restrict len)
{

	return rump_sys_getsockopt(fd, level, name, val, len);
}

int
setsockopt(int fd, int level, int name, const void *val, socklen_t len)
{

	return rump_sys_setsockopt(fd, level, name, val, len);
}

int
getsockname(int fd, struct sockaddr *restrict sa, socklen_t *restrict len)
{

	return rump_sys_getsockname(fd, sa, len);
}

int
getpeername(int fd, struct sockaddr *restrict sa, socklen_t *restrict len)
{

	return rump_sys_getpeername(fd, sa, len);
}
