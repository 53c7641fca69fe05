/*
 * hello [--exit N] [words...]: prints its arguments, environment and host
 * name, and exits with N.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
usage(void)
{

	fprintf(stderr, "usage: hello [--exit 0..255] [words...]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	char host[256] = "?", *end;
	unsigned long status = 0;
	int i = 1;

	if (argc > 1 && strcmp(argv[1], "--exit") == 0) {
		if (argc < 3)
			return usage();
		status = strtoul(argv[2], &end, 10);
		if (*end != '\0' || end == argv[2] || status > 255)
			return usage();
		i = 3;
	}
	gethostname(host, sizeof(host));
	printf("hello from %s\n", host);
	for (; i < argc; i++)
		printf("argument %s\n", argv[i]);
	for (char **e = environ; *e != NULL; e++)
		printf("environment %s\n", *e);
	return status;
}
