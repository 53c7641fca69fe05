# The built-in rump kernel.  Always there: core, and the file system layer with
# tmpfs, /dev and etfs.  builtin/net and the disk file systems are components.
builtin_SRCS := \
	builtin/core/init.c builtin/core/lwp.c builtin/core/kern.c \
	builtin/core/fd.c builtin/core/poll.c builtin/core/pipe.c \
	builtin/core/sys_io.c builtin/core/sys_fd.c builtin/core/sys_misc.c
