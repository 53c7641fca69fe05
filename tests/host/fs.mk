# builtin/fs as a Linux process under ASan and UBSan: damaged disks, and power
# that fails.  What is above the line keeps its own headers, so it has objects
# of its own.
fs_host_SAN := -fsanitize=address,undefined -fno-sanitize=alignment,shift \
	   -fno-sanitize-recover=undefined
fs_host_CFLAGS = -std=gnu11 -g -O1 -w -ffreestanding -nostdinc \
	   -isystem $(GCCINC) -fno-strict-aliasing -fno-omit-frame-pointer \
	   $(fs_host_SAN) -Iinclude -Ilibc-min/include
fs_host_OBJS = $(patsubst %.c,$(O)/obj/fshost/%.o,$(sort $(builtin_SRCS) $(builtin_part_SRCS) \
	   $(builtin_fat_SRCS) $(builtin_iso_SRCS))) \
	   $(O)/obj/fshost/ffunit.o $(O)/obj/fshost/ffunicode.o

$(O)/obj/fshost/ffunit.o: builtin/fs/fat/ffunit.c builtin/fs/fat/fatconf.h \
    builtin/fs/fat/ffunit.h | $(O)/src/micropython/.sha256
	@mkdir -p $(@D)
	$(Q)$(CC) $(fs_host_CFLAGS) -I$(O)/include $(builtin_fat_INC) -c -o $@ $<
$(O)/obj/fshost/ffunicode.o: builtin/fs/fat/fatconf.h | $(O)/src/micropython/.sha256
	@mkdir -p $(@D)
	$(Q)$(CC) $(fs_host_CFLAGS) -I$(O)/include $(builtin_fat_INC) -c -o $@ \
	    $(O)/src/micropython/lib/oofatfs/ffunicode.c
$(O)/obj/fshost/%.o: %.c | $(O)/src/micropython/.sha256 $(O)/include/.done
	@mkdir -p $(@D)
	$(Q)$(CC) $(fs_host_CFLAGS) -I$(O)/include $(builtin_fat_INC) -MMD -MP \
	    -c -o $@ $<

$(O)/host/fuzz_fs.bin: tests/host/fuzz_fs.c tests/host/fs_disk.h \
    $$(hostline) $$(fs_host_OBJS)
	@mkdir -p $(@D)
	$(Q)$(CC) -g -O1 -w -no-pie -D_GNU_SOURCE $(fs_host_SAN) -Iinclude \
	    -I$(O)/include -o $@ $< $(fs_host_OBJS) -lpthread

$(O)/host/fuzz_p9.bin: tests/host/fuzz_p9.c tests/host/fs_disk.h $$(hostline) \
    $$(fs_host_OBJS) $(patsubst %.c,$(O)/obj/fshost/%.o,$(builtin_share_SRCS))
	@mkdir -p $(@D)
	$(Q)$(CC) -g -O1 -w -no-pie -D_GNU_SOURCE $(fs_host_SAN) -Iinclude \
	    -I$(O)/include -o $@ $< $(filter %.o,$^) -lpthread
