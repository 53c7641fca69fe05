/*
 * tcp.c: a server for measurements from outside, on port 5001: the first byte
 * of a connection says what it does.
 *	E	echo what comes		S	swallow it, then send one byte
 *	G	send until closed	Q	end the program
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench.h"

#define PORT	5001
#define CHUNK	65536

static void
echo(int s, char *buf)
{
	ssize_t n, k, w;

	while ((n = read(s, buf, CHUNK)) > 0)
		for (k = 0; k < n; k += w)
			if ((w = write(s, buf + k, (size_t)(n - k))) <= 0)
				return;
}

static void *
serve(void *arg)
{
	int s = (int)(intptr_t)arg, one = 1;
	char *buf = malloc(CHUNK);

	(void)setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (buf != NULL && read(s, buf, 1) == 1) {
		switch (buf[0]) {
		case 'E':
			echo(s, buf);
			break;
		case 'S':
			while (read(s, buf, CHUNK) > 0)
				continue;
			(void)write(s, "x", 1);
			break;
		case 'G':
			memset(buf, 'g', CHUNK);
			while (write(s, buf, CHUNK) > 0)
				continue;
			break;
		case 'Q':
			exit(0);
		}
	}
	free(buf);
	close(s);
	return NULL;
}

void
bench_tcp(void)
{
	struct sockaddr_in sin;
	pthread_t t;
	int l, s, one = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_len = sizeof(sin);
	sin.sin_family = AF_INET;
	sin.sin_port = htons(PORT);
	l = socket(AF_INET, SOCK_STREAM, 0);
	(void)setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (l < 0 || bind(l, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(l, 64) != 0) {
		printf("bench: no socket to listen on\n");
		return;
	}
	printf("bench: listening on port %d\n", PORT);
	while ((s = accept(l, NULL, NULL)) >= 0) {
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)s) != 0)
			close(s);
		else
			pthread_detach(t);
	}
}
