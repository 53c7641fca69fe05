# linux/: Linux's system calls, and the C library musl built to make them here
# (musl.mk).  Images with the component `linux'.
linux_SRCS := linux/call.c linux/task.c linux/process.c linux/gate.S linux/fault.c \
	   linux/faultgate.S linux/exec.c linux/file.c linux/path.c linux/attr.c \
	   linux/mem.c linux/sock.c linux/sockmsg.c linux/poll.c linux/epoll.c \
	   linux/special.c linux/time.c linux/timer.c linux/cputime.c linux/signal.c \
	   linux/misc.c linux/small.c linux/absent.c
linux_HOT := linux/call.c linux/file.c linux/sock.c linux/poll.c linux/epoll.c
