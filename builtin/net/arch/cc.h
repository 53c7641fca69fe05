/* cc.h: lwIP's view of the compiler and of what is around it. */
#ifndef BUILTIN_LWIP_CC_H
#define BUILTIN_LWIP_CC_H

#include <stddef.h>
#include <stdint.h>

#define BYTE_ORDER		LITTLE_ENDIAN
#define LWIP_NO_INTTYPES_H	1
#define LWIP_NO_CTYPE_H		1
#define LWIP_NO_UNISTD_H	1
#define LWIP_NO_LIMITS_H	1
#ifndef SSIZE_MAX
#define SSIZE_MAX		__LONG_MAX__
#endif
typedef long			ssize_t;
#define X8_F "02x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "zu"

uint32_t net_random32(void);
#define LWIP_RAND()		net_random32()

/* A broken invariant: file and line are enough, and the texts are 20 KB. */
void	net_assert(const char *, int) __attribute__((noreturn));
#define LWIP_PLATFORM_DIAG(x)	do { } while (0)
#define LWIP_PLATFORM_ASSERT(x)	net_assert(__FILE_NAME__, __LINE__)

/* Loops of words: gcc makes no string instruction of them, slow in emulators. */
void	*net_memcpy(void *, const void *, size_t);
#define MEMCPY(d, s, n)		net_memcpy(d, s, n)

unsigned short net_chksum(const void *, int);
#define LWIP_CHKSUM		net_chksum

#endif /* BUILTIN_LWIP_CC_H */
