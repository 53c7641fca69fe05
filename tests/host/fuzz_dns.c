/*
 * fuzz_dns.c: DNS answers, good, damaged and random.  fuzz_dns [ROUNDS [SEED]].
 */
#include "fuzz.h"
#include "dns.h"
#include "check.h"

static uint8_t question[300];
static int nquestion;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dns_addr a[DNS_MAXADDR];
	int k;

	if (nquestion == 0)
		nquestion = dns_question("www.example.org", DNS_A, 0x1234,
		    question, sizeof(question));
	k = dns_answer(data, n, question, nquestion, DNS_A, a);
	CHECK(k >= -3 && k <= DNS_MAXADDR);
	return 0;
}

#ifndef FUZZER
/* CNAME, then two addresses; names as pointers. */
static size_t
good_answer(uint8_t *p)
{
	static const uint8_t rest[] = {
	    0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'x', 0xc0, 16,
	    0xc0, 45, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1,
	    1, 'x', 0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 2 };

	memcpy(p, question, nquestion);
	p[2] |= 0x80;
	p[7] = 3;
	memcpy(p + nquestion, rest, sizeof(rest));
	return nquestion + sizeof(rest);
}

int
main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 100000;
	struct dns_addr a[DNS_MAXADDR];
	uint8_t buf[600], big[300], *p;
	size_t n;

	CHECK(dns_question("a..b", DNS_A, 1, big, sizeof(big)) == -1);
	CHECK(dns_question("", DNS_A, 1, big, sizeof(big)) == -1);
	CHECK(dns_question(".", DNS_A, 1, big, sizeof(big)) == -1);
	CHECK(dns_question("a.b.", DNS_A, 1, big, sizeof(big)) == 12 + 5 + 4);
	CHECK(dns_question("0123456789012345678901234567890123456789012345678901"
	    "2345678901234", DNS_A, 1, big, sizeof(big)) == -1);
	CHECK(dns_question("a.b", DNS_A, 1, big, 15) == -1);
	LLVMFuzzerTestOneInput(buf, 0);
	n = good_answer(buf);
	CHECK(dns_answer(buf, n, question, nquestion, DNS_A, a) == 2);
	CHECK(a[1].addr[3] == 2 && a[0].type == DNS_A);
	CHECK(dns_answer(buf, n - 1, question, nquestion, DNS_A, a) == 1);
	buf[3] = 3;
	CHECK(dns_answer(buf, n, question, nquestion, DNS_A, a) == -2);
	buf[3] = 2;
	CHECK(dns_answer(buf, n, question, nquestion, DNS_A, a) == -3);
	buf[3] = 0;
	buf[0]++;
	CHECK(dns_answer(buf, n, question, nquestion, DNS_A, a) == -1);
	if (argc > 2)
		fuzz_seed = strtoull(argv[2], NULL, 0);
	for (long i = 0; i < rounds; i++) {
		n = good_answer(buf);
		for (int k = fuzz_rnd(8); k > 0; k--)
			buf[fuzz_rnd(2) ? nquestion + fuzz_rnd(n - nquestion) :
			    fuzz_rnd(n)] = fuzz_rnd(256);
		n = fuzz_rnd(3) == 0 ? fuzz_rnd(n + 1) : n;
		p = malloc(n);
		memcpy(p, buf, n);
		LLVMFuzzerTestOneInput(p, n);
		free(p);
	}
	printf("fuzz_dns: %ld inputs, ok\n", rounds);
	(void)fuzz_all;
	return 0;
}
#endif
