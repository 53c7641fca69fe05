# The built-in rump kernel.  Always there: core, and the file system layer with
# tmpfs, /dev and etfs.  builtin/net and the disk file systems are components.
builtin_SRCS := \
	builtin/core/init.c builtin/core/lwp.c builtin/core/kern.c \
	builtin/core/fd.c builtin/core/poll.c builtin/core/pipe.c \
	builtin/core/sys_io.c builtin/core/sys_fd.c builtin/core/sys_misc.c \
	builtin/fs/vfs.c builtin/fs/namei.c builtin/fs/vn.c \
	builtin/fs/sys_path.c builtin/fs/tmpfs.c builtin/fs/tmpfs_data.c \
	builtin/fs/devfs.c builtin/fs/etfs.c builtin/fs/blk.c builtin/fs/part.c
