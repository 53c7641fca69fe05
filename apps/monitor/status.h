/* status.h: for monitor and driverdomain. */
#ifndef MONITOR_STATUS_H
#define MONITOR_STATUS_H

int	status_print(void);	/* 0, or an errno when there is none */

#endif /* MONITOR_STATUS_H */
