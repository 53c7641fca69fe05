/*
 * pcitest.h: QEMU's "edu" device (docs/specs/edu in QEMU's sources) driven by
 * the PCI hypercalls alone.  The tests run twice: on rumptest's test kernel,
 * which checks the context at every upcall, and on the real rump kernel.
 */
#ifndef PCITEST_H
#define PCITEST_H

#include "../rumptest/test.h"
#include <rump/pci.h>

#define NB_ENXIO	6
#define NB_ENOMEM	12

#define EDU_ID		0x00		/* 0xRRrr00ed */
#define EDU_LIVE	0x04		/* reads as what was written, inverted */
#define EDU_FACT	0x08
#define EDU_STATUS	0x20
#define  EDU_COMPUTING	0x01
#define  EDU_FACTIRQ	0x80
#define EDU_IRQ		0x24		/* what is pending */
#define EDU_RAISE	0x60
#define EDU_ACK		0x64
#define EDU_SRC		0x80		/* 64 bits wide from here on */
#define EDU_DST		0x88
#define EDU_COUNT	0x90
#define EDU_CMD		0x98
#define  EDU_START	0x1
#define  EDU_TORAM	0x2
#define  EDU_DMAIRQ	0x4
#define EDU_BUF		0x40000
#define EDU_BUFSIZE	4095		/* QEMU 7.2 stops at its last byte */
#define EDU_IRQ_FACT	0x001
#define EDU_IRQ_DMA	0x100

struct edu {
	unsigned	bus, dev, fun, cookie;
	volatile char	*reg;
	void		*handle;	/* of the interrupt */
	/* the handler's: */
	volatile uint32_t count, others, last;
	volatile bool	deaf;		/* claims nothing, acknowledges nothing */
	volatile bool	nocontext;	/* it was called without one */
};
#define MAXEDU		16
extern struct edu edus[MAXEDU];
extern unsigned nedu;

static inline uint32_t
edu_read(const struct edu *e, unsigned off)
{

	return *(volatile uint32_t *)(e->reg + off);
}
static inline void
edu_write(const struct edu *e, unsigned off, uint32_t v)
{

	*(volatile uint32_t *)(e->reg + off) = v;
}

/* Into the rump kernel, and out of it; hypercalls are made inside. */
extern bool on_tk;
void	in(void);
void	out(void);

void	edu_find(void);			/* fills edus */
bool	edu_any(void);			/* else skips the test */
/* Claim, map, switch on; false: it failed, and said so. */
bool	edu_open(struct edu *);
void	edu_close(struct edu *);
/* vector: as irq_map_vector; -1: the line. */
bool	edu_intr(struct edu *, int vector);
void	edu_nointr(struct edu *);
bool	edu_ready(struct edu *);	/* opened, with its line */
bool	edu_wait(const struct edu *, uint32_t count, uint64_t ns);
/* Raise bits and wait until the handler has seen them. */
bool	edu_raise(struct edu *, uint32_t bits);

/* The object of /sirloin/status for a function; false: not there. */
bool	status_function(const struct edu *, char *buf, size_t size);
bool	status_find(const char *what, char *buf, size_t size);

extern uint32_t opt_count;		/* interrupts in the long test */
extern unsigned opt_low;			/* see main.c */
extern bool opt_mask64, opt_unplug;
extern const char *opt_kind;
extern const struct test tests_bus[], tests_irq[], tests_line[], tests_dma[];

#endif /* PCITEST_H */
