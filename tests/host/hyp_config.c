/*
 * hyp_config.c: hypercall/config.c: what a rump kernel asks of the
 * configuration before there is anybody else to read it; and any rubbish.
 */
#include "fuzz.h"
#include "../../hypercall/config.c"

#undef KASSERT
static char *text;			/* exactly as long as it is */
static uint64_t answers;

const char *plat_cmdline(void) { return text; }
void *kern_malloc(size_t n, size_t align) { (void)align; return malloc(n); }
void kern_free(void *p) { free(p); }

static void
set(const char *s, size_t n)
{

	free(text);
	text = malloc(n + 1);
	memcpy(text, s, n);
	text[n] = '\0';
	free(config.tok);
	config_init();
}

static void
must(const char *config, const char *env, const char *want)
{
	char *buf = malloc(64);
	int e;

	set(config, strlen(config));
	e = env != NULL ? hyp_config_env(env, buf, 64) :
	    hyp_config_string("hostname", buf, 64);
	if (want == NULL ? e != ENOENT : e != 0 || strcmp(buf, want) != 0) {
		fprintf(stderr, "%s: %s: %d %s\n", config,
		    env != NULL ? env : "hostname", e, e == 0 ? buf : "");
		abort();
	}
	free(buf);
}

static void
sizes(void)
{
	char buf[4] = "xxx";

	set("{\"hostname\":\"abc\"}", 18);
	if (hyp_config_string("hostname", buf, 3) != E2BIG || buf[3] != '\0' ||
	    hyp_config_string("hostname", buf, 0) != E2BIG ||
	    hyp_config_string("hostname", buf, 4) != 0 ||
	    strcmp(buf, "abc") != 0)
		abort();
}

static void
known(void)
{

	must("", NULL, NULL);
	must("console=x", NULL, NULL);
	must("{}", NULL, NULL);
	must("a=b c {\"hostname\":\"h\"}", NULL, "h");
	must("{\"x\":{\"hostname\":\"no\"},\"hostname\":\"yes\"}", NULL, "yes");
	must("{\"x\":[\"hostname\",\"no\"]}", NULL, NULL);
	must("{\"hostname\":7}", NULL, NULL);
	must("{\"hostname\":\"a\\n\\\"\\u00e4\\u20ac\\/\"}", NULL,
	    "a\n\"\xc3\xa4\xe2\x82\xac/");
	must("{\"hostname\":\"unclosed", NULL, NULL);
	must("{\"hostname\":\"h\"} virtio_mmio.device=512@0xfeb00e00:12 "
	    "virtio_mmio.device=512@0xfeb00c00:11", NULL, "h");
	must("{\"env\":\"A=1\"}", "A", "1");
	must("{\"env\":\"A=1\",\"env\":\"B=2\"}", "B", "2");
	must("{\"env\":[\"A=1\",\"B=x=y\"]}", "B", "x=y");
	must("{\"env\":{\"A\":\"1\",\"B\":\"2\"}}", "B", "2");
	must("{\"env\":{\"A\":\"1\"},\"env\":[\"AB=3\",\"C=\"]}", "C", "");
	must("{\"env\":[\"AB=3\"]}", "A", NULL);
	must("{\"env\":[\"A\"]}", "A", NULL);
	must("{\"env\":[[\"A=1\"],\"B=2\"]}", "A", NULL);
	must("{\"env\":3}", "A", NULL);
	must("{\"envy\":\"A=1\"}", "A", NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char buf[16];

	set((const char *)data, n);
	answers += hyp_config_string("hostname", buf, sizeof(buf)) == 0;
	answers += hyp_config_env("A", buf, sizeof(buf)) == 0;
	return 0;
}

#ifndef FUZZER
int
main(int argc, char **argv)
{
	static const char *const samples[] = {
		"a=b {\"hostname\":\"h\\u0041\",\"env\":[\"A=1\",\"B=2\"]}",
		"{\"env\":{\"B\":\"x\",\"A\":\"y\"},\"net\":[{\"if\":\"v\"}]}",
		"x {\"env\":\"A=1\"} virtio_mmio.device=1@2:3",
		"{\"env\":\"A=long long long long\",\"hostname\":\"\"}",
	};

	known();
	sizes();
	fuzz_all(argc > 1 ? atol(argv[1]) : 100000, samples, 4,
	    "{}[]\",:\\u0A=");
	free(config.tok);
	free(text);
	printf("hyp_config: %llu answers\n", (unsigned long long)answers);
	return answers > 0 ? 0 : 1;
}
#endif
