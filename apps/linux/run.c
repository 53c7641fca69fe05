/* run.c: programs in sequence, in the background, and piped. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../linux/process.h"
#include "run.h"

#define NEVER	UINT64_MAX
#define NOT_RUN	127			/* a shell's status for it */

struct run {
	const struct program *p;
	struct lx_process *proc;	/* NULL: it was not started */
	int	status;
	char	path[1024];
};
static struct run runs[MAXPROGRAMS];
static int nruns;
static uint32_t stopping;

/* ---- one program ---- */

static char **
make_env(char **own)
{
	size_t n = 0, k = 0;
	char **env;

	while (environ[n] != NULL)
		n++;
	while (own != NULL && own[k] != NULL)
		k++;
	if ((env = malloc((n + k + 1) * sizeof(*env))) == NULL)
		return environ;
	/* a program's own come first: that is what getenv() finds */
	memcpy(env, own, k * sizeof(*env));
	memcpy(env + k, environ, (n + 1) * sizeof(*env));
	return env;
}

static void
start(struct run *r, int in, int out)
{
	char **argv = r->p->argv;
	int argc = r->p->argc, error;
	struct lx_start s;

	/* the image's own name, and then the program's */
	if (strcmp(argv[0], "linux") == 0 && argc > 1) {
		argc--;
		argv++;
	}
	snprintf(r->path, sizeof(r->path), "%s%s",
	    strchr(argv[0], '/') != NULL ? "" : "/bin/", argv[0]);
	s = (struct lx_start){ .path = r->path, .workdir = r->p->workdir,
	    .argc = argc, .argv = argv, .envp = make_env(r->p->env),
	    .in = in, .out = out };
	if ((error = lx_process_start(&s, &r->proc)) != 0) {
		fprintf(stderr, "linux: %s: %s\n", r->path, lx_strerror(error));
		r->status = NOT_RUN;
	}
}

static int
wait_for(struct run *r)
{

	if (r->proc != NULL)
		r->status = lx_process_wait(r->proc, NEVER);
	return r->status;
}

/* ---- programs whose output is the next one's input ---- */

/* Those from first to the last of the pipeline; where the next begins. */
static int
start_pipeline(const struct program *p, int first, int n)
{
	int in = 0, out[2], i = first;
	bool more;

	for (;; i++) {
		more = i + 1 < n && p[i].mode == PROGRAM_PIPE;
		if (more && pipe(out) != 0) {
			fprintf(stderr, "linux: pipe: %s\n", strerror(errno));
			more = false;
		}
		runs[nruns] = (struct run){ .p = &p[i] };
		start(&runs[nruns], in, more ? out[1] : 1);
		nruns++;
		if (in != 0)
			close(in);
		if (!more)
			return i + 1;
		close(out[1]);
		in = out[0];
	}
}

/* Programs in the background have no input, as a shell does it. */
static int
start_back(const struct program *p, int first, int n)
{
	int keep = dup(0), null = open("/dev/null", O_RDONLY), next;

	if (keep >= 0 && null >= 0)
		(void)dup2(null, 0);
	next = start_pipeline(p, first, n);
	if (keep >= 0 && null >= 0)
		(void)dup2(keep, 0);
	close(null);
	close(keep);
	return next;
}

/* ---- all ---- */

static bool
end_all(void)
{
	struct timespec now;
	uint64_t deadline;
	bool all = true;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	deadline = (uint64_t)(now.tv_sec + STOP_WAIT) * 1000000000 +
	    (uint64_t)now.tv_nsec;
	for (int i = 0; i < nruns; i++)
		if (runs[i].proc != NULL)
			lx_process_signal(runs[i].proc, 15);	/* Linux's TERM */
	for (int i = 0; i < nruns; i++)
		if (runs[i].proc != NULL &&
		    lx_process_wait(runs[i].proc, deadline) < 0)
			all = false;
	return all;
}

static enum program_mode
mode_of_pipeline(const struct program *p, int i, int n)
{

	while (i + 1 < n && p[i].mode == PROGRAM_PIPE)
		i++;
	return p[i].mode == PROGRAM_PIPE ? PROGRAM_AND : p[i].mode;
}

int
run_programs(const struct program *p, int n)
{
	int status = 0, next;
	bool waited = false;
	enum program_mode mode;

	for (int i = 0; i < n && stopping == 0; i = next) {
		mode = mode_of_pipeline(p, i, n);
		if (mode == PROGRAM_BACK) {
			next = start_back(p, i, n);
			continue;
		}
		next = start_pipeline(p, i, n);
		waited = true;
		for (int k = nruns - (next - i); k < nruns; k++)
			status = wait_for(&runs[k]);
		if (status != 0 && mode == PROGRAM_AND && next < n) {
			(void)end_all();
			return status;
		}
	}
	for (int i = 0; i < nruns; i++)
		if (wait_for(&runs[i]) != 0 && !waited && status == 0)
			status = runs[i].status;
	return status;
}

/* From outside: SIGTERM to all, and run_programs() sees them end. */
void
sirloin_programs_stop(void)
{

	stopping = 1;
	if (!end_all()) {
		fprintf(stderr, "linux: still running after %d s\n", STOP_WAIT);
		return;
	}
	for (;;)
		sleep(60);
}
