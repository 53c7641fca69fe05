/* nettest.h: shared by the tests of the socket interface. */
#ifndef NETTEST_H
#define NETTEST_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* One TAP line; the message of a failure says what was seen. */
void	report(bool good, const char *what, const char *file, int line, long got,
	    int error);
#define OK(what, cond)							\
	do {								\
		errno = 0;						\
		bool good_ = (cond);					\
		report(good_, what, __FILE__, __LINE__, 0, errno);	\
	} while (0)
/* expr must be n */
#define IS(what, expr, n)						\
	do {								\
		errno = 0;						\
		long got_ = (expr);					\
		report(got_ == (n), what, __FILE__, __LINE__, got_, errno); \
	} while (0)
/* expr must be -1 with this errno */
#define FAILS(what, expr, e)						\
	do {								\
		errno = 0;						\
		long got_ = (expr);					\
		report(got_ == -1 && errno == (e), what, __FILE__,	\
		    __LINE__, got_, errno);				\
	} while (0)

union addr {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};
socklen_t addr_loop(union addr *, int family, int port);	/* its size */
int	addr_port(int fd);			/* of a bound socket */
int	listener(int family, int backlog, int *port);
int	dial(int family, int port);		/* connected, or -1 */
/* A connection over loopback: both ends. */
int	pair(int family, int fd[2]);
bool	readable(int fd, int ms);
uint64_t now_us(void);
/* The rump kernel is NetBSD's, not the built-in one. */
bool	on_netbsd(void);
/* Byte i of a stream that tests send. */
static inline uint8_t pattern(uint64_t i) { return i * 7 + (i >> 8) * 13; }
void	pattern_fill(uint8_t *, uint64_t from, size_t n);
bool	pattern_check(const uint8_t *, uint64_t from, size_t n);

void	test_basic(int family);
void	test_tcp(int family);
void	test_close(int family);
void	test_udp(int family);
void	test_options(void);
void	test_local(void);
void	test_load(int family);
int	serve(int port);
/* A disk that is at work meanwhile: false and errno; the end; JSON. */
bool	busy_start(const char *disk);
void	busy_stop(void);
int	busy_report(char *, size_t);

#endif /* NETTEST_H */
