/* sys/utsname.h */
#ifndef _SYS_UTSNAME_H_
#define _SYS_UTSNAME_H_

struct utsname {
	char	sysname[256], nodename[256], release[256], version[256];
	char	machine[256];
};
int	uname(struct utsname *);

#endif /* _SYS_UTSNAME_H_ */
