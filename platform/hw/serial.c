/*
 * COM1: a 16550 (National PC16550D data sheet).  Output waits for the device,
 * so that it works in every state of the machine; input is by interrupt.
 */
#include "hw.h"
#include "../common/xencons.h"

#define COM1		0x3f8
#define COM1_IRQ	4
#define THR		(COM1 + 0)
#define RBR		(COM1 + 0)
#define DLL		(COM1 + 0)
#define IER		(COM1 + 1)
#define DLM		(COM1 + 1)
#define FCR		(COM1 + 2)
#define IIR		(COM1 + 2)
#define LCR		(COM1 + 3)
#define MCR		(COM1 + 4)
#define LSR		(COM1 + 5)
#define SCR		(COM1 + 7)

#define IER_RX		0x01
#define FCR_ON		0x07		/* enabled, both FIFOs empty */
#define IIR_FIFO	0xc0
#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define MCR_ON		0x0b		/* DTR, RTS, OUT2: interrupt gate */
#define LSR_DATA	0x01
#define LSR_EMPTY	0x20
#define FIFO		16
#define TX_SPIN		100000		/* then the line is given up */
#define LOCK_SPIN	10000000

static bool present;
static unsigned fifo = 1;
static uint32_t txlock, rxlock;
static char ring[1024];
static unsigned head, tail;
static bool stopped;			/* ring full: the device must wait */
static struct plat_irq *irq;

void
hw_serial_init(void)
{

	pio_out8(SCR, 0x5a);
	if (pio_in8(SCR) != 0x5a || pio_in8(LSR) == 0xff)
		return;
	pio_out8(IER, 0);
	pio_out8(LCR, LCR_DLAB);
	pio_out8(DLL, 1);			/* 115200 */
	pio_out8(DLM, 0);
	pio_out8(LCR, LCR_8N1);
	if (pio_in8(LSR) & LSR_DATA)	/* the FIFO's start would lose it */
		ring[head++] = (char)pio_in8(RBR);
	pio_out8(FCR, FCR_ON);
	pio_out8(MCR, MCR_ON);
	if ((pio_in8(IIR) & IIR_FIFO) == IIR_FIFO)
		fifo = FIFO;
	present = true;
}

static void
send(const char *p, size_t n)
{
	unsigned spin;

	for (spin = 0; (pio_in8(LSR) & LSR_EMPTY) == 0; spin++)
		if (spin == TX_SPIN)
			return;
	__asm__ volatile("rep outsb" : "+S"(p), "+c"(n) : "d"(THR) : "memory");
}

/*
 * A panic may have stopped the CPU that holds the lock: waiting has an end.
 */
void
plat_console_write(const char *p, size_t n)
{
	unsigned long s = plat_irq_save();
	static bool stuck;
	unsigned spin = 0;
	bool held;

	if (!present) {
		xencons_write(p, n);
		plat_irq_restore(s);
		return;
	}
	while (!(held = __atomic_exchange_n(&txlock, 1,
	    __ATOMIC_ACQUIRE) == 0) && !stuck && spin++ < LOCK_SPIN)
		plat_pause();
	stuck = !held;
	while (n > 0) {
		size_t k = n < fifo ? n : fifo;

		send(p, k);
		p += k;
		n -= k;
	}
	if (held)
		__atomic_store_n(&txlock, 0, __ATOMIC_RELEASE);
	plat_irq_restore(s);
}

/* ---- input ---- */

/*
 * From the device to the ring, as far as there is room: then its interrupt is
 * off until somebody has read, and whoever sends can wait.
 */
static bool
drain(void)
{
	unsigned long s = x86_lock(&rxlock);
	bool any = false;

	while (head - tail < sizeof(ring) && (pio_in8(LSR) & LSR_DATA)) {
		ring[head++ % sizeof(ring)] = (char)pio_in8(RBR);
		any = true;
	}
	stopped = head - tail == sizeof(ring);
	if (irq != NULL)
		pio_out8(IER, stopped ? 0 : IER_RX);
	x86_unlock(&rxlock, s);
	return any;
}

static void
intr(void *arg)
{

	(void)pio_in8(IIR);
	if (drain())
		kern_console_intr();
}

void
hw_serial_irq(void)
{

	if (!present || plat_irq_line(COM1_IRQ, 0, intr, NULL, &irq) != 0)
		return;
	plat_irq_unmask(irq);
	pio_out8(IER, IER_RX);	/* now: an edge before that would be lost */
	(void)hw_status("ready\n");
}

size_t
plat_console_read(char *p, size_t n)
{
	unsigned long s;
	size_t i;

	if (!present)
		return xencons_read(p, n);
	if (irq == NULL || stopped)
		(void)drain();
	s = x86_lock(&rxlock);
	for (i = 0; i < n && tail != head; i++)
		p[i] = ring[tail++ % sizeof(ring)];
	x86_unlock(&rxlock, s);
	return i;
}
