/*
 * files.c: does with files what it is told, a command a line, and ends each with
 * "ok" or "error N TEXT": for tests of folders and disks that others change, too.
 *
 *	hold PATH, put TEXT, get, sync, drop	a file that stays open
 *	cp FROM TO, mv FROM TO, rm PATH, mkdir PATH, rmdir PATH, ln TEXT PATH
 *	syncdir DIR		fsync of the folder
 *	ls DIR			names, sorted, one a line; directories with a /
 *	df PATH			"df TYPE BLOCKSIZE BLOCKS FREE"
 *	stir DIR, calm		makes, writes, renames, reads and removes files there,
 *				until calm, which says how often
 *	end
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define RET(e)	return (e) < 0 ? errno : 0

static int held = -1;

static int
hold(char **arg)
{

	held = open(arg[0], O_RDWR | O_CREAT, 0644);
	RET(held);
}

static int
put(char **arg)
{
	size_t n = strlen(arg[0]);

	RET(write(held, arg[0], n) == (ssize_t)n ? 0 : -1);
}

static int
get(char **arg)
{
	char buf[4096];
	ssize_t n = pread(held, buf, sizeof(buf) - 1, 0);

	if (n >= 0)
		printf("%.*s\n", (int)n, buf);
	RET(n);
}

static int sync_held(char **arg) { RET(fsync(held)); }
static int drop(char **arg) { RET(close(held)); }
static int mv(char **arg) { RET(rename(arg[0], arg[1])); }
static int rm(char **arg) { RET(unlink(arg[0])); }
static int make_dir(char **arg) { RET(mkdir(arg[0], 0755)); }
static int remove_dir(char **arg) { RET(rmdir(arg[0])); }
static int ln(char **arg) { RET(symlink(arg[0], arg[1])); }

static int
cp(char **arg)
{
	static char buf[300000];
	int from = open(arg[0], O_RDONLY), error = 0;
	int to = open(arg[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n = -1;

	if (from < 0 || to < 0)
		error = errno;
	while (error == 0 && (n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, n) != n)
			error = errno;
	if (error == 0 && (n < 0 || fsync(to) != 0))
		error = errno;
	close(from);
	if (close(to) != 0 && error == 0)
		error = errno;
	return error;
}

static int
ls(char **arg)
{
	struct dirent **e;
	char path[600];
	struct stat st;
	int n = scandir(arg[0], &e, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", arg[0], e[i]->d_name);
		if (e[i]->d_name[0] != '.')
			printf("%s%s\n", e[i]->d_name, lstat(path, &st) == 0 &&
			    S_ISDIR(st.st_mode) ? "/" : "");
	}
	RET(n);
}

static int
df(char **arg)
{
	struct statfs s;

	if (statfs(arg[0], &s) != 0)
		return errno;
	printf("df %#lx %ld %ld %ld\n", (long)s.f_type, (long)s.f_bsize,
	    (long)s.f_blocks, (long)s.f_bfree);
	return 0;
}

static int
syncdir(char **arg)
{
	int fd = open(arg[0], O_RDONLY | O_DIRECTORY), error;

	if (fd < 0)
		return errno;
	error = fsync(fd) != 0 ? errno : 0;
	close(fd);
	return error;
}

/* ---- stir ---- */

static atomic_bool stop;
static unsigned long rounds;
static char place[200];
static pthread_t stirrer;

/* One file's life; what it says must be what was written. */
static int
life(unsigned long n)
{
	char a[300], b[300], out[5000], in[5000];
	int fd, error = 0;
	ssize_t k;

	snprintf(a, sizeof(a), "%s/a%lu", place, n % 7);
	snprintf(b, sizeof(b), "%s/b%lu", place, n % 5);
	memset(out, 'a' + (int)(n % 26), sizeof(out));
	if ((fd = open(a, O_RDWR | O_CREAT | O_EXCL, 0600)) < 0)
		return errno;
	if (write(fd, out, sizeof(out)) != sizeof(out) || rename(a, b) != 0)
		error = errno;
	else if ((k = pread(fd, in, sizeof(in), 0)) != sizeof(in))
		error = k < 0 ? errno : ENODATA;
	else if (memcmp(in, out, sizeof(in)) != 0)
		error = EILSEQ;
	close(fd);
	return error != 0 ? error : unlink(b) != 0 ? errno : 0;
}

static void *
stir_main(void *arg)
{
	long error = 0;

	while (!stop && error == 0)
		if ((error = life(rounds)) == 0)
			rounds++;
	return (void *)error;
}

static int
stir(char **arg)
{

	snprintf(place, sizeof(place), "%s", arg[0]);
	stop = false;
	rounds = 0;
	return pthread_create(&stirrer, NULL, stir_main, NULL);
}

static int
calm(char **arg)
{
	void *error;

	stop = true;
	pthread_join(stirrer, &error);
	printf("%lu times\n", rounds);
	return (int)(long)error;
}

/* ---- commands ---- */

static const struct {
	const char *name;
	int n;
	int (*fn)(char **);
} commands[] = {
	{ "hold", 1, hold }, { "put", 1, put }, { "get", 0, get },
	{ "sync", 0, sync_held }, { "drop", 0, drop }, { "cp", 2, cp },
	{ "mv", 2, mv }, { "rm", 1, rm }, { "mkdir", 1, make_dir },
	{ "rmdir", 1, remove_dir }, { "ln", 2, ln }, { "ls", 1, ls },
	{ "df", 1, df }, { "syncdir", 1, syncdir }, { "stir", 1, stir }, { "calm", 0, calm },
};

static int
obey(char *line)
{
	char *arg[4] = { NULL };
	int n = 0;

	for (char *w = strtok(line, " \r\n"); w != NULL && n < 4;
	    w = strtok(NULL, " \r\n"))
		arg[n++] = w;
	for (size_t i = 0; n > 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(arg[0], commands[i].name) == 0)
			return n - 1 == commands[i].n ? commands[i].fn(arg + 1) :
			    EINVAL;
	return ENOSYS;
}

int
main(void)
{
	char line[600];
	int error;

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (fgets(line, sizeof(line), stdin) != NULL &&
	    strcmp(line, "end\n") != 0)
		if ((error = obey(line)) == 0)
			puts("ok");
		else
			printf("error %d %s\n", error, strerror(error));
	return 0;
}
