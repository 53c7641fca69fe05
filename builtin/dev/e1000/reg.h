/*
 * reg.h: registers and descriptors of Intel's 8254x and 82574 Gigabit Ethernet
 * controllers.  Facts: PCI/PCI-X Family of Gigabit Ethernet Controllers
 * Software Developer's Manual ("SDM"), chapters 3 and 13; Intel 82574 GbE
 * Controller Family Datasheet ("DS"), chapters 7 and 10.
 */
#ifndef BUILTIN_E1000_REG_H
#define BUILTIN_E1000_REG_H

#include <stdint.h>

#define CTRL		0x0000
#define  CTRL_FD	0x00000001
#define  CTRL_NOMASTER	0x00000004	/* 82574: no new bus requests */
#define  CTRL_LRST	0x00000008
#define  CTRL_ASDE	0x00000020	/* speed as the PHY says */
#define  CTRL_SLU	0x00000040	/* the MAC may have a link */
#define  CTRL_FRCSPD	0x00000800
#define  CTRL_FRCDPX	0x00001000
#define  CTRL_RST	0x04000000
#define  CTRL_VME	0x40000000
#define STATUS		0x0008
#define  STATUS_LU	0x00000002
#define  STATUS_TXOFF	0x00000010	/* the peer asked for a pause */
#define  STATUS_SPEED(v) ((v) >> 6 & 3)	/* 10, 100, 1000, 1000 */
#define  STATUS_MASTER	0x00080000	/* 82574: bus requests are under way */
#define EECD		0x0010
#define  EECD_AUTO_RD	0x00000200	/* 82574: the EEPROM has been read */
#define EERD		0x0014
#define  EERD_START	0x00000001
#define CTRL_EXT	0x0018
#define  CTRL_EXT_SET	0x00400000	/* 82574, DS 10.2.2: must be 1 */
#define  CTRL_EXT_CLEAR	0x00800000	/* and 0 */
#define  CTRL_EXT_EIAME	0x01000000
#define  CTRL_EXT_IAME	0x08000000
#define  CTRL_EXT_PBA	0x80000000	/* 82574: pending bits of MSI-X */
#define MDIC		0x0020
#define  MDIC_READ	0x08000000
#define  MDIC_WRITE	0x04000000
#define  MDIC_PHY	0x00200000	/* address 1 */
#define  MDIC_REG(r)	((uint32_t)(r) << 16)
#define  MDIC_READY	0x10000000
#define  MDIC_ERROR	0x40000000
#define FCAL		0x0028
#define FCAH		0x002c
#define FCT		0x0030
#define FCTTV		0x0170

#define ICR		0x00c0		/* reading clears */
#define ITR		0x00c4		/* in units of 256 ns */
#define ICS		0x00c8
#define IMS		0x00d0
#define IMC		0x00d8
#define EIAC		0x00dc		/* 82574: causes that MSI-X clears */
#define IAM		0x00e0
#define IVAR		0x00e4		/* 82574: which cause has which vector */
#define  IVAR_RXQ(q, v)	((0x8u | (v)) << ((q) * 4))
#define  IVAR_TXQ0(v)	((0x8u | (v)) << 8)
#define  IVAR_OTHER(v)	((0x8u | (v)) << 16)
#define EITR(v)		(0x00e8 + (v) * 4)
#define  INT_TXDW	0x00000001	/* a descriptor was written back */
#define  INT_LSC	0x00000004
#define  INT_RXDMT0	0x00000010	/* few descriptors left */
#define  INT_RXO	0x00000040	/* none left: packets are lost */
#define  INT_RXT0	0x00000080	/* packets have come */
#define  INT_RXQ(q)	(0x00100000u << (q))	/* 82574: the same by queue */
#define  INT_TXQ0	0x00400000
#define  INT_OTHER	0x01000000

#define RCTL		0x0100
#define  RCTL_EN	0x00000002
#define  RCTL_UPE	0x00000008	/* all unicast */
#define  RCTL_MPE	0x00000010	/* all multicast */
#define  RCTL_BAM	0x00008000
#define  RCTL_SECRC	0x04000000	/* strip the CRC */
#define TCTL		0x0400
#define  TCTL_EN	0x00000002
#define  TCTL_PSP	0x00000008	/* pad short packets */
#define  TCTL_CT	0x000000f0	/* collision threshold 15 */
#define  TCTL_COLD	0x00040000	/* distance 64: full duplex */
#define  TCTL_RTLC	0x01000000
#define TIPG		0x0410
#define  TIPG_COPPER	(8 | 8 << 10 | 6 << 20)	/* SDM 13.4.34 */

#define RDBAL(q)	(0x2800 + (q) * 0x100)
#define RDBAH(q)	(0x2804 + (q) * 0x100)
#define RDLEN(q)	(0x2808 + (q) * 0x100)
#define RDH(q)		(0x2810 + (q) * 0x100)
#define RDT(q)		(0x2818 + (q) * 0x100)
#define RDTR		0x2820
#define RXDCTL(q)	(0x2828 + (q) * 0x100)
#define  RXDCTL_GRAN	0x01000000	/* thresholds in descriptors */
#define RADV		0x282c
#define TDBAL		0x3800
#define TDBAH		0x3804
#define TDLEN		0x3808
#define TDH		0x3810
#define TDT		0x3818
#define TIDV		0x3820
#define TXDCTL		0x3828
#define  TXDCTL_GRAN	0x01000000
#define  TXDCTL_COUNT	0x00400000	/* 82574, DS 10.2.6.7: must be 1 */
#define TADV		0x382c
#define TARC0		0x3840
#define  TARC0_CLEAR	0x78000000
#define  TARC0_SET	0x04000400	/* erratum; the queue is enabled */

#define RXCSUM		0x5000
#define  RXCSUM_IPOFL	0x00000100
#define  RXCSUM_TUOFL	0x00000200
#define  RXCSUM_PCSD	0x00002000	/* the hash in place of a sum */
#define RFCTL		0x5008
#define  RFCTL_ACKDIS	0x00001000	/* no interrupt for ACKs */
#define  RFCTL_EXSTEN	0x00008000	/* extended descriptors */
#define MTA(n)		(0x5200 + (n) * 4)
#define RAL(n)		(0x5400 + (n) * 8)
#define RAH(n)		(0x5404 + (n) * 8)
#define  RAH_AV		0x80000000
#define WUC		0x5800
#define MRQC		0x5818
#define  MRQC_2Q	0x00000001
#define  MRQC_HASHES	0x00370000	/* TCP and IP, v4 and v6 */
#define GCR		0x5b00
#define  GCR_SET	0x08400000	/* DS 10.2.2.18; errata 25 */
#define GCR2		0x5b64
#define RETA(n)		(0x5c00 + (n) * 4)
#define RSSRK(n)	(0x5c80 + (n) * 4)
#define NREG		0x10000		/* bytes that are used: CSRs end there */

/* Counters; reading clears. */
#define CRCERRS		0x4000
#define ALGNERRC	0x4004
#define RXERRC		0x400c
#define MPC		0x4010		/* missed: no room in the FIFO */
#define ECOL		0x4018
#define LATECOL		0x4020
#define RLEC		0x4040
#define RNBC		0x40a0		/* no descriptor when it came */
#define RUC		0x40a4
#define RFC		0x40a8
#define ROC		0x40ac
#define RJC		0x40b0

/* ---- descriptors ---- */

/*
 * Receiving.  What is read is the address and zeros.  What is written, legacy
 * (SDM 3.2.3): length, checksum, status, errors; extended (DS 7.1.5): status
 * and errors in 32 bits, length; the bits are the same.
 */
struct rxdesc {
	uint64_t	addr;
	volatile uint64_t wb;
};
#define RX_DD		0x01
#define RX_EOP		0x02
#define RX_IXSM		0x04		/* the two below mean nothing */
#define RX_L4CS		0x20		/* a TCP or UDP checksum was computed */
#define RXE_CE		0x01
#define RXE_SE		0x02
#define RXE_SEQ		0x04
#define RXE_CXE		0x10
#define RXE_L4		0x20
#define RXE_IP		0x40
#define RXE_RXE		0x80
#define RXE_FRAME	(RXE_CE | RXE_SE | RXE_SEQ | RXE_CXE | RXE_RXE)

/*
 * Sending (SDM 3.3.5 to 3.3.7): a word of addresses or offsets, and a word
 * with length, type and commands in its lower half.
 */
struct txdesc {
	uint64_t	addr;
	volatile uint64_t cmd;
};
#define TX_DD		(1ull << 32)
/* Lower half. */
#define TX_DEXT		0x20000000
#define TX_DATA		0x00100000	/* else: context */
#define TX_RS		0x08000000
#define TX_TSE		0x04000000
#define TX_IFCS		0x02000000	/* data: CRC */
#define TX_EOP		0x01000000
#define TX_C_IP		0x02000000	/* context: IPv4 */
#define TX_C_TCP	0x01000000
/* Upper half: options of the data, lengths of the context. */
#define TX_IXSM		(0x01ull << 40)
#define TX_TXSM		(0x02ull << 40)
#define TX_HDRLEN(n)	((uint64_t)(n) << 40)
#define TX_MSS(n)	((uint64_t)(n) << 48)
#define TX_MAXPIECE	4096

#endif /* BUILTIN_E1000_REG_H */
