/*
 * ahci.h: Serial ATA AHCI 1.3.1 (section numbers are its), ATA8-ACS commands,
 * what of them this driver uses, and the driver's own structures.
 *
 * Locks: a port's mutex is for its slots, registers and waiting requests.  The
 * state changes in the controller's thread (watch) alone, and counts for a
 * request once the port's mutex was held.
 */
#ifndef BUILTIN_AHCI_H
#define BUILTIN_AHCI_H

#include "../dev.h"

/* 3.1: the HBA */
#define HBA_CAP		0x00
#define  CAP_SLOTS(c)	(((c) >> 8 & 0x1f) + 1)
#define  CAP_SSS	0x08000000	/* staggered spin-up */
#define  CAP_SNCQ	0x40000000
#define  CAP_S64A	0x80000000
#define HBA_GHC		0x04
#define  GHC_HR		0x1
#define  GHC_IE		0x2
#define  GHC_AE		0x80000000
#define HBA_IS		0x08
#define HBA_PI		0x0c
#define HBA_CAP2	0x24
#define  CAP2_BOH	0x1
#define HBA_BOHC	0x28
#define  BOHC_BOS	0x1
#define  BOHC_OOS	0x2
#define  BOHC_BB	0x10

/* 3.3: a port */
#define HBA_PORTS	0x100
#define PORT_SIZE	0x80
#define P_CLB		0x00
#define P_FB		0x08
#define P_IS		0x10
#define P_IE		0x14
#define  PI_DONE	0x0000002f	/* D2H, PIO, DMA setup, bits, descriptor */
#define  PI_CONNECT	0x00400040	/* PRCS, PCS */
#define  PI_ERROR	0x78000000	/* TFES, HBFS, HBDS, IFS */
#define P_CMD		0x18
#define  CMD_ST		0x0001
#define  CMD_SUD	0x0002
#define  CMD_POD	0x0004
#define  CMD_FRE	0x0010
#define  CMD_FR		0x4000
#define  CMD_CR		0x8000
#define  CMD_ACTIVE	0x10000000
#define P_TFD		0x20
#define  TFD_ERR	0x01
#define  TFD_DRQ	0x08
#define  TFD_DF		0x20
#define  TFD_BSY	0x80
#define P_SIG		0x24
#define  SIG_DISK	0x00000101
#define  SIG_ATAPI	0xeb140101
#define  SIG_PM		0x96690101
#define  SIG_SEMB	0xc33c0101
#define P_SSTS		0x28
#define  SSTS_DET(v)	((v) & 0xf)
#define  DET_NONE	0
#define  DET_UP		3
#define P_SCTL		0x2c
#define  SCTL_NOPM	0x300
#define  SCTL_COMRESET	0x301
#define P_SERR		0x30
#define P_SACT		0x34
#define P_CI		0x38

/* 4.2.2, 4.2.3 */
struct ahci_header {
	uint16_t	flags;		/* 4:0 length of the FIS in words */
#define HDR_WRITE	0x40
	uint16_t	prdtl;
	uint32_t	prdbc;
	uint64_t	table;
	uint32_t	rsvd[4];
};
#define MAXIO		(128u << 10)
#define PAGE		4096u
#define RANGE		0xffffu		/* blocks of a range of ATA_DSM */
#define NRANGE		(DISK_LIST / 8)
#define MAXDISCARD	(NRANGE * RANGE * 512u & ~(PAGE - 1))
#define NPRD		(MAXIO / PAGE + 1)
struct ahci_prd {
	uint64_t	addr;
	uint32_t	rsvd, len;	/* less 1 */
};
struct ahci_table {
	uint8_t		fis[64], atapi[16], rsvd[48];
	struct ahci_prd	prd[NPRD];
	uint8_t		pad[112];	/* to a multiple of 128 */
};
#define MAXSLOTS	32
struct ahci_mem {			/* a port's; 1 KB and 256 byte aligned */
	struct ahci_header header[MAXSLOTS];
	uint8_t		received[256];
	uint8_t		data[768];	/* a sector, for the driver */
	struct ahci_table table[MAXSLOTS];
};

/* ATA8-ACS 7; DATA SET MANAGEMENT: ACS-2 */
#define ATA_DSM			0x06
#define  DSM_TRIM		0x01
#define ATA_READ_DMA_EXT	0x25
#define ATA_WRITE_DMA_EXT	0x35
#define ATA_READ_FPDMA		0x60
#define ATA_WRITE_FPDMA		0x61
#define ATA_STANDBY_NOW		0xe0
#define ATA_FLUSH_EXT		0xea
#define ATA_IDENTIFY		0xec

#define MAXPORTS	32
#define MAXTRIES	5

struct ahci;
enum ahci_state { AHCI_OFF, AHCI_RUNS, AHCI_DEAD };
struct ahci_port {
	struct disk	d;
	struct ahci	*h;
	volatile char	*regs;
	kmutex_t	mtx;
	enum ahci_state	state;		/* OFF: a recovery, or the end */
	const char	*broken;	/* why a recovery is wanted */
	bool		failed;		/* ... by an error of a command: */
	uint16_t	tfd;		/* what the device said */
	uint8_t		no;
	bool		ncq;
	uint32_t	slots;		/* bits: those that there are */
	uint32_t	out;		/* those with the device */
	bool		queued;		/* they are NCQ commands */
	unsigned	single;		/* so many go one by one, without NCQ */
	unsigned	futile;		/* recoveries since one was good */
	struct dma	dma;
	struct ahci_mem	*mem;
	uint8_t		serial[20], model[40];	/* as it says them */
	struct diskreqs	waiting;
	struct { struct diskreq *req; uint64_t late; } slot[MAXSLOTS];
};
struct ahci {
	struct pcidev	*pci;
	volatile char	*regs;
	uint32_t	cap, pi;
	struct diskwatch watch;
	struct ahci_port *port[MAXPORTS];
};

/* ---- regs.c ---- */

uint32_t ahci_read(volatile char *regs, unsigned reg);
void	ahci_write(volatile char *regs, unsigned reg, uint32_t);

/* ---- port.c ---- */

void	ahci_submit(struct disk *, struct diskreq *);
bool	ahci_port_intr(struct ahci_port *);
/* The state has become AHCI_RUNS: begin what waits. */
void	ahci_port_run(struct ahci_port *);
/* A register FIS in a slot's table, and its header. */
void	ahci_fis(struct ahci_port *, unsigned slot, uint8_t cmd,
	    unsigned nprd, bool write);

/* ---- link.c ---- */

/* Commands are run no more (pause), and FISes received neither (stop). */
int	ahci_pause(struct ahci_port *);
int	ahci_stop(struct ahci_port *);
void	ahci_start(struct ahci_port *);
/* 10.4.2: COMRESET, and wait for the disk.  ENXIO: there is none. */
int	ahci_comreset(struct ahci_port *);
int	ahci_wait_ready(struct ahci_port *);
/* Waits for a command without an interrupt; len: bytes to mem->data. */
int	ahci_command(struct ahci_port *, uint8_t cmd, unsigned len,
	    uint64_t ns);

/* ---- error.c ---- */

bool	ahci_tick(void *);
void	ahci_shutdown(void *);

#endif /* BUILTIN_AHCI_H */
