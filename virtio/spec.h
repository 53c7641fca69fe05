/*
 * spec.h: numbers of the virtio specification (1.1; section in brackets), of
 * both the legacy and the modern interface.
 */
#ifndef SIRLOIN_VIRTIO_SPEC_H
#define SIRLOIN_VIRTIO_SPEC_H

#include <stdint.h>

/* Device types [5] */
#define VIRTIO_NET		1
#define VIRTIO_BLK		2
#define VIRTIO_RNG		4
#define VIRTIO_9P		9

/* Device status [2.1] */
#define VIRTIO_ST_ACK		0x01
#define VIRTIO_ST_DRIVER	0x02
#define VIRTIO_ST_DRIVER_OK	0x04
#define VIRTIO_ST_FEATURES_OK	0x08
#define VIRTIO_ST_NEEDS_RESET	0x40
#define VIRTIO_ST_FAILED	0x80

/* Features of every device [6] */
#define VIRTIO_F_ANY_LAYOUT	(1ull << 27)	/* legacy only */
#define VIRTIO_F_INDIRECT	(1ull << 28)
#define VIRTIO_F_EVENT_IDX	(1ull << 29)
#define VIRTIO_F_VERSION_1	(1ull << 32)

/* Interrupt status [4.1.4.5] */
#define VIRTIO_ISR_QUEUE	0x1
#define VIRTIO_ISR_CONFIG	0x2
#define VIRTIO_NO_VECTOR	0xffff

/* Legacy PCI interface in I/O BAR 0 [4.1.4.8] */
#define VL_HOST_FEATURES	0
#define VL_GUEST_FEATURES	4
#define VL_QUEUE_PFN		8
#define VL_QUEUE_NUM		12
#define VL_QUEUE_SEL		14
#define VL_NOTIFY		16
#define VL_STATUS		18
#define VL_ISR			19
#define VL_CONFIG_VECTOR	20		/* with MSI-X enabled */
#define VL_QUEUE_VECTOR		22
#define VL_CONFIG		20		/* 24 with MSI-X enabled */

/* Modern PCI: capability types [4.1.4], common configuration [4.1.4.3] */
#define VP_CAP_COMMON		1
#define VP_CAP_NOTIFY		2
#define VP_CAP_ISR		3
#define VP_CAP_DEVICE		4
#define VC_DEV_FEATURE_SEL	0
#define VC_DEV_FEATURE		4
#define VC_DRV_FEATURE_SEL	8
#define VC_DRV_FEATURE		12
#define VC_CONFIG_VECTOR	16
#define VC_NUM_QUEUES		18
#define VC_STATUS		20
#define VC_GENERATION		21
#define VC_QUEUE_SEL		22
#define VC_QUEUE_SIZE		24
#define VC_QUEUE_VECTOR		26
#define VC_QUEUE_ENABLE		28
#define VC_QUEUE_NOTIFY_OFF	30
#define VC_QUEUE_DESC		32
#define VC_QUEUE_DRIVER		40
#define VC_QUEUE_DEVICE		48
#define VC_SIZE			56

/* MMIO registers [4.2.2], and of version 1 [4.2.4] */
#define VM_MAGIC		0x000		/* "virt" */
#define VM_VERSION		0x004
#define VM_DEVICE		0x008
#define VM_VENDOR		0x00c
#define VM_DEV_FEATURES		0x010
#define VM_DEV_FEATURES_SEL	0x014
#define VM_DRV_FEATURES		0x020
#define VM_DRV_FEATURES_SEL	0x024
#define VM_PAGE_SIZE		0x028		/* version 1 */
#define VM_QUEUE_SEL		0x030
#define VM_QUEUE_NUM_MAX	0x034
#define VM_QUEUE_NUM		0x038
#define VM_QUEUE_ALIGN		0x03c		/* version 1 */
#define VM_QUEUE_PFN		0x040		/* version 1 */
#define VM_QUEUE_READY		0x044
#define VM_NOTIFY		0x050
#define VM_ISR			0x060
#define VM_ISR_ACK		0x064
#define VM_STATUS		0x070
#define VM_QUEUE_DESC		0x080
#define VM_QUEUE_DRIVER		0x090
#define VM_QUEUE_DEVICE		0x0a0
#define VM_GENERATION		0x0fc
#define VM_CONFIG		0x100

/* Network device [5.1] */
#define VN_F_CSUM		(1ull << 0)
#define VN_F_GUEST_CSUM		(1ull << 1)
#define VN_F_MTU		(1ull << 3)
#define VN_F_MAC		(1ull << 5)
#define VN_F_GUEST_TSO4		(1ull << 7)
#define VN_F_GUEST_TSO6		(1ull << 8)
#define VN_F_HOST_TSO4		(1ull << 11)
#define VN_F_HOST_TSO6		(1ull << 12)
#define VN_F_MRG_RXBUF		(1ull << 15)
#define VN_F_STATUS		(1ull << 16)
#define VN_CFG_MAC		0
#define VN_CFG_STATUS		6
#define VN_CFG_MTU		10
#define VN_ST_LINK_UP		1
struct vn_hdr {
	uint8_t		flags;
	uint8_t		gso_type;
	uint16_t	hdr_len;
	uint16_t	gso_size;
	uint16_t	csum_start;
	uint16_t	csum_offset;
	uint16_t	num_buffers;	/* with MRG_RXBUF or VERSION_1 */
};
#define VN_HDR_NEEDS_CSUM	1
#define VN_HDR_DATA_VALID	2
#define VN_GSO_NONE		0
#define VN_GSO_TCPV4		1
#define VN_GSO_TCPV6		4
#define VN_GSO_ECN		0x80

/* Block device [5.2] */
#define VB_F_SIZE_MAX		(1ull << 1)
#define VB_F_SEG_MAX		(1ull << 2)
#define VB_F_RO			(1ull << 5)
#define VB_F_BLK_SIZE		(1ull << 6)
#define VB_F_FLUSH		(1ull << 9)
#define VB_CFG_CAPACITY		0		/* in 512 bytes */
#define VB_CFG_SIZE_MAX		8
#define VB_CFG_SEG_MAX		12
#define VB_CFG_BLK_SIZE		20
struct vb_hdr {
	uint32_t	type;
	uint32_t	reserved;
	uint64_t	sector;
};
#define VB_T_IN			0
#define VB_T_OUT		1
#define VB_T_FLUSH		4
#define VB_T_GET_ID		8
#define VB_ID_BYTES		20
#define VB_S_OK			0
#define VB_S_IOERR		1
#define VB_S_UNSUPP		2

/* 9P transport [virtio 1.2, 5.16] */
#define V9_F_MOUNT_TAG		(1ull << 0)
#define V9_CFG_TAGLEN		0		/* 16 bits, then the tag */
#define V9_CFG_TAG		2

#endif /* SIRLOIN_VIRTIO_SPEC_H */
