# libc-min: C library.  The stateless part is compiled for both sides of the
# line and for the host; the rest stands on the rump kernel client API and
# rumpcomp_host_*.
libc_min_stateless_SRCS := libc-min/mem.c libc-min/string.c libc-min/strtol.c \
	   libc-min/sort.c libc-min/format.c libc-min/strerror.c
libc_min_SRCS :=
