/* dns.h: questions and answers of the domain name system (RFC 1035). */
#ifndef LIBC_DNS_H
#define LIBC_DNS_H

#include <stddef.h>
#include <stdint.h>

#define DNS_A		1
#define DNS_AAAA	28
#define DNS_MAXADDR	16

struct dns_addr {
	int		type;		/* DNS_A: 4 bytes, DNS_AAAA: 16 */
	uint8_t		addr[16];
};

/* A question into buf: its length, or -1: not a name, or no room. */
int	dns_question(const char *name, int type, uint16_t id, uint8_t *buf,
	    size_t size);
/*
 * The addresses in an answer to the question q: their number, at most
 * DNS_MAXADDR.  -1: not an answer to it; -2: there is no such name; -3: the
 * server failed.
 */
int	dns_answer(const uint8_t *p, size_t n, const uint8_t *q, size_t nq,
	    int type, struct dns_addr *);

#endif /* LIBC_DNS_H */
