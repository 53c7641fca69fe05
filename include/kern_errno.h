/* NetBSD's error numbers (sys/errno.h of NetBSD), as far as we use them. */
#ifndef SIRLOIN_KERN_ERRNO_H
#define SIRLOIN_KERN_ERRNO_H

#define EPERM		1
#define ENOENT		2
#define EINTR		4
#define EIO		5
#define ENXIO		6
#define E2BIG		7
#define EBADF		9
#define EDEADLK		11
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define EXDEV		18
#define ENODEV		19
#define ENOTDIR		20
#define EISDIR		21
#define EINVAL		22
#define ENFILE		23
#define EMFILE		24
#define ENOTTY		25
#define EFBIG		27
#define ENOSPC		28
#define ESPIPE		29
#define EROFS		30
#define EPIPE		32
#define ERANGE		34
#define EAGAIN		35
#define EOPNOTSUPP	45
#define ETIMEDOUT	60
#define ENAMETOOLONG	63
#define ENOSYS		78
#define EILSEQ		85

#endif /* SIRLOIN_KERN_ERRNO_H */
