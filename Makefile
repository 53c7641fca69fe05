# Sirloin: rump kernels on hardware.  `make run`, `make test`: see README.md.
#
#   O=DIR     where everything is built (build)
#   RUMP=DIR  link NetBSD's rump kernel from this tree (else the built-in one)

O	?= build
RUMP	?=
KERNEL	:= $(if $(RUMP),netbsd,builtin)
OUT	:= $(O)/$(KERNEL)/hw

# Third-party sources keep their own style.
FOREIGN	:= -Wno-error -w

APPS	:= hello httpd rumptest pcitest nettest fstest libctest bench
LOWAPPS	:= kerntest devtest		# link nothing above the line

CC	:= gcc
LD	:= ld
.DEFAULT_GOAL := all
.SECONDARY:
.SECONDEXPANSION:
.DELETE_ON_ERROR:

# Asked once, and not before the compiler is installed.
GCCINC	= $(eval GCCINC := $$(shell $$(CC) -print-file-name=include))$(GCCINC)

# Drivers for hardware, for applications that want all that there are: the built-in
# kernel's, or NetBSD's (netbsd/components.mk).
HARDWARE = $(if $(RUMP),$(netbsd_HARDWARE),wm nvme ahci)

# objects of sources: $(call objs,hw|above,sources)
objs	= $(addprefix $(O)/obj/$(1)/,$(addsuffix .o,$(basename $(2))))

# ---- sources: explicit lists, one file a room ----

ROOMS	:= platform/hw platform/common kernel pci virtio xen hypercall \
	   builtin builtin/core builtin/fs builtin/net builtin/dev libc-min netbsd \
	   $(APPS:%=apps/%) $(LOWAPPS:%=apps/%)
-include $(ROOMS:%=%/files.mk)
-include tests/host/tests.mk

# ---- flags ----

# Small, but for the files that a room names as hot (ROOM_HOT in its files.mk).
COMMON	= -std=gnu11 $(OPT) -g -ffreestanding -nostdinc -isystem $(GCCINC) \
	   -fno-pic -no-pie -mno-red-zone -mcmodel=small -fcf-protection=none \
	   -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	   -fstack-protector -fno-omit-frame-pointer \
	   -ffunction-sections -fdata-sections -fno-tree-loop-distribute-patterns \
	   -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	   -Iinclude -Ilibc-min/include -I$(O)/include -MMD -MP
BELOW	= $(COMMON) -mgeneral-regs-only -Iinclude/hw -D_SIRLOIN_BELOW
ABOVE	= $(COMMON)

OPT	:= -Oz
HOT	:= $(foreach r,platform_hw kernel pci virtio xen hypercall builtin libc_min,$($(r)_HOT))
$(call objs,hw,$(HOT)) $(call objs,above,$(HOT)): OPT := -O2

# Below the line: what every image has, and the drivers that the components of
# an application ask for.
base_SRCS := $(platform_hw_SRCS) $(platform_common_SRCS) $(kernel_SRCS) \
	   $(hypercall_SRCS) $(libc_min_stateless_SRCS)
DISKS	:= disk fat iso ext2 ffs
drivers	= $(if $(filter net,$(1)),$(virtio_net_SRCS) $(xen_net_SRCS)) \
	   $(if $(filter $(DISKS),$(1)),$(virtio_blk_SRCS) $(xen_blk_SRCS)) \
	   $(if $(RUMP)$(filter $(DISKS),$(1)),$(hypercall_disk_SRCS)) \
	   $(if $(filter net $(DISKS),$(1)),$(virtio_SRCS) $(xen_SRCS)) \
	   $(if $(filter net pci $(DISKS),$(1)),$(pci_SRCS) $(hypercall_pci_SRCS))
ALLDRIVERS := $(call drivers,net disk)

HDRS	:= $(O)/include/.done

# ---- what must be there ----

.PHONY: all deps sources iso run test bench xen-test xen-shell clean check-arrows
all: $(APPS:%=$(OUT)/%.elf) $(LOWAPPS:%=$(OUT)/%.elf)

deps:
	@scripts/install-deps build

$(O)/include/xen/xen.h:
	@scripts/install-deps build
	@mkdir -p $(@D)
	$(Q)cp -r /usr/include/xen $(O)/include/
	@touch $@

$(HDRS): | $(O)/include/xen/xen.h
	$(Q)for h in queue tree; do \
	    sed 's,bsd/sys/cdefs.h,queue_cdefs.h,;s,sys/cdefs.h,queue_cdefs.h,' \
	        $$(ls /usr/include/bsd/sys/$$h.h /usr/include/*/bsd/sys/$$h.h \
	        2>/dev/null | head -n 1) >$(@D)/$$h.h; done
	$(Q)printf '#ifndef __unused\n#define __unused __attribute__((unused))\n#endif\n' \
	    >$(@D)/queue_cdefs.h
	$(Q)cp /usr/include/jsmn.h $(@D)/jsmn.h
	@touch $@

$(O)/src/%/.sha256: scripts/sources.pins | $(HDRS)
	$(call say,FETCH,$*)
	@scripts/fetch-sources $(O)/src $*
	@touch $@

# ---- compile (V=1 prints the commands) ----

Q	:= $(if $(V),,@)
say	= @echo '  $(1)	$(2)'

$(O)/obj/hw/%.o: %.c | $(HDRS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BELOW) -c -o $@ $<
$(O)/obj/hw/%.o: %.S | $(HDRS)
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(BELOW) -D__ASSEMBLY__ -c -o $@ $<
$(O)/obj/above/%.o: %.c | $(HDRS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ABOVE) $($(firstword $(subst /, ,$*))_CFLAGS) -c -o $@ $<
$(O)/obj/above/%.o: %.S | $(HDRS)
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(ABOVE) -c -o $@ $<

# ---- link: three groups whose private names stay private, then the image ----

# One copy of the stateless C library serves both sides of the line.
stateless_OBJS := $(call objs,hw,$(libc_min_stateless_SRCS))
$(O)/obj/hw/stateless.names: $(stateless_OBJS)
	$(Q)nm -g --defined-only $^ | awk 'NF == 3 { print $$3 }' >$@

localize = objcopy --wildcard $(patsubst %,--keep-global-symbol='%',$(2)) $(1)

$(APPS:%=$(O)/obj/hw-$(KERNEL)/below-%.o): $(O)/obj/hw-$(KERNEL)/below-%.o: \
    $$(call objs,hw,$(base_SRCS) $$(call drivers,$$(app_$$*_COMPONENTS))) \
    $(O)/obj/hw/stateless.names
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@ $(filter %.o,$^)
	$(Q)$(call localize,$@,rumpuser_* rumpcomp_* _start) \
	    --keep-global-symbols=$(O)/obj/hw/stateless.names

$(O)/obj/hw/lowest.o: $(call objs,hw,$(base_SRCS) $(ALLDRIVERS))
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@ $^

libc_OBJS := $(call objs,above,$(libc_min_SRCS))

$(O)/obj/above/app-%.o: $(libc_OBJS) $$(call objs,above,$$(app_$$*_SRCS))
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@ $(filter %.o,$^)
	$(Q)$(call localize,$@,sirloin_main sirloin_stop __stack_chk_fail)

include scripts/kernel-$(KERNEL).mk

# Protections are the page tables' work (linker/hw.lds aligns): -n packs the file.
LINK	:= $(LD) -n -static -nostdlib -z noexecstack --no-warn-rwx-segments \
	   --gc-sections --build-id=none -T linker/hw.lds

# Two passes: the second has the table of symbols for backtraces.
define link_image
	@mkdir -p $(@D)
	$(call say,IMAGE,$@)
	$(Q)$(LINK) -o $@.1 $(1)
	$(Q)scripts/ksyms $@.1 >$@.ksyms.S
	$(Q)$(CC) -c -o $@.ksyms.o $@.ksyms.S
	$(Q)$(LINK) -o $@ $(1) $@.ksyms.o
	@rm -f $@.1 $@.ksyms.S $@.ksyms.o
endef

$(APPS:%=$(OUT)/%.elf): $(OUT)/%.elf: $(O)/obj/hw-$(KERNEL)/below-%.o \
    $(O)/obj/above/app-%.o $(O)/obj/$(KERNEL)/rump-%.o linker/hw.lds scripts/ksyms
	$(call link_image,$(filter %.o,$^))

$(LOWAPPS:%=$(OUT)/%.elf): $(OUT)/%.elf: $(O)/obj/hw/lowest.o \
    $$(call objs,hw,$$(app_$$*_SRCS)) linker/hw.lds scripts/ksyms
	$(call link_image,$(filter %.o,$^))

# ---- the same above the line as a Linux process (tests/host/hostline.c) ----

HOSTCC	:= $(CC) -g -O1 -Wall -no-pie -D_GNU_SOURCE
$(O)/obj/above/stateless.o: $(call objs,above,$(libc_min_stateless_SRCS))
	$(Q)$(LD) -r -o $@ $^
$(O)/obj/above/process-%.o: $(O)/obj/above/app-%.o $(O)/obj/$(KERNEL)/rump-%.o \
    $(O)/obj/above/stateless.o
	$(Q)$(LD) -r -o $@ $^
	$(Q)$(call localize,$@,sirloin_main)
$(O)/host/%: $(O)/obj/above/process-%.o tests/host/hostline.c tests/host/hostline_io.c
	@mkdir -p $(@D)
	$(HOSTCC) -Iinclude -I$(O)/include -Wl,--gc-sections -o $@ $(filter-out %_io.c,$^) -lpthread

# ---- what a person does ----

iso: $(APPS:%=$(OUT)/%.iso)
$(OUT)/%.iso: $(OUT)/%.elf scripts/sirloin scripts/lib/iso.py
	@scripts/install-deps iso
	$(call say,ISO,$@)
	$(Q)scripts/sirloin iso $< -o $@ $(app_$*_ISO)

# MACHINE=microvm boots the ELF file: a microvm has no CD.
run: $(OUT)/httpd.$(if $(filter microvm,$(MACHINE)),elf,iso)
	@scripts/install-deps run
	@scripts/demo $< $(OUT)

test:
	@scripts/install-deps test
	@tests/run O=$(O) RUMP=$(RUMP)

# Xen in QEMU: its tests alone, and a dom0 prompt with the images in /images.
xen-test:
	@scripts/install-deps test
	@tests/run O=$(O) RUMP=$(RUMP) only=xen

xen-shell: all
	@scripts/install-deps test
	@tests/xen/bed O=$(O) shell

bench: all
	@scripts/install-deps bench
	tests/bench/run $(OUT)

# Objects of a room, comma-separated, by themselves.
comma	:= ,
empty	:=
joined	= $(subst $(empty) $(empty),$(comma),$(strip $(call objs,$(1),$(2))))
ARROWS	= platform=$(call joined,hw,$(platform_hw_SRCS) $(platform_common_SRCS)) \
	   $(foreach r,kernel pci,$(r)=$(call joined,hw,$($(r)_SRCS))) \
	   virtio=$(call joined,hw,$(virtio_SRCS) $(virtio_net_SRCS) $(virtio_blk_SRCS)) \
	   xen=$(call joined,hw,$(xen_SRCS) $(xen_net_SRCS) $(xen_blk_SRCS)) \
	   hypercall=$(call joined,hw,$(hypercall_SRCS) $(hypercall_disk_SRCS) $(hypercall_pci_SRCS)) \
	   stateless=$(call joined,hw,$(libc_min_stateless_SRCS)) \
	   libc-min=$(call joined,above,$(libc_min_SRCS)) \
	   $(foreach a,$(APPS),apps/$(a)=$(call joined,above,$(app_$(a)_SRCS)))
check-arrows: all
	scripts/check-arrows $(ARROWS) builtin=$(O)/obj/builtin/rump-httpd.o

clean:
	rm -rf $(O)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
