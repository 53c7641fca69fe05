/*
 * console.c: what is typed on the console: "status" prints the platform's JSON.
 * Each line is answered by "ok" or "error N".
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "driverdomain.h"

#define STATUS_SIZE	65536

static int
status(void)
{
	static char text[STATUS_SIZE + 1];
	int fd = open("/sirloin/status", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return errno;
	n = pread(fd, text, STATUS_SIZE, 0);
	close(fd);
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\n'))
		n--;
	text[n > 0 ? n : 0] = '\0';
	printf("%s\n", text);
	return 0;
}

static void *
console(void *arg)
{
	static char line[256];
	int error;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		error = strcmp(line, "status") == 0 ? status() : ENOENT;
		if (error == 0)
			printf("ok\n");
		else if (line[0] != '\0')
			printf("error %d\n", error);
	}
	return NULL;
}

/* Without a thread for it nobody is answered, but all else works. */
void
console_start(void)
{
	pthread_t t;

	(void)pthread_create(&t, NULL, console, NULL);
}
