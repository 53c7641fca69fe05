/*
 * kernel_timer.c: the timer queue against a list.
 */
#include "kernel/fake.h"

#define N	200
static struct kern_timer timer[N];
static uint64_t due[N];		/* 0: not armed */
static uint64_t last;
static int fired;

static void
fire(void *arg)
{
	int i = (struct kern_timer *)arg - timer;

	CHECK(due[i] != 0 && due[i] <= fake_clock);
	CHECK(due[i] >= last);		/* in order */
	last = due[i];
	due[i] = 0;
	fired++;
	if (fake_rand() % 4 == 0) {	/* arms itself again */
		due[i] = fake_clock + 1 + fake_rand() % 1000;
		kern_timer_arm(&timer[i], due[i]);
	}
}

static uint64_t
first(void)
{
	uint64_t d = UINT64_MAX;
	int i;

	for (i = 0; i < N; i++)
		if (due[i] != 0 && due[i] < d)
			d = due[i];
	return d;
}

int
main(void)
{
	int i, r;

	fake_init();
	timer_cpu_init(&cpu0.tq);
	for (i = 0; i < N; i++)
		kern_timer_init(&timer[i], fire, &timer[i]);
	for (r = 0; r < 200000; r++) {
		i = fake_rand() % N;
		switch (fake_rand() % 4) {
		case 0:
			CHECK(kern_timer_cancel(&timer[i]) == (due[i] != 0));
			due[i] = 0;
			break;
		case 1:
		case 2:
			due[i] = fake_clock + 1 + fake_rand() % 5000;
			if (fake_rand() % 8 == 0 && due[0] != 0)
				due[i] = due[0];	/* equals */
			kern_timer_arm(&timer[i], due[i]);
			break;
		default:
			fake_clock += fake_rand() % 300;
			last = 0;
			/* what the interrupt does */
			if (fake_timer <= fake_clock) {
				cpu0.programmed = fake_timer = UINT64_MAX;
				timer_run(&cpu0);
				timer_program(&cpu0);
				CHECK(first() > fake_clock);
			}
		}
		CHECK(cpu0.tq.next == first());
		/* an interrupt comes in time; one too many may come */
		CHECK(fake_timer <= first());
	}
	CHECK(fired > 10000);
	printf("ok kernel_timer\n");
	return 0;
}
