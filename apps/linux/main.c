/*
 * linux: runs a program for Linux, built against musl by `sirloin cc': the
 * file that the first word names (after "linux", the image's own name), in /bin
 * if it has no path.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

int	lx_process_run(const char *path, int argc, char **argv, char **envp);
const char *lx_strerror(int);

int
main(int argc, char **argv)
{
	char path[1024];
	int status;

	(void)mkdir("/tmp", 01777);

	if (strcmp(argv[0], "linux") == 0 && argc > 1) {
		argc--;
		argv++;
	}
	snprintf(path, sizeof(path), "%s%s",
	    strchr(argv[0], '/') != NULL ? "" : "/bin/", argv[0]);
	status = lx_process_run(path, argc, argv, environ);
	if (status < 0) {
		fprintf(stderr, "linux: %s: %s\n", path, lx_strerror(-status));
		return 127;
	}
	return status;
}
