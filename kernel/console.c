/*
 * console.c: output by lines (one that is not finished waits some ms for the
 * rest), input from a ring that the interrupt fills.  Who writes by characters,
 * as NetBSD's kernel does, has a line of its own: nothing comes in between.
 */
#include <stdio.h>
#include <string.h>
#include "thread.h"

#define LINE	256
#define RING	1024		/* a power of two */
#define PATIENCE 20000000ULL	/* ns that part of a line waits */

static struct line {
	char	text[LINE];
	size_t	n;
} written, chars;
static struct kern_spin out_lock;
static bool forced;

static char ring[RING];
static size_t head, tail;	/* head: next in, tail: next out */
static struct kern_spin in_lock;
static struct kern_waitq in_wq = {
	.q = TAILQ_HEAD_INITIALIZER(in_wq.q), .name = "console"
};

/* ---- output ---- */

static void	flush_late(void *);
static struct kern_timer flush_timer = { .fn = flush_late };

static unsigned long
out_enter(void)
{

	if (forced)
		return 0;
	return kern_spin_lock(&out_lock);
}

static void
out_leave(unsigned long s)
{

	if (forced)
		return;
	if ((written.n | chars.n) != 0 && !flush_timer.armed && plat_self() != NULL)
		kern_timer_arm(&flush_timer, plat_clock() + PATIENCE);
	kern_spin_unlock(&out_lock, s);
}

static void
out_flush(struct line *l)
{

	if (l->n != 0)
		plat_console_write(l->text, l->n);
	l->n = 0;
}

static void
out_put(struct line *l, const char *p, size_t n)
{

	for (; n != 0; n--, p++) {
		l->text[l->n++] = *p;
		if (*p == '\n' || l->n == sizeof(l->text))
			out_flush(l);
	}
}

/* Not more than a line under the lock: interrupts are masked. */
void
kern_console_write(const char *p, size_t n)
{
	const char *nl;
	unsigned long s;
	size_t k;

	for (; n != 0; n -= k, p += k) {
		k = n < LINE ? n : LINE;
		if ((nl = memchr(p, '\n', k)) != NULL)
			k = nl + 1 - p;
		s = out_enter();
		out_put(&written, p, k);
		out_leave(s);
	}
}

void
kern_putchar(int c)
{
	unsigned long s = out_enter();
	char ch = c;

	out_put(&chars, &ch, 1);
	out_leave(s);
}

void
kern_console_flush(void)
{
	unsigned long s;

	s = out_enter();
	out_flush(&chars);
	out_flush(&written);
	out_leave(s);
}

static void
flush_late(void *arg)
{

	(void)arg;
	kern_console_flush();
}

static void
out_end(struct line *l)
{

	if (l->n > sizeof(l->text))
		l->n = 0;
	if (l->n != 0)
		out_put(l, "\n", 1);
}

void
console_force(void)
{

	forced = true;
	out_end(&chars);
	out_end(&written);
}

static void
put(void *arg, const char *p, size_t n)
{

	(void)arg;
	out_put(&written, p, n);
}

void
kern_vprintf(const char *fmt, va_list ap)
{
	unsigned long s;

	s = out_enter();
	libc_format(put, NULL, fmt, ap);
	out_leave(s);
}

void
kern_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kern_vprintf(fmt, ap);
	va_end(ap);
}

/* ---- input ---- */

#define EOT	0x04		/* Control-D; sirloin run sends it too */

/* What has come, as far as there is room; the rest waits in the platform. */
static void
input(void)
{
	char buf[64];
	size_t n, i, room;

	while ((room = RING - (head - tail)) > 0) {
		n = plat_console_read(buf, room < sizeof(buf) ? room :
		    sizeof(buf));
		if (n == 0)
			break;
		for (i = 0; i < n; i++)
			ring[head++ & (RING - 1)] =
			    buf[i] == '\r' ? '\n' : buf[i];
	}
}

void
kern_console_intr(void)
{

	spin_acquire(&in_lock);
	input();
	kern_waitq_wake(&in_wq, 1);
	spin_release(&in_lock);
}

int
kern_console_read(char *p, size_t max, size_t *got)
{
	unsigned long s;
	size_t n = 0;

	*got = 0;
	if (max == 0)
		return 0;
	kern_console_flush();		/* a prompt */
	s = kern_spin_lock(&in_lock);
	input();			/* came before interrupts did */
	while (head == tail) {
		kern_waitq_sleep(&in_wq, &in_lock, s, UINT64_MAX);
		s = kern_spin_lock(&in_lock);
	}
	/* As on a terminal: an EOT ends the input where it is read first. */
	while (n < max && head != tail && ring[tail & (RING - 1)] != EOT)
		p[n++] = ring[tail++ & (RING - 1)];
	if (n == 0)
		tail++;
	input();
	if (head != tail)
		kern_waitq_wake(&in_wq, 1);
	kern_spin_unlock(&in_lock, s);
	*got = n;
	return 0;
}

bool
kern_console_ready(void)
{

	return __atomic_load_n(&head, __ATOMIC_RELAXED) !=
	    __atomic_load_n(&tail, __ATOMIC_RELAXED);
}
