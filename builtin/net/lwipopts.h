/*
 * lwipopts.h: how lwIP is built for Sirloin's built-in rump kernel.  The raw
 * API under one lock (net.h), no thread of lwIP's own, no pools, no protection.
 */
#ifndef BUILTIN_LWIPOPTS_H
#define BUILTIN_LWIPOPTS_H

#define NO_SYS				1
#define SYS_LIGHTWEIGHT_PROT		0
#define LWIP_NETCONN			0
#define LWIP_SOCKET			0
#define LWIP_NETIF_API			0
#define LWIP_ERRNO_STDINCLUDE		0
#define LWIP_STATS			0
#define LWIP_TIMERS			1
#define LWIP_TIMERS_CUSTOM		1	/* timeout.c */

/* Memory: mem.c has both interfaces; numbers of pools mean nothing there. */
#define MEM_ALIGNMENT			8
#define LWIP_PBUF_REF_T			u16_t
#define MEM_LIBC_MALLOC			1
#define MEMP_MEM_MALLOC			1
#define MEM_SIZE			(1 << 20)
#define LWIP_SUPPORT_CUSTOM_PBUF	1
#define PBUF_POOL_BUFSIZE		2048
#define MEMP_NUM_TCP_SEG		65535
#define MEMP_NUM_FRAG_PBUF		64

/* Links. */
#define LWIP_ARP			1
#define ARP_TABLE_SIZE			64
#define ARP_QUEUEING			1
#define ARP_QUEUE_LEN			32
#define ETHARP_TRUST_IP_MAC		0
#define LWIP_NETIF_HWADDRHINT		1
#define LWIP_NETIF_LOOPBACK		1	/* polled when the lock is let go */
#define LWIP_HAVE_LOOPIF		1
#define LWIP_NETIF_HOSTNAME		1
#define LWIP_NETIF_LINK_CALLBACK	0
#define LWIP_NETIF_STATUS_CALLBACK	1
#define LWIP_CHECKSUM_CTRL_PER_NETIF	1
#define LWIP_CHECKSUM_ON_COPY		0
#define LWIP_NETIF_TX_SINGLE_PBUF	0

/* IP.  Before anything is fragmented, hooks.h asks whether TSO does. */
#define LWIP_IPV4			1
#define LWIP_IPV6			1
#define IP_FRAG				1
#define LWIP_IPV6_FRAG			1
#define IP_FORWARD			0
#define IP_REASSEMBLY			1
#define IP_REASS_MAX_PBUFS		192
#define MEMP_NUM_REASSDATA		16
#define LWIP_IPV6_REASS			1
#define IPV6_FRAG_COPYHEADER		1	/* pointers have 64 bits */
#define LWIP_IPV6_MLD			1
#define LWIP_IPV6_NUM_ADDRESSES		4
#define LWIP_IPV6_DHCP6			0
#define LWIP_IPV6_AUTOCONFIG		1
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS	1
#define LWIP_ND6_NUM_NEIGHBORS		32
#define LWIP_ND6_NUM_DESTINATIONS	32
#define LWIP_ND6_QUEUEING		1
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS	2
#define LWIP_IGMP			0
#define LWIP_AUTOIP			0
#define LWIP_ICMP			1
#define LWIP_BROADCAST_PING		0
#define LWIP_RAW			1
#define LWIP_UDP			1
#define LWIP_UDPLITE			0
#define LWIP_MULTICAST_TX_OPTIONS	1
#define LWIP_NETBUF_RECVINFO		0
#define SO_REUSE			1
#define SO_REUSE_RXTOALL		1
#define IP_SOF_BROADCAST		1
#define IP_SOF_BROADCAST_RECV		0

#define LWIP_DHCP			1
#define LWIP_DHCP_DOES_ACD_CHECK	0	/* 2.2: costs a second */
#define DHCP_DOES_ARP_CHECK		0	/* 2.1 */
#define LWIP_ACD			0
#define LWIP_DHCP_BOOTP_FILE		0
#define LWIP_DHCP_MAX_DNS_SERVERS	3
#define LWIP_DHCP_GET_NTP_SRV		0
/* libc-min has the resolver: netconfig.c only keeps the servers' names. */
#define LWIP_DNS			1
#define DNS_MAX_SERVERS			3

/* TCP. */
#define LWIP_TCP			1
#define LWIP_CALLBACK_API		1
#define TCP_LISTEN_BACKLOG		1
#define TCP_DEFAULT_LISTEN_BACKLOG	255
#define TCP_MSS				33000	/* the interface's MTU decides */
#define TCP_CALCULATE_EFF_SEND_MSS	1
#define LWIP_WND_SCALE			1
#define TCP_RCV_SCALE			5
#define TCP_WND				(1024 * 1024)	/* sock_tcp.c gives less */
#define TCP_SND_BUF			(8 * 1024 * 1024)	/* ditto */
#define TCP_SND_QUEUELEN		16384
#define TCP_SNDLOWAT			16384
#define TCP_SNDQUEUELOWAT		8192
#define TCP_OVERSIZE			4096
#define TCP_QUEUE_OOSEQ			1
#define TCP_OOSEQ_MAX_PBUFS		512
#define LWIP_TCP_SACK_OUT		1
#define LWIP_TCP_TIMESTAMPS		0
#define TCP_TMR_INTERVAL		50	/* delayed ACK; RTO from 300 ms */
#define LWIP_TCP_RTO_TIME		1000	/* 2.2; 2.1: sock_tcp.c */
#define TCP_SYNMAXRTX			12
#define TCP_MAXRTX			9	/* 2.5 minutes where the RTO is 300 ms */
#define TCP_MSL				5000UL
#define LWIP_TCP_KEEPALIVE		1
#define LWIP_DISABLE_TCP_SANITY_CHECKS	1	/* they think of 16-bit windows */
/* RFC 6528 instead of a random number alone. */
#define LWIP_HOOK_TCP_ISN		net_tcp_isn
#define LWIP_HOOK_FILENAME		"hooks.h"
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p)	\
	((pcb)->state >= ESTABLISHED && (pcb)->state != TIME_WAIT ?	\
	net_tcp_inpacket(pcb, hdr, optlen, opt1len, (p)->tot_len) : ERR_OK)
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(p, hdr, pcb, opts)		\
	net_tcp_outpacket(hdr, pcb, opts)
#define LWIP_HOOK_IP4_INPUT		net_ip4_insane
#define LWIP_HOOK_ND6_GET_GW		net_nd6_gw

#endif /* BUILTIN_LWIPOPTS_H */
