/* job.c: the thread that does what drivers may not do in an interrupt. */
#include "virtio.h"

static struct kern_spin lock = KERN_SPIN_INIT;
static struct kern_waitq waitq, idle;
static STAILQ_HEAD(, virtio_job) jobs = STAILQ_HEAD_INITIALIZER(jobs);
static struct virtio_job *running;
static bool started;

static void *
job_main(void *arg)
{
	struct virtio_job *j;
	unsigned long s;

	for (;;) {
		s = kern_spin_lock(&lock);
		running = NULL;
		(void)kern_waitq_wake(&idle, 1000);
		if ((j = STAILQ_FIRST(&jobs)) == NULL) {
			(void)kern_waitq_sleep(&waitq, &lock, s, UINT64_MAX);
			continue;
		}
		STAILQ_REMOVE_HEAD(&jobs, link);
		j->queued = false;
		running = j;
		kern_spin_unlock(&lock, s);
		j->fn(j->arg);
	}
	return NULL;
}

bool
virtio_job_init(void)
{

	if (__atomic_exchange_n(&started, true, __ATOMIC_ACQ_REL))
		return true;
	kern_waitq_init(&waitq, "virtio");
	kern_waitq_init(&idle, "virtiojob");
	if (kern_thread_create(NULL, "virtio", job_main, NULL, KERN_PRI_KERNEL,
	    KERN_CPU_ANY, 0, 0) == 0)
		return true;
	started = false;
	return false;
}

void
virtio_job_queue(struct virtio_job *j)
{
	unsigned long s;

	s = kern_spin_lock(&lock);
	if (!j->queued) {
		j->queued = true;
		STAILQ_INSERT_TAIL(&jobs, j, link);
		(void)kern_waitq_wake(&waitq, 1);
	}
	kern_spin_unlock(&lock, s);
}

void
virtio_job_cancel(struct virtio_job *j)
{
	unsigned long s;

	s = kern_spin_lock(&lock);
	if (j->queued) {
		STAILQ_REMOVE(&jobs, j, virtio_job, link);
		j->queued = false;
	}
	while (running == j) {
		(void)kern_waitq_sleep(&idle, &lock, s, UINT64_MAX);
		s = kern_spin_lock(&lock);
	}
	kern_spin_unlock(&lock, s);
}
