/*
 * console.c: what is typed on the console: "status" prints the platform's JSON.
 * Each line is answered by "ok" or "error N".
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "../monitor/status.h"
#include "driverdomain.h"

static void *
console(void *arg)
{
	static char line[256];
	int error;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		error = strcmp(line, "status") == 0 ? status_print() : ENOENT;
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
