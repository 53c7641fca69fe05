/* monitor.h: commands typed on the console. */
#ifndef MONITOR_H
#define MONITOR_H

#define MAXWORD	8

struct command {
	const char *name;
	int nargs;
	int (*fn)(char **arg);		/* 0, or an errno that is then printed */
};

void	net_start(void);		/* everybody's: an echo server, TCP port 7 */
int	net_up(char **arg);		/* NAME ADDRESS LENGTH */
int	net_udp(char **arg);		/* ADDRESS COUNT */
int	net_send(char **arg);		/* ADDRESS PORT WORD */
int	net_bulk(char **arg);		/* ADDRESS PORT MB */

#endif
