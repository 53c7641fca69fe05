/* strerror.c: error numbers in words. */
#include <errno.h>
#include <string.h>

static const char *const texts[] = {
	[0] = "no error",
	[EPERM] = "not permitted",
	[ENOENT] = "no such file or directory",
	[ESRCH] = "no such process",
	[EINTR] = "interrupted",
	[EIO] = "input/output error",
	[ENXIO] = "no such device",
	[E2BIG] = "too long",
	[EBADF] = "bad file descriptor",
	[EDEADLK] = "would deadlock",
	[ENOMEM] = "out of memory",
	[EACCES] = "permission denied",
	[EFAULT] = "bad address",
	[EBUSY] = "busy",
	[EEXIST] = "exists already",
	[EXDEV] = "on another file system",
	[ENODEV] = "not supported by the device",
	[ENOTDIR] = "not a directory",
	[EISDIR] = "is a directory",
	[EINVAL] = "invalid argument",
	[ENFILE] = "too many open files in the system",
	[EMFILE] = "too many open files",
	[ENOTTY] = "operation unknown to the device",
	[EFBIG] = "file too large",
	[ENOSPC] = "no space left on the device",
	[ESPIPE] = "cannot seek",
	[EROFS] = "read-only file system",
	[EPIPE] = "nobody reads the other end",
	[EDOM] = "argument out of domain",
	[ERANGE] = "out of range",
	[EAGAIN] = "try again",
	[EINPROGRESS] = "in progress",
	[EALREADY] = "already in progress",
	[ENOTSOCK] = "not a socket",
	[EDESTADDRREQ] = "no destination address",
	[EMSGSIZE] = "message too long",
	[ENOPROTOOPT] = "no such protocol option",
	[EPROTONOSUPPORT] = "protocol not supported",
	[EOPNOTSUPP] = "operation not supported",
	[EAFNOSUPPORT] = "address family not supported",
	[EADDRINUSE] = "address in use",
	[EADDRNOTAVAIL] = "no such local address",
	[ENETDOWN] = "network is down",
	[ENETUNREACH] = "network unreachable",
	[ECONNABORTED] = "connection aborted",
	[ECONNRESET] = "connection reset",
	[ENOBUFS] = "no buffer space",
	[EISCONN] = "connected already",
	[ENOTCONN] = "not connected",
	[ETIMEDOUT] = "timed out",
	[ECONNREFUSED] = "connection refused",
	[ELOOP] = "too many symbolic links",
	[ENAMETOOLONG] = "name too long",
	[EHOSTDOWN] = "host is down",
	[EHOSTUNREACH] = "no route to host",
	[ENOTEMPTY] = "directory not empty",
	[ENOSYS] = "not implemented",
	[EFTYPE] = "wrong type or format of file",
	[EOVERFLOW] = "value too large",
	[EILSEQ] = "illegal byte sequence",
	[ENOTSUP] = "not supported",
	[ECANCELED] = "cancelled",
};

char *
strerror(int e)
{

	if (e >= 0 && e < (int)(sizeof(texts) / sizeof(texts[0])) &&
	    texts[e] != NULL)
		return (char *)texts[e];
	return (char *)"unknown error";
}
