/*
 * httpd [-p PORT] [-t THREADS] [DIRECTORY]: serves the files of a directory
 * (/data, port 80, a thread for each CPU), and /status.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "httpd.h"

static unsigned
number(const char *s, unsigned max, const char *what)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (end == s || *end != '\0' || v == 0 || v > max)
		errx(2, "%s: %s is not a number from 1 to %u", what, s, max);
	return v;
}

int
main(int argc, char **argv)
{
	unsigned port = 80, threads = 0;
	const char *root;
	struct stat st;
	int c;

	while ((c = getopt(argc, argv, "p:t:")) != -1) {
		switch (c) {
		case 'p':
			port = number(optarg, 65535, "-p");
			break;
		case 't':
			threads = number(optarg, MAXTHREAD, "-t");
			break;
		default:
			fprintf(stderr, "usage: httpd [-p PORT] [-t THREADS] "
			    "[DIRECTORY]\n");
			return 2;
		}
	}
	if (argc - optind > 1)
		errx(2, "one directory, not %d", argc - optind);
	root = optind < argc ? argv[optind] : HTTPD_ROOT;
	if (stat(root, &st) != 0)
		err(1, "%s", root);
	if (!S_ISDIR(st.st_mode))
		errx(1, "%s: not a directory", root);
	httpd_run(root, port, threads);
}
