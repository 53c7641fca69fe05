/*
 * timeout.c: lwIP's timers.  One thread sleeps until the next is due.  TCP's
 * runs only while there are connections, DHCP's while it is in use; all others
 * are served once a second.
 */
#include "lwip/opt.h"
#include "lwip/timeouts.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/ip4_frag.h"
#include "lwip/etharp.h"
#include "lwip/dhcp.h"
#include "lwip/nd6.h"
#include "lwip/ip6_frag.h"
#include "lwip/mld6.h"
#include "lwip/sys.h"

#include <rump/rumpuser.h>

#include "net.h"
#include "sock.h"

enum { T_TCP, T_SECOND, T_DHCP_FINE, T_DHCP_COARSE, T_MAX };
#define MS		1000000ULL
#define NEVER		UINT64_MAX

static void second_tmr(void);
static void dhcp_minute(void);
static struct {
	uint64_t	interval;
	uint64_t	due;
	void		(*fn)(void);
} timers[T_MAX] = {
	[T_TCP] = { TCP_TMR_INTERVAL * MS, NEVER, sock_tcp_tmr },
	[T_SECOND] = { 1000 * MS, NEVER, second_tmr },
	[T_DHCP_FINE] = { DHCP_FINE_TIMER_MSECS * MS, NEVER, dhcp_fine_tmr },
	[T_DHCP_COARSE] = { DHCP_COARSE_TIMER_SECS * 1000 * MS, NEVER,
	    dhcp_minute },
};
static kcond_t timer_cv;
static uint64_t sleeping_until;		/* 0: the thread is awake */

/* Everything that lwIP wants once a second, or ten times: MLD can wait. */
static void
second_tmr(void)
{

	etharp_tmr();
	ip_reass_tmr();
	nd6_tmr();
	ip6_reass_tmr();
	for (int i = 0; i < 1000 / MLD6_TMR_INTERVAL; i++)
		mld6_tmr();
}

static void
arm(int t)
{

	if (timers[t].due != NEVER)
		return;
	timers[t].due = k_uptime() + timers[t].interval;
	if (timers[t].due < sleeping_until)
		rumpuser_cv_signal(timer_cv);
}

/* lwIP: there is a connection. */
void
tcp_timer_needed(void)
{

	if (tcp_active_pcbs != NULL || tcp_tw_pcbs != NULL)
		arm(T_TCP);
}

void
net_timer_dhcp(void)
{

	arm(T_DHCP_FINE);
	arm(T_DHCP_COARSE);
}

/* Leases are renewed by minutes; only asking needs the fine timer. */
static void
dhcp_minute(void)
{

	dhcp_coarse_tmr();
	if (!net_dhcp_idle())
		arm(T_DHCP_FINE);
}

/* Interfaces call this by way of vif_create(). */
void
net_timer_second(void)
{

	arm(T_SECOND);
}

u32_t
sys_now(void)
{

	return k_uptime() / MS;
}

void sys_timeouts_init(void) { }

/* Run what is due; the time of the next. */
static uint64_t
run_due(void)
{
	uint64_t now = k_uptime(), next = NEVER;

	for (int t = 0; t < T_MAX; t++) {
		if (timers[t].due <= now) {
			timers[t].due = now + timers[t].interval;
			timers[t].fn();
			if ((t == T_TCP && tcp_active_pcbs == NULL &&
			    tcp_tw_pcbs == NULL) ||
			    (t == T_DHCP_FINE && net_dhcp_idle()))
				timers[t].due = NEVER;
		}
		if (timers[t].due < next)
			next = timers[t].due;
	}
	return next;
}

static void
timer_thread(void *arg)
{
	uint64_t next;

	net_lock();
	for (;;) {
		next = run_due();
		net_settle();
		sleeping_until = next;
		kcond_wait_until(&timer_cv, &net_mtx, next);
		sleeping_until = 0;
		vif_tx_reap();
	}
}

int
net_timer_start(void)
{

	kcond_init(&timer_cv);
	return kthread_create("nettimer", timer_thread, NULL);
}
