/* sys/reboot.h */
#ifndef _SYS_REBOOT_H_
#define _SYS_REBOOT_H_

#include <rump/abi.h>

int	reboot(int, char *);

#endif /* _SYS_REBOOT_H_ */
