/*
 * nettest: TAP tests of the socket interface over loopback; or, to be measured
 * from outside, `nettest serve [PORT [DISK]]' (serve.c; DISK: busy.c).
 */
#include "nettest.h"

int ntests, nfailed;

static int
usage(void)
{

	fprintf(stderr, "usage: nettest [serve [port [disk]]]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	int port = 10000;

	if (argc > 1) {
		if (strcmp(argv[1], "serve") != 0 || argc > 4)
			return usage();
		if (argc > 2 && (port = atoi(argv[2])) <= 0)
			return usage();
		if (argc > 3 && !busy_start(argv[3])) {
			fprintf(stderr, "nettest: %s: %s\n", argv[3],
			    strerror(errno));
			return 1;
		}
		return serve(port);
	}
	for (int i = 0; i < 2; i++) {
		int family = i == 0 ? AF_INET : AF_INET6;

		printf("# IPv%d\n", i == 0 ? 4 : 6);
		test_basic(family);
		test_tcp(family);
		test_close(family);
		test_udp(family);
		test_load(family);
	}
	test_options();
	test_local();
	printf("1..%d\n", ntests);
	printf("# %d passed, %d failed\n", ntests - nfailed, nfailed);
	return nfailed != 0;
}
