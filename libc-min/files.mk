# libc-min: C library.  The stateless part is compiled for both sides of the
# line and for the host; the rest stands on the rump kernel client API and
# rumpcomp_host_*.
libc_min_stateless_SRCS := libc-min/mem.c libc-min/string.c libc-min/strtol.c \
	   libc-min/sort.c libc-min/format.c libc-min/strerror.c libc-min/jsmn.c
# strtol.c again: below the line it has no errno to set
libc_min_SRCS := libc-min/strtol.c libc-min/start.c libc-min/stop.c libc-min/config.c libc-min/config_dev.c \
	   libc-min/json.c \
	   libc-min/netcfg.c libc-min/mount.c libc-min/flush.c libc-min/stdlib.c \
	   libc-min/file.c libc-min/stdio.c libc-min/util.c libc-min/posix.c \
	   libc-min/socket.c libc-min/netdb.c libc-min/dns.c libc-min/inet.c \
	   libc-min/time.c libc-min/timeconv.c libc-min/thread.c \
	   libc-min/mutex.c libc-min/rwlock.c
libc_min_HOT := libc-min/mem.c libc-min/string.c libc-min/mutex.c \
	libc-min/posix.c libc-min/socket.c
libc_min_trace_SRCS := libc-min/trace.c
