/*
 * rumptest: conformance of the line, in the guest.
 *
 *	rumptest			all tests; status: failures, at most 125
 *	rumptest --crash HOW		null wild stack div0 jump0 exec rodata
 *					smash abort: must end in a panic report
 */
#include <stdlib.h>
#include "test.h"

void	sirloin_before_rump(void);

/* Destructive runs are told by the configuration: there is no argv yet. */
static bool
wants_crash(void)
{
	static char text[4096];
	struct rumpuser_iovec iov = { text, sizeof(text) - 1 };
	size_t n = 0;
	int fd;

	if (rumpuser_open("sirloin:config", RUMPUSER_OPEN_RDONLY, &fd) != 0)
		return false;
	(void)rumpuser_iovread(fd, &iov, 1, 0, &n);
	(void)rumpuser_close(fd);
	return strstr(text, "--crash") != NULL;
}

/* libc-min's start code calls this before rump_init(). */
void
sirloin_before_rump(void)
{

	/* sem16: works before rumpuser_init() */
	if (wants_crash())
		return;
	rumpuser_dprintf("TAP version 13\n");
	if (rumpuser_init(17, &tk_up) != 0) {
		rumpuser_dprintf("Bail out!  rumpuser_init\n");
		rumpuser_exit(125);
	}
	tk_init();
	tk_enter();
	test_run(tests_context);
	test_run(tests_mutex);
	test_run(tests_cv);
	test_run(tests_wake);
	test_run(tests_rw);
	test_run(tests_clock);
	test_run(tests_thread);
	test_run(tests_mem);
	test_run(tests_misc);
	test_run(tests_fpu);
	test_run(tests_file);
	test_run(tests_bio);
	test_run(tests_vif);
	test_run(tests_pci);
	tk_leave();
}

int
main(int argc, char **argv)
{

	if (argc == 3 && strcmp(argv[1], "--crash") == 0) {
		test_crash(argv[2]);
		return 1;
	}
	test_run(tests_whole);
	test_plan();
	return test_failures();
}
