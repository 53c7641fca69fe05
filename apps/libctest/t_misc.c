/* t_misc.c: memory, environment, time, names, the system. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static void
test_memory(void)
{
	char *p, *q;
	void *v;

	TEST((p = malloc(0)) != NULL);
	free(p);
	TEST((p = calloc(1000, 3)) != NULL && p[0] == 0 && p[2999] == 0);
	memset(p, 7, 3000);
	TEST((q = realloc(p, 100000)) != NULL && q[2999] == 7);
	free(q);
	errno = 0;
	TEST(malloc((size_t)1 << 60) == NULL && errno == ENOMEM);
	volatile size_t many = (size_t)1 << 40;
	TEST(calloc(many, many) == NULL && reallocarray(NULL, many, many) == NULL);
	TEST(posix_memalign(&v, 4096, 100) == 0 && ((uintptr_t)v & 4095) == 0);
	free(v);
	TEST(posix_memalign(&v, 3, 100) == EINVAL);
	free(NULL);
	TEST((p = strdup("abc")) != NULL && strcmp(p, "abc") == 0);
	free(p);
}

static void
test_environment(void)
{

	TEST(getenv("NO_SUCH") == NULL);
	TEST(setenv("A_NAME", "1", 0) == 0 && strcmp(getenv("A_NAME"), "1") == 0);
	TEST(setenv("A_NAME", "2", 0) == 0 && strcmp(getenv("A_NAME"), "1") == 0);
	TEST(setenv("A_NAME", "3", 1) == 0 && strcmp(getenv("A_NAME"), "3") == 0);
	TEST(setenv("A=B", "1", 0) == -1 && errno == EINVAL);
	TEST(unsetenv("A_NAME") == 0 && getenv("A_NAME") == NULL);
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "V%d", i);
		setenv(name, name, 1);
	}
	TEST(strcmp(getenv("V99"), "V99") == 0 && strcmp(getenv("V0"), "V0") == 0);
}

static void
test_time(void)
{
	struct timespec ts, bad = { 0, 1000000000 };
	struct timeval tv;
	uint64_t t0 = now_ns(), worst = 0, last;

	usleep(2000);
	TEST(now_ns() - t0 >= 2000000);
	TEST(nanosleep(&bad, NULL) == -1 && errno == EINVAL);
	TEST(clock_gettime(77, &ts) == -1 && errno == EINVAL);
	gettimeofday(&tv, NULL);
	clock_gettime(CLOCK_REALTIME, &ts);
	TEST(ts.tv_sec - tv.tv_sec <= 1 && ts.tv_sec > 1700000000);
	TEST(time(NULL) - ts.tv_sec <= 1);
	last = now_ns();
	for (int i = 0; i < 10000; i++) {
		t0 = now_ns();
		if (t0 < last)
			worst = last - t0;
		last = t0;
	}
	TEST(worst == 0);
	ts.tv_sec += 1000;
	TEST(clock_settime(CLOCK_REALTIME, &ts) == 0 &&
	    time(NULL) - ts.tv_sec <= 1 && time(NULL) >= ts.tv_sec);
	ts.tv_sec = time(NULL) - 1000;
	clock_settime(CLOCK_REALTIME, &ts);
	TEST(strtol("99999999999999999999", NULL, 10) > 0 && errno == ERANGE);
}

static void
test_options(void)
{
	static char *argv[] = { (char *)"x", (char *)"-a", (char *)"-bval",
	    (char *)"--long=1", (char *)"-c", (char *)"arg", (char *)"--flag",
	    (char *)"rest", NULL };
	static const struct option longs[] = {
		{ "long", required_argument, NULL, 'l' },
		{ "flag", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 }
	};
	int n = 8;

	TEST(getopt_long(n, argv, "ab:c:", longs, NULL) == 'a');
	TEST(getopt_long(n, argv, "ab:c:", longs, NULL) == 'b' &&
	    strcmp(optarg, "val") == 0);
	TEST(getopt_long(n, argv, "ab:c:", longs, NULL) == 'l' &&
	    strcmp(optarg, "1") == 0);
	TEST(getopt_long(n, argv, "ab:c:", longs, NULL) == 'c' &&
	    strcmp(optarg, "arg") == 0);
	TEST(getopt_long(n, argv, "ab:c:", longs, NULL) == 'f');
	TEST(getopt_long(n, argv, "ab:c:", longs, NULL) == -1 && optind == 7);
	opterr = 0;
	optind = 1;
	TEST(getopt(n, argv, "z") == '?' && optopt == 'a');
}

static void
test_names(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST }, *ai;
	char host[64], serv[16];

	TEST(getaddrinfo("192.0.2.1", "http", &hints, &ai) == 0);
	TEST(ai->ai_family == AF_INET && ai->ai_next == NULL);
	TEST(getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof(host), serv,
	    sizeof(serv), 0) == 0);
	TEST(strcmp(host, "192.0.2.1") == 0 && strcmp(serv, "80") == 0);
	freeaddrinfo(ai);
	TEST(getaddrinfo("2001:db8::1", "65535", &hints, &ai) == 0 &&
	    ai->ai_family == AF_INET6);
	freeaddrinfo(ai);
	TEST(getaddrinfo("host.example", NULL, &hints, &ai) == EAI_NONAME);
	TEST(getaddrinfo("192.0.2.1", "65536", &hints, &ai) == EAI_SERVICE);
	hints.ai_flags = AI_PASSIVE;
	TEST(getaddrinfo(NULL, "80", &hints, &ai) == 0 && ai->ai_next != NULL);
	freeaddrinfo(ai);
	/* no name server is known: an error, at once */
	hints.ai_flags = 0;
	TEST(getaddrinfo("host.example", NULL, &hints, &ai) != 0);
}

static void
test_system(void)
{
	struct utsname u;
	char host[256], again[256];

	TEST(uname(&u) == 0 && u.sysname[0] != '\0' && u.nodename[0] != '\0');
	TEST(sysconf(_SC_NPROCESSORS_ONLN) >= 1 && sysconf(_SC_PAGESIZE) == 4096);
	TEST(sysconf(12345) == -1 && errno == EINVAL);
	TEST(gethostname(host, sizeof(host)) == 0);
	TEST(sethostname("larder", 6) == 0 &&
	    gethostname(again, sizeof(again)) == 0 && strcmp(again, "larder") == 0);
	sethostname(host, strlen(host));
	TEST(getpid() > 0);
	TEST(signal(SIGPIPE, SIG_IGN) == SIG_DFL && signal(SIGPIPE, SIG_DFL) == SIG_IGN);
	TEST(signal(SIGTERM, (sig_t)test_system) == SIG_ERR && errno == ENOSYS);
	uint64_t a, b;
	arc4random_buf(&a, 8);
	arc4random_buf(&b, 8);
	TEST(a != b && arc4random_uniform(10) < 10);
	TEST(strcmp(getprogname(), "libctest") == 0);
}

void
test_misc(void)
{

	test_memory();
	test_environment();
	test_time();
	test_options();
	test_names();
	test_system();
}
