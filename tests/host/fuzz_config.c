/*
 * fuzz_config.c: the configuration parser: what it must accept, what it must
 * refuse and with which line, and anything else.  fuzz_config [ROUNDS [SEED]].
 */
#include "fuzz.h"
#include "config.h"
#include "check.h"

/* What was accepted is whole. */
static void
check(const struct config *c)
{
	size_t sum = 0;

	CHECK(c->nprog <= CONFIG_MAXPROG && c->nenv <= CONFIG_MAXENV);
	for (int i = 0; i < c->nprog; i++) {
		CHECK(c->prog[i].argc > 0 && c->prog[i].argv[c->prog[i].argc] == NULL);
		for (int k = 0; k < c->prog[i].argc; k++)
			sum += strlen(c->prog[i].argv[k]);
		for (char **v = c->prog[i].env; v != NULL && *v != NULL; v++)
			sum += strlen(*v);
	}
	for (int i = 0; i < c->nenv; i++)
		CHECK(strchr(c->env[i], '=') > c->env[i]);
	CHECK(c->env[c->nenv] == NULL);
	for (int i = 0; i < c->nnet; i++) {
		CHECK(c->net[i].ifname[0] != '\0');
		CHECK(c->net[i].method != CONFIG_STATIC || c->net[i].addr != NULL);
	}
	for (int i = 0; i < c->nblk; i++)
		CHECK(c->blk[i].mountpoint == NULL || c->blk[i].mountpoint[0] == '/');
	CHECK(sum != (size_t)-1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct config_error e = { 0, "" };
	struct config c;

	if (config_parse((const char *)data, n, &c, &e) == 0) {
		check(&c);
		config_free(&c);
	} else
		CHECK(e.line >= 1 && e.text[0] != '\0' && c.memory == NULL);
	return 0;
}

#ifndef FUZZER
static const struct { unsigned line; const char *text, *doc; } refused[] = {
	{ 1, "not JSON", "{\"rc\":[}" },
	{ 1, "not JSON", "{" },
	{ 1, "not JSON", "{\"env\":[\"A=1\"" },
	{ 1, "key \"runmode\"", "{\"rc\":[{\"bin\":\"a\",\"runmode\":\"+\"}]}" },
	{ 1, "is not NAME=VALUE", "{\"rc\":[{\"bin\":\"a\",\"env\":[\"V\"]}]}" },
	{ 1, "key \"env\"", "{\"rc\":[{\"bin\":\"a\",\"env\":{\"K\":\"V\"}}]}" },
	{ 1, "unknown key \"hostnam\"", "{\"hostnam\":\"x\"}" },
	{ 3, "unknown key \"nett\"", "{\"hostname\":\"x\",\n\n\"nett\":[]}" },
	{ 4, "unknown key", "heapdebug\n\n{\"hostname\":\"x\\n\",\n\"nett\":[]}" },
	{ 1, "more text", "{} {}" },
	{ 1, "", "{}x" },
	{ 2, "comma", "{\"hostname\":\"x\"\n\"cmdline\":\"a\"}" },
	{ 1, "comma", "{\"hostname\":\"x\",}" },
	{ 1, "comma", "{,\"hostname\":\"x\"}" },
	{ 1, "comma", "{\"env\":[\"A=1\" \"B=1\"]}" },
	{ 1, "", "{\"hostname\" \"x\"}" },
	{ 1, "", "{\"hostname\":}" },
	{ 1, "", "{\"hostname\"}" },
	{ 1, "", "{\"hostname\":\"a\":\"b\"}" },
	{ 1, "", "{\"env\":[\"A\":\"b\"]}" },
	{ 1, "", "{\"hostname\":\"a\\qb\"}" },
	{ 1, "control", "{\"hostname\":\"a\tb\"}" },
	{ 1, "u0000", "{\"hostname\":\"a\\u0000b\"}" },
	{ 1, "not a value", "{\"hostname\":nul}" },
	{ 1, "not a value", "{\"blk\":{\"ro\":01}}" },
	{ 1, "\"hostname\": a string", "{\"hostname\":1}" },
	{ 1, "\"hostname\" is there twice", "{\"hostname\":\"a\",\"hostname\":\"b\"}" },
	{ 1, "deep", "{\"rc\":[[[[[[[[[[[[1]]]]]]]]]]]]}" },
	{ 1, "\"bin\" is missing", "{\"rc\":[{\"argv\":[\"a\"]}]}" },
	{ 2, "\"argv\"", "{\"rc\":[{\"bin\":\"a\",\"argv\":[\"a\",\n1]}]}" },
	{ 1, "NAME=VALUE", "{\"env\":\"A\"}" },
	{ 1, "quote", "{\"cmdline\":\"a 'b\"}" },
	{ 1, "no program", "{\"cmdline\":\" \"}" },
	{ 2, "\"type\"", "{\"net\":\n{\"if\":\"a\",\"type\":\"inet5\"}}" },
	{ 1, "\"addr\"", "{\"net\":{\"if\":\"a\",\"method\":\"static\",\"addr\":\"1.2.3\",\"mask\":24}}" },
	{ 1, "\"mask\"", "{\"net\":{\"if\":\"a\",\"method\":\"static\",\"addr\":\"1.2.3.4\",\"mask\":33}}" },
	{ 1, "\"mask\"", "{\"net\":{\"if\":\"a\",\"method\":\"static\",\"addr\":\"1.2.3.4\"}}" },
	{ 1, "\"gw\"", "{\"net\":{\"if\":\"a\",\"method\":\"static\",\"addr\":\"1.2.3.4\",\"mask\":\"8\",\"gw\":\"x\"}}" },
	{ 1, "go with", "{\"net\":{\"if\":\"a\",\"method\":\"dhcp\",\"addr\":\"1.2.3.4\"}}" },
	{ 1, "\"method\"", "{\"net\":{\"if\":\"a\",\"type\":\"inet6\",\"method\":\"dhcp\"}}" },
	{ 1, "\"fstype\": not \"fat\"", "{\"blk\":{\"source\":\"etfs\",\"path\":\"b\",\"fstype\":\"fat\",\"mountpoint\":\"/\"}}" },
	{ 1, "\"mountpoint\"", "{\"blk\":{\"source\":\"etfs\",\"path\":\"b\",\"fstype\":\"msdos\",\"mountpoint\":\"x\"}}" },
	{ 1, "\"ro\": true or false", "{\"blk\":{\"ro\":\"true\"}}" },
	{ 1, "an object", "{\"blk\":[1]}" },
};

static const char *const accepted[] = {
	"", "heapdebug clock=hpet", "{}", " {\n}\n",
	"heapdebug RUMP_VERBOSE=1 {\"rc\":[{\"bin\":\"httpd\",\"argv\":[\"-p\",\"80\",\"/data\"],"
	    "\"workdir\":\"/\"}],\"env\":[\"A=b\",\"C=\"],\"hostname\":\"larder\",\n"
	    "\"net\":[{\"if\":\"virt0\",\"cloner\":true,\"type\":\"inet\",\"method\":\"static\","
	    "\"addr\":\"10.0.2.15\",\"mask\":\"24\",\"gw\":\"10.0.2.2\"},\n"
	    "{\"if\":\"virt0\",\"type\":\"inet6\",\"method\":\"auto\"}],\n"
	    "\"blk\":[{\"source\":\"etfs\",\"path\":\"blk0\",\"fstype\":\"msdos\","
	    "\"mountpoint\":\"/data\",\"ro\":true},{\"fstype\":\"tmpfs\",\"mountpoint\":\"/tmp\"}]}",
	"{\"net\":{\"if\":\"virt0\",\"type\":\"inet6\",\"method\":\"static\",\"addr\":\"fe80::1\",\"mask\":64},"
	    "\"net\":{\"if\":\"virt1\",\"method\":\"dhcp\"},\"blk\":{\"source\":\"dev\","
	    "\"path\":\"/dev/ld0a\",\"fstype\":\"ffs\",\"mountpoint\":\"/\"},"
	    "\"blk\":{\"source\":\"etfs\",\"path\":\"blk1\",\"fstype\":\"blk\"}}",
	"{\"rc\":[{\"bin\":\"a\",\"env\":[\"X=1\",\"Y=\"],\"runmode\":\"|\"},{\"bin\":\"b\","
	    "\"argv\":[\"x\"],\"workdir\":\"/w\",\"runmode\":\"&\"},{\"bin\":\"c\"}]}",
	"{\"cmdline\":\"hello 'a  b' \\\"c\\\" d\\\\ e\",\"env\":{\"K\":\"V\\n\\u00e4\\ud83d\\ude00\"},\"env\":\"X=y\"}",
};

static void
directed(void)
{
	struct config_error e;
	struct config c;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int r = config_parse(refused[i].doc, strlen(refused[i].doc), &c, &e);

		if (r == 0 || e.line != refused[i].line ||
		    strstr(e.text, refused[i].text) == NULL) {
			fprintf(stderr, "%s: %d, %u: %s\n", refused[i].doc, r,
			    e.line, e.text);
			abort();
		}
	}
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		if (config_parse(accepted[i], strlen(accepted[i]), &c, &e) != 0) {
			fprintf(stderr, "%s: %u: %s\n", accepted[i], e.line, e.text);
			abort();
		}
		check(&c);
		config_free(&c);
	}
	CHECK(config_parse(accepted[4], strlen(accepted[4]), &c, &e) == 0);
	CHECK(c.nprog == 1 && c.prog[0].argc == 4 && c.nenv == 2 && c.nnet == 2);
	CHECK(strcmp(c.prog[0].argv[3], "/data") == 0 && c.net[0].masklen == 24);
	CHECK(c.nblk == 2 && c.blk[0].ro && !c.blk[1].ro && c.blk[1].line == 4);
	config_free(&c);
	CHECK(config_parse(accepted[6], strlen(accepted[6]), &c, &e) == 0);
	CHECK(c.nprog == 3 && c.prog[0].mode == PROGRAM_PIPE &&
	    c.prog[1].mode == PROGRAM_BACK && c.prog[2].mode == PROGRAM_AND);
	CHECK(strcmp(c.prog[0].env[1], "Y=") == 0 && c.prog[0].env[2] == NULL &&
	    c.prog[0].argc == 1 && c.prog[1].argc == 2 && c.prog[1].env == NULL &&
	    strcmp(c.prog[1].workdir, "/w") == 0);
	config_free(&c);
	CHECK(config_parse(accepted[7], strlen(accepted[7]), &c, &e) == 0);
	CHECK(c.prog[0].argc == 4 && strcmp(c.prog[0].argv[1], "a  b") == 0 &&
	    strcmp(c.prog[0].argv[3], "d e") == 0);
	CHECK(strcmp(c.env[0], "K=V\n\303\244\360\237\230\200") == 0 && c.nenv == 2);
	config_free(&c);
}

int
main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 50000;

	if (argc > 2)
		fuzz_seed = strtoull(argv[2], NULL, 0);
	directed();
	fuzz_all(n, accepted, sizeof(accepted) / sizeof(accepted[0]),
	    "{}[]\",:\\u01tfn \n'");
	printf("fuzz_config: %ld inputs, ok\n", n);
	return 0;
}
#endif
