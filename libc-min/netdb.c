/* netdb.c: getaddrinfo() and getnameinfo(). */
#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns.h"
#include "private.h"

#define MAXSERVER	3
#define DNS_WAIT_MS	2000
#define DNS_ROUNDS	2

/* The words of a line up to a comment: their number. */
static int
words(char *s, char **w, int max)
{
	char *last;
	int n = 0;

	s[strcspn(s, "#;\n")] = '\0';
	for (s = strtok_r(s, " \t", &last); s != NULL && n < max;
	    s = strtok_r(NULL, " \t", &last))
		w[n++] = s;
	return n;
}

static socklen_t
make_sockaddr(struct sockaddr_storage *ss, int type, const void *addr,
    unsigned port)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (type == DNS_A) {
		in->sin_len = sizeof(*in);
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr, 4);
		return sizeof(*in);
	}
	in6->sin6_len = sizeof(*in6);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, addr, 16);
	return sizeof(*in6);
}

static int
parse_addr(const char *s, struct dns_addr *a)
{

	a->type = DNS_A;
	if (inet_pton(AF_INET, s, a->addr) == 1)
		return 1;
	a->type = DNS_AAAA;
	return inet_pton(AF_INET6, s, a->addr) == 1;
}

static int
servers(struct dns_addr *out)
{
	FILE *f = fopen("/etc/resolv.conf", "r");
	char line[256], *w[2];
	int n = 0;

	while (f != NULL && n < MAXSERVER && fgets(line, sizeof(line), f) != NULL)
		if (words(line, w, 2) == 2 && strcmp(w[0], "nameserver") == 0)
			n += parse_addr(w[1], &out[n]);
	if (f != NULL)
		fclose(f);
	return n;
}

/* Addresses of a name in /etc/hosts. */
static int
hosts(const char *name, struct dns_addr *out)
{
	FILE *f = fopen("/etc/hosts", "r");
	char line[512], *w[16];
	int n = 0, k;

	while (f != NULL && n < DNS_MAXADDR &&
	    fgets(line, sizeof(line), f) != NULL) {
		k = words(line, w, 16);
		for (int i = 1; i < k; i++)
			if (strcasecmp(w[i], name) == 0) {
				n += parse_addr(w[0], &out[n]);
				break;
			}
	}
	if (f != NULL)
		fclose(f);
	return n;
}

/* One server, one question.  Like dns_answer(); -1 also for no answer. */
static int
ask(const struct dns_addr *server, const char *name, int type,
    struct dns_addr *out)
{
	struct sockaddr_storage ss;
	socklen_t len = make_sockaddr(&ss, server->type, server->addr, 53);
	uint64_t now, deadline = rumpcomp_host_clock() + DNS_WAIT_MS * 1000000ULL;
	uint8_t q[300], answer[1500];
	struct pollfd pfd = { .events = POLLIN };
	int nq = dns_question(name, type, arc4random(), q, sizeof(q)), r = -1;

	if (nq < 0)
		return -2;
	pfd.fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	if (pfd.fd < 0)
		return -3;
	if (connect(pfd.fd, (struct sockaddr *)&ss, len) == 0 &&
	    send(pfd.fd, q, nq, 0) == nq)
		while (r == -1 && (now = rumpcomp_host_clock()) < deadline &&
		    poll(&pfd, 1, (deadline - now) / 1000000 + 1) == 1) {
			ssize_t n = recv(pfd.fd, answer, sizeof(answer), 0);

			if (n < 0)
				break;
			r = dns_answer(answer, n, q, nq, type, out);
		}
	close(pfd.fd);
	return r;
}

static int
resolve_type(const char *name, int type, struct dns_addr *out)
{
	struct dns_addr server[MAXSERVER];
	int nserver = servers(server), r = -3;

	for (int i = 0; i < DNS_ROUNDS * nserver && (r == -1 || r == -3); i++)
		r = ask(&server[i % nserver], name, type, out);
	return r;
}

/* Addresses of a name, room for 2 * DNS_MAXADDR: an EAI_ error or 0. */
static int
resolve(const char *name, int family, struct dns_addr *out, int *np)
{
	int r4 = 0, r6 = 0;

	if ((*np = hosts(name, out)) > 0)
		return 0;
	if (family != AF_INET6)
		r4 = resolve_type(name, DNS_A, out);
	if (family != AF_INET && r4 != -2)
		r6 = resolve_type(name, DNS_AAAA, out + (r4 > 0 ? r4 : 0));
	*np = (r4 > 0 ? r4 : 0) + (r6 > 0 ? r6 : 0);
	if (*np > 0)
		return 0;
	if (r4 == -2 || r6 == -2)
		return EAI_NONAME;
	return r4 < 0 || r6 < 0 ? EAI_AGAIN : EAI_NODATA;
}

static int
service_port(const char *s, int flags, unsigned *port)
{
	static const struct { const char *name; unsigned port; } known[] = {
		{ "ftp", 21 }, { "ssh", 22 }, { "smtp", 25 }, { "domain", 53 },
		{ "http", 80 }, { "ntp", 123 }, { "https", 443 },
	};
	char *end;
	unsigned long v;

	*port = 0;
	if (s == NULL)
		return 0;
	v = strtoul(s, &end, 10);
	if (isdigit((unsigned char)*s) && *end == '\0' && v < 65536) {
		*port = v;
		return 0;
	}
	if (!(flags & AI_NUMERICSERV))
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(known[i].name, s) == 0) {
				*port = known[i].port;
				return 0;
			}
	return EAI_SERVICE;
}

struct entry {
	struct addrinfo	ai;
	struct sockaddr_storage ss;
};

static int
append(struct addrinfo ***tail, const struct dns_addr *a, int type, int proto,
    unsigned port)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return EAI_MEMORY;
	e->ai.ai_family = a->type == DNS_A ? AF_INET : AF_INET6;
	e->ai.ai_socktype = type;
	e->ai.ai_protocol = proto;
	e->ai.ai_addrlen = make_sockaddr(&e->ss, a->type, a->addr, port);
	e->ai.ai_addr = (struct sockaddr *)&e->ss;
	**tail = &e->ai;
	*tail = &e->ai.ai_next;
	return 0;
}

/* Addresses for a node, or for none: any or loopback. */
static int
node_addrs(const char *node, int family, int flags, struct dns_addr *a, int *np)
{

	*np = 0;
	if (node == NULL) {
		memset(a, 0, 2 * sizeof(*a));
		if (family != AF_INET6)
			a[(*np)++].type = DNS_A;
		if (family != AF_INET)
			a[(*np)++].type = DNS_AAAA;
		for (int i = 0; i < *np && !(flags & AI_PASSIVE); i++) {
			if (a[i].type == DNS_A)
				a[i].addr[0] = 127, a[i].addr[3] = 1;
			else
				a[i].addr[15] = 1;
		}
		return 0;
	}
	if (parse_addr(node, a)) {
		*np = 1;
		return 0;
	}
	if (flags & AI_NUMERICHOST)
		return EAI_NONAME;
	return resolve(node, family, a, np);
}

int
getaddrinfo(const char *restrict node, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict res)
{
	static const struct addrinfo none;
	const struct addrinfo *h = hints != NULL ? hints : &none;
	static const int types[2][2] = { { SOCK_STREAM, IPPROTO_TCP },
	    { SOCK_DGRAM, IPPROTO_UDP } };
	struct dns_addr a[2 * DNS_MAXADDR];
	struct addrinfo **tail = res;
	unsigned port;
	int n, r;

	*res = NULL;
	if (node == NULL && service == NULL)
		return EAI_NONAME;
	if (h->ai_family != AF_UNSPEC && h->ai_family != AF_INET &&
	    h->ai_family != AF_INET6)
		return EAI_FAMILY;
	if ((r = service_port(service, h->ai_flags, &port)) != 0 ||
	    (r = node_addrs(node, h->ai_family, h->ai_flags, a, &n)) != 0)
		return r;
	for (int i = 0; i < n; i++)
		for (int t = 0; t < 2 && r == 0; t++) {
			if (h->ai_socktype != 0 && h->ai_socktype != types[t][0])
				continue;
			if (h->ai_family != AF_UNSPEC && h->ai_family !=
			    (a[i].type == DNS_A ? AF_INET : AF_INET6))
				continue;
			r = append(&tail, &a[i], types[t][0], types[t][1], port);
		}
	if (r == 0 && *res == NULL)
		r = EAI_NONAME;
	if (r == 0 && (h->ai_flags & AI_CANONNAME) && node != NULL &&
	    ((*res)->ai_canonname = strdup(node)) == NULL)
		r = EAI_MEMORY;
	if (r != 0) {
		freeaddrinfo(*res);
		*res = NULL;
	}
	return r;
}

void
freeaddrinfo(struct addrinfo *ai)
{

	while (ai != NULL) {
		struct addrinfo *next = ai->ai_next;

		free(ai->ai_canonname);
		free(ai);
		ai = next;
	}
}

int
getnameinfo(const struct sockaddr *restrict sa, socklen_t len,
    char *restrict host, socklen_t hostlen, char *restrict serv,
    socklen_t servlen, int flags)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	bool v4 = sa->sa_family == AF_INET;

	if (flags & NI_NAMEREQD)
		return EAI_NONAME;
	if (!v4 && sa->sa_family != AF_INET6)
		return EAI_FAMILY;
	if (len < (v4 ? sizeof(*in) : sizeof(*in6)))
		return EAI_FAIL;
	if (host != NULL && inet_ntop(sa->sa_family, v4 ?
	    (const void *)&in->sin_addr : &in6->sin6_addr, host, hostlen) == NULL)
		return EAI_OVERFLOW;
	if (serv != NULL && snprintf(serv, servlen, "%u",
	    ntohs(v4 ? in->sin_port : in6->sin6_port)) >= (int)servlen)
		return EAI_OVERFLOW;
	return 0;
}

const char *
gai_strerror(int e)
{

	switch (e) {
	case 0: return "no error";
	case EAI_AGAIN: return "no answer from a name server";
	case EAI_FAMILY: return "address family not supported";
	case EAI_MEMORY: return "out of memory";
	case EAI_NODATA: return "the name has no address";
	case EAI_NONAME: return "no such name";
	case EAI_SERVICE: return "no such service";
	case EAI_OVERFLOW: return "no room for the text";
	default: return "name resolution failed";
	}
}
