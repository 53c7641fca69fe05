/*
 * start.c: from the platform's thread to main(): the configuration first, all
 * of it, then the rump kernel, and what the configuration asks of it.
 * The client API is the same with every rump kernel; what an image may be
 * linked without is referred to weakly.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>
#include <rump/rumpuser.h>

#include "private.h"
#include "start.h"

int	main(int, char **) __attribute__((weak));
int	sirloin_main(void);

/* For rooms that have something to do before the rump kernel starts. */
void	sirloin_before_rump(void) __attribute__((weak));

#define RUMP_SIGMODEL_IGNORE	1
void	rump_boot_setsigmodel(int) __attribute__((weak));

#define CONFIG_MAX	(256 * 1024)
#define MAXFILES	4096
#define INIT_PID	1		/* the rump kernel's first process */

int libc_pid;
static struct config config;		/* its strings stay: argv, environ */

const struct config *
start_config(void)
{

	return &config;
}

void
start_fail(unsigned line, const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (line != 0)
		rumpuser_dprintf("config:%u: %s\n", line, buf);
	else
		rumpuser_dprintf("start: %s\n", buf);
	rumpuser_exit(START_FAILED);
}

/* Before rump_init() there is no context that a call could give back. */
static char *
read_config(size_t *sizep)
{
	static const char name[] = "sirloin:config";
	struct rumpuser_iovec iov;
	uint64_t size;
	size_t got = 0;
	int fd, error;

	if ((error = rumpuser_getfileinfo(name, &size, NULL)) != 0 ||
	    (error = rumpuser_open(name, RUMPUSER_OPEN_RDONLY, &fd)) != 0)
		start_fail(0, "no configuration: %s", strerror(error));
	if (size > CONFIG_MAX)
		start_fail(0, "the configuration has more than %d KB",
		    CONFIG_MAX / 1024);
	iov.iov_base = malloc(size + 1);
	iov.iov_len = size;
	if (iov.iov_base == NULL)
		start_fail(0, "no memory for the configuration");
	if (size > 0 && (error = rumpuser_iovread(fd, &iov, 1, 0, &got)) != 0)
		start_fail(0, "configuration: %s", strerror(error));
	rumpuser_close(fd);
	*sizep = got;
	return iov.iov_base;
}

static void
configure(void)
{
	struct config_error e;
	size_t n;
	char *text = read_config(&n);

	if (config_parse(text, n, &config, &e) != 0)
		start_fail(e.line, "%s", e.text);
	free(text);
	if (config.nprog > 1 && sirloin_programs == NULL)
		start_fail(config.prog[1].line, "a second program: this image "
		    "has one");
}

/* ---- the host's files in the rump kernel ---- */

static void
register_file(const char *key, const char *name)
{
	int error = rump_pub_etfs_register(key, name, RUMP_ETFS_REG);

	if (error != 0)
		start_fail(0, "%s: %s", key, strerror(error));
}

static void
open_as(int fd, const char *path, int flags)
{
	int n = rump_sys_open(path, flags);

	if (n < 0 || (n != fd && rump_sys_dup2(n, fd) < 0))
		start_fail(0, "%s: %s", path, strerror(errno));
	if (n != fd)
		rump_sys_close(n);
}

/* Input and output are files of their own: a reader holds the lock of his. */
static void
open_console(void)
{

	(void)rump_sys_mkdir("/sirloin", 0755);
	register_file("/sirloin/stdin", "sirloin:console");
	register_file("/sirloin/stdout", "sirloin:console");
	register_file("/sirloin/status", "sirloin:status");
	register_file("/sirloin/config", "sirloin:config");
	for (int fd = 0; fd < 3; fd++)
		(void)rump_sys_close(fd);
	open_as(0, "/sirloin/stdin", O_RDONLY);
	open_as(1, "/sirloin/stdout", O_WRONLY);
	open_as(2, "/sirloin/stdout", O_WRONLY);
}

/* NetBSD's kernel begins with 128 descriptors; the built-in has no limit. */
struct rlimit { uint64_t cur, max; };
int	rump___sysimpl_getrlimit(int, struct rlimit *) __attribute__((weak));
int	rump___sysimpl_setrlimit(int, const struct rlimit *) __attribute__((weak));
#define RLIMIT_NOFILE	8

static void
raise_limits(void)
{
	struct rlimit r;

	if (rump___sysimpl_getrlimit == NULL || rump___sysimpl_setrlimit == NULL ||
	    rump___sysimpl_getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.cur = r.max < MAXFILES ? r.max : MAXFILES;
	(void)rump___sysimpl_setrlimit(RLIMIT_NOFILE, &r);
}

static void
start_kernel(void)
{
	int error;

	if (sirloin_before_rump != NULL)
		sirloin_before_rump();
	/* a write to a closed socket is EPIPE and no more */
	if (rump_boot_setsigmodel != NULL)
		rump_boot_setsigmodel(RUMP_SIGMODEL_IGNORE);
	if ((error = rump_init()) != 0)
		start_fail(0, "the rump kernel does not start: %s",
		    strerror(error));
	if ((error = rump_pub_lwproc_newlwp(INIT_PID)) != 0)
		start_fail(0, "no lwp: %s", strerror(error));
	libc_pid = INIT_PID;
	raise_limits();
}

static void
set_hostname(void)
{
	char now[256];

	if (config.hostname == NULL)
		return;
	if ((gethostname(now, sizeof(now)) != 0 ||
	    strcmp(now, config.hostname) != 0) &&
	    sethostname(config.hostname, strlen(config.hostname)) != 0)
		start_fail(0, "hostname: %s", strerror(errno));
}

int
sirloin_main(void)
{
	static char *noargs[] = { (char *)"main", NULL };
	struct program *p = &config.prog[0];

	configure();
	if (config.nprog == 0)
		*p = (struct program){ .argc = 1, .argv = noargs };
	start_kernel();
	open_console();
	set_hostname();
	start_mounts(&config);
	if (start_bridges != NULL)
		start_bridges(&config);
	start_net(&config);
	if (start_nfs != NULL)
		start_nfs(&config);
	environ = config.env;
	if (sirloin_programs != NULL)
		exit(sirloin_programs(p, config.nprog > 0 ? config.nprog : 1));
	if (p->workdir != NULL && chdir(p->workdir) != 0)
		start_fail(p->line, "workdir %s: %s", p->workdir,
		    strerror(errno));
	for (char **e = p->env; e != NULL && *e != NULL &&
	    config.nenv < CONFIG_MAXENV; e++)
		config.env[config.nenv++] = *e;
	libc_progname = strrchr(p->argv[0], '/') != NULL ?
	    strrchr(p->argv[0], '/') + 1 : p->argv[0];
	exit(main(p->argc, p->argv));
}
