/*
 * lxtest.c: what room linux/ promises to a program, as a program sees it.  An
 * ordinary program for Linux: it passes there too (run it), and has to give
 * the same answers on a rump kernel.  TAP on its output.
 *	lxtest DIR	a directory that can be written
 */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int ntest, nfail;
static const char *dir;
static const char *failed;
static int failline;

#define CHECK(e)							\
	do {								\
		if (!(e) && failed == NULL) {				\
			failed = #e;					\
			failline = __LINE__;				\
		}							\
	} while (0)
#define FAILS(call, err)	CHECK((errno = 0, (call) == -1 && errno == (err)))

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static char *
path(const char *name)
{
	static char buf[4][256];
	static int n;

	snprintf(buf[n = (n + 1) % 4], sizeof(buf[0]), "%s/%s", dir, name);
	return buf[n];
}

/* ---- threads ---- */

static pthread_mutex_t mtx = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int counter, turn;
static __thread int own = 5;

static void *
count(void *arg)
{

	CHECK(own == 5);
	own = (int)(long)arg;
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mtx);
		counter++;
		pthread_mutex_unlock(&mtx);
	}
	CHECK(own == (int)(long)arg);
	return arg;
}

static void
t_threads(void)
{
	pthread_t t[8];
	void *r;

	counter = 0;
	for (long i = 0; i < 8; i++)
		CHECK(pthread_create(&t[i], NULL, count, (void *)i) == 0);
	for (long i = 0; i < 8; i++)
		CHECK(pthread_join(t[i], &r) == 0 && r == (void *)i);
	CHECK(counter == 160000 && own == 5);
}

static void *
pingpong(void *arg)
{
	int me = (int)(long)arg;

	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&mtx);
		while (turn != me)
			pthread_cond_wait(&cond, &mtx);
		turn = !me;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mtx);
	}
	return NULL;
}

static void
t_cond(void)
{
	struct timespec ts;
	pthread_t t;

	turn = 0;
	pthread_create(&t, NULL, pingpong, (void *)1);
	pingpong((void *)0);
	pthread_join(t, NULL);
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 30000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mtx);
	double t0 = now();
	CHECK(pthread_cond_timedwait(&cond, &mtx, &ts) == ETIMEDOUT);
	CHECK(now() - t0 > 0.025 && now() - t0 < 2);
	pthread_mutex_unlock(&mtx);
}

static sem_t sem;
static void *
detached(void *arg)
{

	sem_post(&sem);
	return NULL;
}

static void
t_detached(void)
{
	pthread_attr_t a;
	pthread_t t;

	sem_init(&sem, 0, 0);
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 200; i++) {
		CHECK(pthread_create(&t, &a, detached, NULL) == 0);
		sem_wait(&sem);
	}
}

static void *
forever(void *arg)
{

	for (;;)
		pause();
	return NULL;
}

static void
t_cancel(void)
{
	pthread_t t;
	void *r;

	CHECK(pthread_create(&t, NULL, forever, NULL) == 0);
	usleep(10000);
	CHECK(pthread_cancel(t) == 0);
	CHECK(pthread_join(t, &r) == 0 && r == PTHREAD_CANCELED);
}

/* ---- memory ---- */

static void
t_mmap(void)
{
	size_t n = 64 << 20;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
	    -1, 0), *q;

	CHECK(p != MAP_FAILED);
	CHECK(p[0] == 0 && p[n - 1] == 0);
	p[n / 2] = 7;
	CHECK(munmap(p, n / 4) == 0 && p[n / 2] == 7);
	CHECK(madvise(p + n / 2, 4096, MADV_DONTNEED) == 0 && p[n / 2] == 0);
	q = mremap(p + n / 2, n / 2, n, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q[n / 2] == 0);
	CHECK(munmap(q, n) == 0);
	CHECK(munmap(p + n / 4, n / 4) == 0);
	FAILS((intptr_t)mmap(NULL, 1L << 38, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0), ENOMEM);
}

static void
t_mprotect(void)
{
	char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0);
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

	for (int i = 0; i < 8; i++)
		p[i * 4096] = (char)i;
	CHECK(mprotect(p + 4096, 3 * 4096, PROT_NONE) == 0);
	CHECK(mprotect(p + 4096, 3 * 4096, PROT_READ | PROT_WRITE) == 0);
	for (int i = 0; i < 8; i++)
		CHECK(p[i * 4096] == i);
	memcpy(p, code, sizeof(code));
	CHECK(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
	CHECK(((int (*)(void))(void *)p)() == 42);
	munmap(p, 8 * 4096);
}

static void
t_mmap_file(void)
{
	char *p, buf[6] = "";
	int fd = open(path("mapped"), O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, "hello, world", 12) == 12);
	p = mmap(NULL, 12, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && memcmp(p, "hello, world", 13) == 0);
	munmap(p, 12);
	p = mmap(NULL, 12, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	memcpy(p, "HELLO", 5);
	CHECK(msync(p, 4096, MS_SYNC) == 0);
	CHECK(pread(fd, buf, 5, 0) == 5 && strcmp(buf, "HELLO") == 0);
	munmap(p, 12);
	close(fd);
	FAILS((intptr_t)mmap(NULL, 12, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
}

/* ---- files ---- */

static void
t_files(void)
{
	struct stat st;
	char buf[64];
	int fd = open(path("file"), O_RDWR | O_CREAT | O_EXCL, 0640), fd2;

	CHECK(fd >= 0);
	FAILS(open(path("file"), O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
	CHECK(write(fd, "0123456789", 10) == 10);
	CHECK(lseek(fd, -4, SEEK_END) == 6 && read(fd, buf, 10) == 4);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 10 && S_ISREG(st.st_mode));
	CHECK(ftruncate(fd, 4) == 0 && stat(path("file"), &st) == 0);
	CHECK(st.st_size == 4);
	fd2 = dup(fd);
	CHECK(fcntl(fd2, F_GETFL) == O_RDWR ||
	    fcntl(fd2, F_GETFL) == (O_RDWR | 0100000));	/* O_LARGEFILE */
	CHECK(fcntl(fd2, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd2, F_GETFD) == 1);
	CHECK(dup2(fd, fd2) == fd2 && close(fd2) == 0);
	CHECK(rename(path("file"), path("file2")) == 0);
	FAILS(open(path("file"), O_RDONLY), ENOENT);
	CHECK(unlink(path("file2")) == 0);
	close(fd);
	FAILS(read(fd, buf, 1), EBADF);
	CHECK(mkdir(path("sub"), 0755) == 0);
	FAILS(unlink(path("sub")), EISDIR);
	CHECK(rmdir(path("sub")) == 0);
}

static void
t_dirs(void)
{
	struct dirent *de;
	struct stat st;
	char cwd[256];
	int n = 0, dfd;
	DIR *d;

	CHECK(mkdir(path("d"), 0755) == 0);
	dfd = open(path("d"), O_RDONLY | O_DIRECTORY);
	CHECK(dfd >= 0);
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "entry-%d", i);
		int fd = openat(dfd, name, O_WRONLY | O_CREAT, 0644);

		CHECK(fd >= 0);
		close(fd);
	}
	CHECK(fstatat(dfd, "entry-7", &st, 0) == 0 && S_ISREG(st.st_mode));
	d = opendir(path("d"));
	CHECK(d != NULL);
	while (d != NULL && (de = readdir(d)) != NULL)
		n += strncmp(de->d_name, "entry-", 6) == 0;
	CHECK(n == 100);
	closedir(d);
	FAILS(rmdir(path("d")), ENOTEMPTY);
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "entry-%d", i);
		CHECK(unlinkat(dfd, name, 0) == 0);
	}
	close(dfd);
	CHECK(chdir(path("d")) == 0 && getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK(strcmp(cwd, path("d")) == 0);
	CHECK(chdir("/") == 0 && rmdir(path("d")) == 0);
}

static void
t_times(void)
{
	struct timespec ts[2] = { { 1000000, 0 }, { 2000000, 0 } };
	struct stat st;
	int fd = open(path("times"), O_WRONLY | O_CREAT, 0644);

	CHECK(utimensat(AT_FDCWD, path("times"), ts, 0) == 0);
	CHECK(stat(path("times"), &st) == 0 && st.st_mtime == 2000000);
	close(fd);
	unlink(path("times"));
}

static void
t_sendfile(void)
{
	int fd = open(path("sf"), O_RDWR | O_CREAT, 0644), p[2];
	off_t off = 3;
	char buf[16];

	CHECK(write(fd, "0123456789", 10) == 10 && pipe(p) == 0);
	CHECK(sendfile(p[1], fd, &off, 4) == 4 && off == 7);
	CHECK(read(p[0], buf, 16) == 4 && memcmp(buf, "3456", 4) == 0);
	close(fd);
	close(p[0]);
	close(p[1]);
	unlink(path("sf"));
}

static void
t_locks(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path("lock"), O_RDWR | O_CREAT, 0644);

	CHECK(fcntl(fd, F_SETLK, &fl) == 0);
	CHECK(fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type == F_UNLCK);
	close(fd);
	unlink(path("lock"));
}

/* ---- waiting ---- */

static void
t_pipe(void)
{
	struct pollfd pfd;
	char c;
	int p[2];

	CHECK(pipe2(p, O_NONBLOCK) == 0);
	FAILS(read(p[0], &c, 1), EAGAIN);
	pfd = (struct pollfd){ p[0], POLLIN, 0 };
	CHECK(poll(&pfd, 1, 0) == 0);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK(poll(&pfd, 1, 1000) == 1 && pfd.revents == POLLIN);
	CHECK(read(p[0], &c, 1) == 1 && c == 'x');
	close(p[1]);
	CHECK(poll(&pfd, 1, 1000) == 1 && (pfd.revents & POLLHUP));
	CHECK(read(p[0], &c, 1) == 0);
	close(p[0]);
}

static void
t_select(void)
{
	struct timeval tv = { 0, 20000 };
	fd_set in;
	int p[2];

	CHECK(pipe(p) == 0);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	double t0 = now();
	CHECK(select(p[0] + 1, &in, NULL, NULL, &tv) == 0 && now() - t0 > 0.015);
	CHECK(!FD_ISSET(p[0], &in));
	FD_SET(p[0], &in);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK(select(p[0] + 1, &in, NULL, NULL, NULL) == 1);
	CHECK(FD_ISSET(p[0], &in));
	close(p[0]);
	close(p[1]);
	FD_SET(p[0], &in);
	FAILS(select(p[0] + 1, &in, NULL, NULL, NULL), EBADF);
}

static void
t_epoll(void)
{
	struct epoll_event ev, out[4];
	int ep = epoll_create1(0), p[2];
	char c;

	CHECK(ep >= 0 && pipe(p) == 0);
	ev.events = EPOLLIN;
	ev.data.u64 = 0x1234567890;
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	CHECK(epoll_wait(ep, out, 4, 0) == 0);
	CHECK(write(p[1], "xy", 2) == 2);
	for (int i = 0; i < 2; i++)	/* as long as there is something */
		CHECK(epoll_wait(ep, out, 4, 100) == 1 &&
		    out[0].data.u64 == 0x1234567890 && out[0].events == EPOLLIN);
	CHECK(read(p[0], &c, 1) == 1);
	ev.events = EPOLLIN | EPOLLONESHOT;
	CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev) == 0);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && epoll_wait(ep, out, 4, 0) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), ENOENT);
	FAILS(epoll_wait(p[0], out, 4, 0), EINVAL);
	close(p[0]);
	close(p[1]);
	close(ep);
}

static void
t_epoll_edge(void)
{
	struct epoll_event ev, out[4];
	int ep = epoll_create1(0), s[2];
	char buf[16];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) == 0);
	ev.events = EPOLLIN | EPOLLOUT | EPOLLET;
	ev.data.fd = s[0];
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &ev) == 0);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && out[0].events == EPOLLOUT);
	CHECK(epoll_wait(ep, out, 4, 10) == 0);		/* told once */
	CHECK(write(s[1], "abc", 3) == 3);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && (out[0].events & EPOLLIN));
	CHECK(epoll_wait(ep, out, 4, 10) == 0);
	while (read(s[0], buf, sizeof(buf)) > 0)
		;
	CHECK(errno == EAGAIN);
	CHECK(write(s[1], "def", 3) == 3);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && (out[0].events & EPOLLIN));
	close(s[0]);
	close(s[1]);
	close(ep);
}

static int evfd;
static void *
poster(void *arg)
{
	uint64_t v = 3;

	usleep(20000);
	CHECK(write(evfd, &v, 8) == 8);
	return NULL;
}

static void
t_eventfd(void)
{
	struct pollfd pfd;
	pthread_t t;
	uint64_t v = 1;

	evfd = eventfd(0, 0);
	pthread_create(&t, NULL, poster, NULL);
	CHECK(read(evfd, &v, 8) == 8 && v == 3);	/* waits */
	pthread_join(t, NULL);
	CHECK(fcntl(evfd, F_SETFL, O_NONBLOCK) == 0);
	FAILS(read(evfd, &v, 8), EAGAIN);
	v = 5;
	CHECK(write(evfd, &v, 8) == 8 && write(evfd, &v, 8) == 8);
	pfd = (struct pollfd){ evfd, POLLIN, 0 };
	CHECK(poll(&pfd, 1, 0) == 1);
	CHECK(read(evfd, &v, 8) == 8 && v == 10);
	CHECK(poll(&pfd, 1, 0) == 0);
	close(evfd);
	evfd = eventfd(2, EFD_SEMAPHORE);
	CHECK(read(evfd, &v, 8) == 8 && v == 1);
	CHECK(read(evfd, &v, 8) == 8 && v == 1);
	close(evfd);
}

static void
t_timerfd(void)
{
	struct itimerspec it = { { 0, 10000000 }, { 0, 20000000 } };
	struct epoll_event ev = { .events = EPOLLIN }, out;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), ep = epoll_create1(0);
	double t0 = now();
	uint64_t n;

	CHECK(timerfd_settime(fd, 0, &it, NULL) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	CHECK(epoll_wait(ep, &out, 1, 2000) == 1 && now() - t0 >= 0.019);
	CHECK(read(fd, &n, 8) == 8 && n >= 1);
	usleep(35000);
	CHECK(read(fd, &n, 8) == 8 && n >= 3);
	it = (struct itimerspec){ { 0, 0 }, { 0, 0 } };
	CHECK(timerfd_settime(fd, 0, &it, NULL) == 0);
	CHECK(epoll_wait(ep, &out, 1, 30) == 0);
	close(fd);
	close(ep);
}

/* ---- sockets ---- */

static void *
echo(void *arg)
{
	int s = accept(*(int *)arg, NULL, NULL);
	char buf[4096];
	ssize_t n;

	while ((n = recv(s, buf, sizeof(buf), 0)) > 0)
		CHECK(send(s, buf, (size_t)n, MSG_NOSIGNAL) == n);
	close(s);
	return NULL;
}

static void
tcp(int family, const struct sockaddr *any, socklen_t len)
{
	struct sockaddr_storage ss, peer;
	socklen_t n = sizeof(ss);
	int l = socket(family, SOCK_STREAM, 0), s, v = 1;
	char buf[10000] = "", got[10000];
	pthread_t t;

	CHECK(l >= 0);
	CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &v, sizeof(v)) == 0);
	CHECK(bind(l, any, len) == 0 && listen(l, 511) == 0);
	CHECK(getsockname(l, (void *)&ss, &n) == 0 && n == len);
	CHECK(ss.ss_family == family);
	pthread_create(&t, NULL, echo, &l);
	s = socket(family, SOCK_STREAM, 0);
	CHECK(connect(s, (void *)&ss, n) == 0);
	CHECK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, sizeof(v)) == 0);
	n = sizeof(peer);
	CHECK(getpeername(s, (void *)&peer, &n) == 0 &&
	    memcmp(&peer, &ss, 8) == 0);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7);
	CHECK(send(s, buf, sizeof(buf), 0) == sizeof(buf));
	CHECK(recv(s, got, sizeof(got), MSG_WAITALL) == sizeof(got));
	CHECK(memcmp(buf, got, sizeof(buf)) == 0);
	n = sizeof(v);
	CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &n) == 0 && v == 0);
	CHECK(shutdown(s, SHUT_WR) == 0 && recv(s, got, 1, 0) == 0);
	pthread_join(t, NULL);
	close(s);
	close(l);
	s = socket(family, SOCK_STREAM, 0);
	FAILS(connect(s, (void *)&ss, len), ECONNREFUSED);
	close(s);
}

static void
t_tcp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	tcp(AF_INET, (void *)&in, sizeof(in));
}

static void
t_tcp6(void)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	tcp(AF_INET6, (void *)&in, sizeof(in));
}

static void
t_udp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from;
	struct iovec iov[2] = { { "ab", 2 }, { "cde", 3 } };
	struct msghdr m = { .msg_name = &in, .msg_namelen = sizeof(in),
	    .msg_iov = iov, .msg_iovlen = 2 };
	socklen_t n = sizeof(in);
	char buf[16];
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(bind(a, (void *)&in, sizeof(in)) == 0);
	CHECK(getsockname(a, (void *)&in, &n) == 0);
	CHECK(sendmsg(b, &m, 0) == 5);
	n = sizeof(from);
	CHECK(recvfrom(a, buf, sizeof(buf), 0, (void *)&from, &n) == 5);
	CHECK(memcmp(buf, "abcde", 5) == 0 && from.sin_family == AF_INET &&
	    from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	FAILS(recv(a, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	close(a);
	close(b);
}

/* ---- signals ---- */

static volatile sig_atomic_t caught;
static void
handler(int sig)
{

	caught = sig;
}

static void
t_signals(void)
{
	struct sigaction sa = { .sa_handler = handler };
	sigset_t set, old;
	struct itimerval it = { { 0, 0 }, { 0, 30000 } };
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
	FAILS(usleep(900000), EINTR);
	CHECK(caught == SIGALRM && now() - t0 < 0.8);
	caught = 0;
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	FAILS(poll(NULL, 0, 2000), EINTR);
	CHECK(caught == SIGALRM);
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

static void
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

static void
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

static const struct { const char *name; void (*fn)(void); } tests[] = {
	{ "threads", t_threads }, { "condition variables", t_cond },
	{ "detached threads", t_detached }, { "cancellation", t_cancel },
	{ "mmap", t_mmap }, { "mprotect", t_mprotect },
	{ "mapped files", t_mmap_file }, { "files", t_files },
	{ "directories", t_dirs }, { "times of files", t_times },
	{ "sendfile", t_sendfile }, { "record locks", t_locks },
	{ "pipes", t_pipe }, { "select", t_select }, { "epoll", t_epoll },
	{ "epoll, edges", t_epoll_edge }, { "eventfd", t_eventfd },
	{ "timerfd", t_timerfd }, { "TCP", t_tcp }, { "TCP over IPv6", t_tcp6 },
	{ "UDP", t_udp }, { "signals", t_signals }, { "clocks", t_clocks },
	{ "the rest", t_misc },
};

int
main(int argc, char **argv)
{

	dir = argc > 1 ? argv[1] : "/tmp";
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		failed = NULL;
		tests[i].fn();
		if (failed != NULL) {
			nfail++;
			printf("not ok %d - %s: line %d: %s (errno %d)\n", ++ntest,
			    tests[i].name, failline, failed, errno);
		} else
			printf("ok %d - %s\n", ++ntest, tests[i].name);
	}
	printf("1..%d\n", ntest);
	return nfail != 0;
}
