/*
 * tlsget ADDRESS PORT NAME CA VERSION N PATH: N connections, one after another,
 * by TLS VERSION (1.2, 1.3) only; each must be NAME's, signed by CA.  The last
 * one's page is written to standard output.  A client where there is no other.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static void
die(const char *what)
{

	fprintf(stderr, "tlsget: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static int
reach(const char *address, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = inet_addr(address) };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0 || connect(s, (void *)&a, sizeof(a)) != 0)
		die("no connection");
	return s;
}

/* The body of a page, written if it is the last. */
static void
get(SSL *t, const char *path, int last)
{
	char buf[65536], *p;
	int n, have = 0, body = 0;

	n = snprintf(buf, sizeof(buf), "GET /%s HTTP/1.0\r\n\r\n", path);
	if (SSL_write(t, buf, n) != n)
		die("request");
	while ((n = SSL_read(t, buf + have, (int)sizeof(buf) - 1 - have)) > 0) {
		p = buf;
		n += have;
		have = 0;
		if (!body) {
			buf[n] = 0;
			if ((p = strstr(buf, "\r\n\r\n")) == NULL) {
				have = n;
				continue;
			}
			if (strstr(buf, " 200 OK\r\n") == NULL)
				die(buf);
			body = 1;
			p += 4;
		}
		if (last)
			fwrite(p, 1, (size_t)(buf + n - p), stdout);
	}
	if (!body)
		die("no page");
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int version, s;
	SSL *t;

	if (argc != 8)
		die("ADDRESS PORT NAME CA VERSION N PATH");
	version = strcmp(argv[5], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	if (SSL_CTX_load_verify_locations(ctx, argv[4], NULL) != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, version) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, version) != 1)
		die(argv[4]);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	for (int i = atoi(argv[6]); i > 0; i--) {
		s = reach(argv[1], atoi(argv[2]));
		t = SSL_new(ctx);
		SSL_set_tlsext_host_name(t, argv[3]);
		if (SSL_set1_host(t, argv[3]) != 1 || SSL_set_fd(t, s) != 1 ||
		    SSL_connect(t) != 1)
			die("TLS");
		get(t, argv[7], i == 1);
		SSL_shutdown(t);
		SSL_free(t);
		close(s);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
