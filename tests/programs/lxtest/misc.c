/* misc.c: signals, clocks, the rest. */
#include "lxtest.h"
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

static volatile sig_atomic_t caught;
static void
handler(int sig)
{

	caught = sig;
}

void
t_signals(void)
{
	struct sigaction sa = { .sa_handler = handler };
	sigset_t set, old;
	/* again and again: the first may come before what it is to end */
	struct itimerval it = { { 0, 30000 }, { 0, 30000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct timespec ten = { 10, 0 };
	int p[2];

	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0 && sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0 && caught == SIGUSR1);
	caught = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0 && raise(SIGUSR1) == 0);
	CHECK(caught == 0 && sigpending(&set) == 0 && sigismember(&set, SIGUSR1));
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0 && caught == SIGUSR1);
	caught = 0;
	double t0 = now();
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	FAILS(nanosleep(&ten, NULL), EINTR);
	CHECK(caught == SIGALRM && now() - t0 < 9);
	caught = 0;
	FAILS(poll(NULL, 0, 10000), EINTR);
	CHECK(caught == SIGALRM && setitimer(ITIMER_REAL, &off, NULL) == 0);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	CHECK(pipe(p) == 0 && close(p[0]) == 0);
	FAILS(write(p[1], "x", 1), EPIPE);
	sa.sa_handler = handler;
	sigaction(SIGPIPE, &sa, NULL);
	FAILS(write(p[1], "x", 1), EPIPE);
	CHECK(caught == SIGPIPE);
	close(p[1]);
}

void
t_clocks(void)
{
	struct timespec a, b, r;
	time_t t = time(NULL);

	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK(nanosleep(&(struct timespec){ 0, 20000000 }, NULL) == 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec >=
	    20000000);
	CHECK(clock_gettime(CLOCK_REALTIME, &r) == 0 && r.tv_sec - t < 5);
	CHECK(t > 1700000000);
	FAILS(nanosleep(&(struct timespec){ 0, 2000000000 }, NULL), EINVAL);
}

void
t_misc(void)
{
	unsigned char r[64] = { 0 }, z[64] = { 0 };
	struct utsname u;
	struct rlimit rl;

	CHECK(getrandom(r, sizeof(r), 0) == sizeof(r) && memcmp(r, z, 64) != 0);
	CHECK(uname(&u) == 0 && strcmp(u.machine, "x86_64") == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur >= 256);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(getpid() > 0 && isatty(99) == 0 && errno == EBADF);
	setenv("X", "y", 1);
	CHECK(strcmp(getenv("X"), "y") == 0);
}

/* What few programs ask for. */
void
t_small(void)
{
	struct statvfs sv;
	struct rusage ru;
	struct sysinfo si;
	struct timespec ts;
	char b[6] = "";
	int fd;

	CHECK(statvfs(path("."), &sv) == 0 && sv.f_bsize >= 512 && sv.f_blocks > 0 &&
	    sv.f_bfree <= sv.f_blocks && sv.f_namemax >= 100);
	FAILS(statvfs(path("none"), &sv), ENOENT);
	CHECK((fd = memfd_create("m", MFD_CLOEXEC)) >= 0);
	CHECK(write(fd, "hello", 5) == 5 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(read(fd, b, 5) == 5 && strcmp(b, "hello") == 0);
	CHECK(fstatvfs(fd, &sv) == 0);
	CHECK(ftruncate(fd, 3) == 0 && lseek(fd, 0, SEEK_END) == 3);
	CHECK(syncfs(fd) == 0 && close(fd) == 0);
	FAILS(syncfs(fd), EBADF);
	CHECK(getrusage(RUSAGE_SELF, &ru) == 0 && ru.ru_maxrss > 0);
	CHECK(sysinfo(&si) == 0 && si.totalram > 0 && si.mem_unit >= 1);
	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == 0);
	CHECK(getgroups(0, NULL) >= 0 && getsid(0) >= 0);
	FAILS(syscall(1023), ENOSYS);
}
