/*
 * echoall: one connection on port 7: first sends x as long as they are taken,
 * then lets the other side's data wait for a while; reads whatever comes, and
 * sends it back when it is taken, never waiting with the one for the other.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE	(16 << 20)
#define WAIT	3		/* seconds: the windows are closed, and probed */

static void
fill(int s)
{
	struct pollfd p = { s, POLLOUT, 0 };
	char x[4096];

	memset(x, 'x', sizeof(x));
	while (poll(&p, 1, 1000) == 1 && write(s, x, sizeof(x)) > 0)
		;
	sleep(WAIT);
}

int
main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7) };
	int l = socket(AF_INET, SOCK_STREAM, 0), s, end = 0;
	size_t have = 0, sent = 0;
	char *buf = malloc(SIZE);
	ssize_t n;

	if (buf == NULL || bind(l, (void *)&a, sizeof(a)) != 0 || listen(l, 1) != 0)
		return 1;
	printf("listening\n");
	fflush(stdout);
	if ((s = accept(l, NULL, NULL)) < 0 || fcntl(s, F_SETFL, O_NONBLOCK) != 0)
		return 2;
	fill(s);
	while (!end || sent < have) {
		struct pollfd p = { s, (short)((end ? 0 : POLLIN) |
		    (sent < have ? POLLOUT : 0)), 0 };

		poll(&p, 1, -1);
		if (p.revents & POLLIN) {
			if ((n = read(s, buf + have, SIZE - have)) > 0)
				have += (size_t)n;
			else
				end = 1;
		}
		if ((p.revents & POLLOUT) &&
		    (n = write(s, buf + sent, have - sent)) > 0)
			sent += (size_t)n;
	}
	printf("%zu bytes\n", sent);
	return 0;
}
