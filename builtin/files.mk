# The built-in rump kernel.  Always there: core, and the file system layer with
# tmpfs, /dev and etfs.  builtin/net and the disk file systems are components.
builtin_SRCS := \
	builtin/core/init.c builtin/core/lwp.c builtin/core/kern.c \
	builtin/core/file.c builtin/core/fd.c builtin/core/poll.c \
	builtin/core/pipe.c \
	builtin/core/sys_io.c builtin/core/sys_fd.c builtin/core/sys_misc.c \
	builtin/core/sysctl.c \
	builtin/fs/vfs.c builtin/fs/namei.c builtin/fs/vn.c \
	builtin/fs/sys_path.c builtin/fs/sys_attr.c builtin/fs/sys_statvfs.c \
	builtin/fs/tmpfs.c builtin/fs/tmpfs_data.c \
	builtin/fs/devfs.c builtin/fs/etfs.c builtin/fs/blk.c

# Partitions, in images with disks.
builtin_part_SRCS := builtin/fs/part.c
# for images that serve disks
builtin_blkback_SRCS := builtin/fs/discard.c

# FAT and exFAT: FatFs, with our vnodes and our way to the data.
builtin_fat_SRCS := builtin/fs/fat/mount.c builtin/fs/fat/node.c \
	builtin/fs/fat/attr.c \
	builtin/fs/fat/data.c builtin/fs/fat/fattime.c builtin/fs/bcache.c \
	builtin/fs/syncer.c
builtin_fat_FOREIGN_OBJS := $(O)/obj/fatfs/ffunit.o $(O)/obj/fatfs/ffunicode.o
builtin_fat_INC = -Ibuiltin/fs/fat -I$(O)/src/micropython/lib/oofatfs \
	-DFFCONF_H='"fatconf.h"'

$(O)/obj/fatfs/ffunit.o: builtin/fs/fat/ffunit.c builtin/fs/fat/ffunit.h \
    builtin/fs/fat/fatconf.h $(FLAGS) | $(O)/src/micropython/.sha256
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ABOVE) $(builtin_fat_INC) $(FOREIGN) -c -o $@ $<
$(O)/obj/fatfs/ffunicode.o: builtin/fs/fat/fatconf.h $(FLAGS) | $(O)/src/micropython/.sha256
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ABOVE) $(builtin_fat_INC) $(FOREIGN) -c -o $@ \
	    $(O)/src/micropython/lib/oofatfs/ffunicode.c

$(builtin_fat_SRCS:%.c=$(O)/obj/above/%.o): ABOVE += $(builtin_fat_INC)
$(builtin_fat_SRCS:%.c=$(O)/obj/above/%.o): | $(O)/src/micropython/.sha256

# ISO 9660, our own: see docs/filesystems.md.
builtin_iso_SRCS := builtin/fs/iso/iso.c builtin/fs/iso/record.c \
	builtin/fs/iso/susp.c builtin/fs/bcache.c

# Folders of the host, by 9P.
builtin_share_SRCS := builtin/fs/p9/msg.c builtin/fs/p9/client.c \
	builtin/fs/p9/node.c builtin/fs/p9/data.c builtin/fs/p9/mount.c \
	builtin/fs/p9/session.c

# Every call goes through these; builtin/net adds its own.
builtin_HOT := builtin/core/file.c builtin/core/sys_io.c \
	builtin/core/sys_misc.c builtin/core/poll.c \
	builtin/fs/bcache.c builtin/fs/fat/data.c
