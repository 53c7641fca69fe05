/* t_net.c: names, from /etc/hosts and from a name server that we are. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static int server = -1;
static uint32_t asked;

/* Every name has an A and an AAAA record, but for no.example; a first answer
 * that is somebody else's comes before each. */
static void *
serve(void *arg)
{
	static const uint8_t a[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4,
	    192, 0, 2, 7 };
	static const uint8_t aaaa[] = { 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 9, 0, 16,
	    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 };
	struct sockaddr_in from;
	uint8_t p[600];
	socklen_t len;
	ssize_t n;

	while (len = sizeof(from), (n = recvfrom(server, p, 512, 0,
	    (struct sockaddr *)&from, &len)) > 16) {
		bool six = p[n - 3] == 28;

		asked++;
		p[2] |= 0x80;
		p[0] ^= 1;
		sendto(server, p, n, 0, (struct sockaddr *)&from, len);
		p[0] ^= 1;
		if (p[13] == 'n' && p[14] == 'o')
			p[3] = 3;
		else {
			memcpy(p + n, six ? aaaa : a, six ? sizeof(aaaa) : sizeof(a));
			n += six ? sizeof(aaaa) : sizeof(a);
			p[7] = 1;
		}
		sendto(server, p, n, 0, (struct sockaddr *)&from, len);
	}
	return NULL;
}

static bool
start_server(void)
{
	struct sockaddr_in sin = { .sin_len = sizeof(sin), .sin_family = AF_INET,
	    .sin_port = htons(53), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	pthread_t t;

	server = socket(AF_INET, SOCK_DGRAM, 0);
	return server >= 0 &&
	    bind(server, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
	    pthread_create(&t, NULL, serve, NULL) == 0 && pthread_detach(t) == 0;
}

static bool
put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The addresses of a name as text, in order; or the error. */
static int
resolve(const char *name, int family, char *out, size_t size)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
	struct addrinfo *ai, *a;
	char host[64];
	int e = getaddrinfo(name, "80", &hints, &ai);

	out[0] = '\0';
	if (e != 0)
		return e;
	for (a = ai; a != NULL; a = a->ai_next) {
		getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), NULL, 0,
		    NI_NUMERICHOST);
		strlcat(out, host, size);
		strlcat(out, " ", size);
	}
	freeaddrinfo(ai);
	return 0;
}

void
test_net(void)
{
	char s[200];

	mkdir("/etc", 0755);
	TEST(start_server());
	TEST(put_file("/etc/resolv.conf", "# servers\nnameserver 127.0.0.1\n"));
	TEST(put_file("/etc/hosts", "192.0.2.1 one uno # comment\n2001:db8::2 two\n"));
	TEST(resolve("uno", AF_UNSPEC, s, sizeof(s)) == 0 &&
	    strcmp(s, "192.0.2.1 ") == 0);
	TEST(resolve("TWO", AF_INET6, s, sizeof(s)) == 0 &&
	    strcmp(s, "2001:db8::2 ") == 0);
	TEST(asked == 0);
	TEST(resolve("www.example", AF_INET, s, sizeof(s)) == 0 &&
	    strcmp(s, "192.0.2.7 ") == 0);
	TEST(resolve("www.example", AF_UNSPEC, s, sizeof(s)) == 0 &&
	    strcmp(s, "192.0.2.7 2001:db8::7 ") == 0);
	TEST(asked == 3);
	TEST(resolve("no.example", AF_UNSPEC, s, sizeof(s)) == EAI_NONAME);
	TEST(resolve("..", AF_UNSPEC, s, sizeof(s)) == EAI_NONAME);
	TEST(put_file("/etc/resolv.conf", "nameserver 127.0.0.2\nnameserver 127.0.0.1\n"));
	TEST(resolve("www.example", AF_INET, s, sizeof(s)) == 0);
}
