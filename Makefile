# Sirloin: rump kernels on hardware.  `make run`, `make test`: see README.md.
#
#   O=DIR     where everything is built (build)
#   RUMP=DIR  link NetBSD's rump kernel from this tree (else the built-in one)

O	?= build
RUMP	?=
KERNEL	:= $(if $(RUMP),netbsd,builtin)
OUT	:= $(O)/$(KERNEL)/hw
PLATFORMS := hw xen		# images: $(O)/$(KERNEL)/hw/..., .../xen/...

# Third-party sources keep their own style.
FOREIGN	:= -Wno-error -w

APPS	:= hello httpd rumptest pcitest nettest fstest libctest bench disktest linux monitor driverdomain
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

HDRS	:= $(O)/include/.done
FLAGS	:= $(O)/obj/.flags
LISTS	:= $(O)/obj/$(KERNEL)-lists

# What a build depends on that is no file: $(call record,FILE,TEXT), written when
# it is another than last time.  A build may be copied: its own place is not in it.
recorded = $(subst $(O)/,O/,$(subst ','\'',$(1)))
define record
$(1): FORCE | $(HDRS)
	@mkdir -p $$(@D)
	@echo '$$(call recorded,$(2))' | cmp -s - $$@ || echo '$$(call recorded,$(2))' >$$@
endef

# ---- sources: explicit lists, one file a room ----

ROOMS	:= platform/hw platform/xen platform/common kernel pci virtio xen hypercall \
	   builtin builtin/core builtin/fs builtin/net builtin/dev libc-min linux netbsd \
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
BELOW	= $(COMMON) -mgeneral-regs-only -D_SIRLOIN_BELOW
ABOVE	= $(COMMON)

OPT	:= -Oz
HOT	:= $(foreach r,platform_hw platform_xen kernel pci virtio xen hypercall builtin libc_min linux,$($(r)_HOT))
$(foreach p,$(PLATFORMS) above,$(call objs,$(p),$(HOT))): OPT := -O2

# Below the line: what every image has, and the drivers that the components of
# an application ask for.
base_SRCS = $(platform_$(1)_SRCS) $(platform_common_SRCS) $(kernel_SRCS) \
	   $(hypercall_SRCS) $(libc_min_stateless_SRCS)
DISKS	:= disk fat iso ext2 ffs
# Applications whose images have no hooks for a trace (docs/debugging.md).
UNTRACED := hello
trace_SRCS = $(if $(filter $(UNTRACED),$(2)),,$(kernel_trace_SRCS) $(platform_$(1)_trace_SRCS))
# $(call PLATFORM_drivers,components); xen/'s are for both: a PVH guest is hw.
xen_drivers = $(xen_SRCS) $(kernel_away_SRCS) $(fronts) \
	   $(if $(filter pci $(HARDWARE),$(1)),$(pci_SRCS) $(xen_pci_SRCS) $(hypercall_pci_SRCS))
fronts	= $(if $(filter net,$(1)),$(xen_net_SRCS)) \
	   $(if $(filter $(DISKS),$(1)),$(xen_blk_SRCS)) \
	   $(if $(filter netback blkback,$(1)),$(xen_back_SRCS)) \
	   $(if $(filter netback,$(1)),$(xen_netback_SRCS)) \
	   $(if $(filter netback bridge,$(1)),$(kernel_soft_SRCS)) \
	   $(if $(filter bridge,$(1)),$(hypercall_soft_SRCS)) \
	   $(if $(filter blkback,$(1)),$(xen_blkback_SRCS) $(kernel_export_SRCS) \
	   $(hypercall_export_SRCS)) \
	   $(if $(RUMP)$(filter $(DISKS),$(1)),$(hypercall_disk_SRCS)) \
	   $(if $(filter share,$(1)),$(xen_share_SRCS) $(hypercall_share_SRCS)) \
	   $(if $(filter linux,$(1)),$(kernel_vm_SRCS) $(hypercall_vm_SRCS) \
	   $(if $(RUMP),$(hypercall_vmshare_SRCS)))
hw_drivers = $(if $(filter net share $(DISKS),$(1)),$(xen_SRCS) $(kernel_away_SRCS)) $(fronts) $(if $(filter net,$(1)),$(virtio_net_SRCS)) \
	   $(if $(filter $(DISKS),$(1)),$(virtio_blk_SRCS)) \
	   $(if $(filter share,$(1)),$(virtio_share_SRCS)) \
	   $(if $(filter net share $(DISKS),$(1)),$(virtio_SRCS) $(kernel_power_SRCS)) \
	   $(if $(filter net pci share $(DISKS),$(1)),$(pci_SRCS) $(pci_machine_SRCS) $(hypercall_pci_SRCS))
hw_LOWAPPS := $(LOWAPPS)
xen_LOWAPPS := $(filter-out devtest,$(LOWAPPS))

# ---- what must be there ----

.PHONY: all deps sources iso run test bench xen-test xen-shell clean check-arrows
all: $(foreach p,$(PLATFORMS),$(addprefix $(O)/$(KERNEL)/$(p)/,$(addsuffix .elf,$(APPS) $($(p)_LOWAPPS))))

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

.PHONY: FORCE
$(eval $(call record,$(FLAGS),$$(CC) $$(COMMON) $$(HOT) $$(foreach v,$$(sort $$(filter %_CFLAGS,$$(.VARIABLES))),$$($$(v)))))
$(eval $(call record,$(LISTS),$$(foreach v,$$(sort $$(filter %_SRCS %_COMPONENTS,$$(.VARIABLES))),$$(v) $$($$(v))) $$(HARDWARE)))

define compile_below
$(O)/obj/$(1)/%.o: %.c $(FLAGS) | $(HDRS)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $$(BELOW) -Iinclude/$(1) -c -o $$@ $$<
$(O)/obj/$(1)/%.o: %.S $(FLAGS) | $(HDRS)
	@mkdir -p $$(@D)
	$$(call say,AS,$$<)
	$$(Q)$$(CC) $$(BELOW) -Iinclude/$(1) -D__ASSEMBLY__ -c -o $$@ $$<
endef
$(foreach p,$(PLATFORMS),$(eval $(call compile_below,$(p))))
$(O)/obj/above/%.o: %.c $(FLAGS) | $(HDRS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ABOVE) $($(firstword $(subst /, ,$*))_CFLAGS) -c -o $@ $<
$(O)/obj/above/%.o: %.S $(FLAGS) | $(HDRS)
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(ABOVE) -c -o $@ $<

# ---- link: three groups whose private names stay private, then the image ----

localize = objcopy --wildcard $(patsubst %,--keep-global-symbol='%',$(2)) $(1)

# One copy of the stateless C library serves both sides of the line.
define link_below
$(O)/obj/$(1)/stateless.names: $(call objs,$(1),$(libc_min_stateless_SRCS))
	$$(Q)nm -g --defined-only $$^ | awk 'NF == 3 { print $$$$3 }' >$$@

$(APPS:%=$(O)/obj/$(1)-$(KERNEL)/below-%.o): $(O)/obj/$(1)-$(KERNEL)/below-%.o: \
    $$$$(call objs,$(1),$$$$(call base_SRCS,$(1)) $$$$(call $(1)_drivers,$$$$(app_$$$$*_COMPONENTS)) $$$$(call trace_SRCS,$(1),$$$$*)) \
    $(O)/obj/$(1)/stateless.names linker/below.lds $(LISTS)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(LD) -r -T linker/below.lds -o $$@ $$(filter %.o,$$^)
	$$(Q)$$(call localize,$$@,rumpuser_* rumpcomp_* _start) \
	    --keep-global-symbols=$(O)/obj/$(1)/stateless.names

$(O)/obj/$(1)/lowest.o: $(call objs,$(1),$(call base_SRCS,$(1)) $(call $(1)_drivers,net disk))
	$$(call say,LD,$$@)
	$$(Q)$$(LD) -r -o $$@ $$^
endef
$(foreach p,$(PLATFORMS),$(eval $(call link_below,$(p))))

libc_OBJS := $(call objs,above,$(libc_min_SRCS))

# Programs of Linux's: room linux/ stands beside the C library.
linux_of = $(if $(filter linux,$(app_$(1)_COMPONENTS)),$(linux_SRCS))
main_trace = $(if $(filter $(UNTRACED),$(1)),,$(libc_min_trace_SRCS))
$(O)/obj/above/app-%.o: $(LISTS) $(libc_OBJS) $$(call objs,above,$$(app_$$*_SRCS) $$(call linux_of,$$*) $$(call main_trace,$$*))
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@ $(filter %.o,$^)
	$(Q)$(call localize,$@,sirloin_main sirloin_stop __stack_chk_fail)

# The rump kernel of an application, for a platform: NetBSD's is linked for what
# is below it.
rump_of = $(O)/obj/$(KERNEL)/$(if $(RUMP),$(if $(filter xen,$(1)),xen/))rump-$(2).o

include scripts/kernel-$(KERNEL).mk

# Protections are the page tables' work (linker/hw.lds aligns): -n packs the file.
LINK	:= $(LD) -n -static -nostdlib -z noexecstack --no-warn-rwx-segments \
	   --gc-sections --build-id=none

# Two passes: the second has the table of symbols for backtraces, and that of
# the places that a trace's start changes.
define link_image
	@mkdir -p $(@D)
	$(call say,IMAGE,$@)
	$(Q)$(LINK) -q -S -T $(2) -o $@.1 $(1)
	$(Q)(scripts/ksyms $@.1 && scripts/tracesites $@.1) >$@.tables.S
	$(Q)$(CC) -c -o $@.tables.o $@.tables.S
	$(Q)$(LINK) -T $(2) -o $@ $(1) $@.tables.o
	@rm -f $@.1 $@.tables.S $@.tables.o
endef

define images
$(APPS:%=$(O)/$(KERNEL)/$(1)/%.elf): $(O)/$(KERNEL)/$(1)/%.elf: $(O)/obj/$(1)-$(KERNEL)/below-%.o \
    $(O)/obj/above/app-%.o $(call rump_of,$(1),%) linker/$(1).lds linker/hw.lds scripts/ksyms scripts/tracesites
	$$(call link_image,$$(filter %.o,$$^),linker/$(1).lds)
	$(if $(filter xen,$(1)),$$(Q)scripts/check-redzone $$@)

$($(1)_LOWAPPS:%=$(O)/$(KERNEL)/$(1)/%.elf): $(O)/$(KERNEL)/$(1)/%.elf: $(O)/obj/$(1)/lowest.o \
    $$$$(call objs,$(1),$$$$(app_$$$$*_SRCS)) linker/$(1).lds linker/hw.lds scripts/ksyms scripts/tracesites
	$$(call link_image,$$(filter %.o,$$^),linker/$(1).lds)
endef
$(foreach p,$(PLATFORMS),$(eval $(call images,$(p))))

# An image with a file system in it: what `sirloin bake' asks for.
#   make bake PLATFORM=hw|xen ROM=FILE BAKED=FILE
PLATFORM ?= hw
BAKED	?= $(O)/baked.elf
.PHONY: bake cc c++ $(BAKED)
bake: $(BAKED)
$(BAKED): $(O)/obj/$(PLATFORM)-$(KERNEL)/below-linux.o $(O)/obj/above/app-linux.o \
    $(call rump_of,$(PLATFORM),linux) linker/$(PLATFORM).lds linker/hw.lds
	$(Q)$(LD) -r -b binary -o $@.rom.o $(ROM)
	$(Q)objcopy --rename-section .data=.rom,alloc,load,readonly,data,contents \
	    --strip-all $@.rom.o
	$(call link_image,$(filter %.o,$^) $@.rom.o,linker/$(PLATFORM).lds)
	@rm -f $@.rom.o
cc: $(O)/musl/lib/libc.a		# the compiler of `sirloin cc'
c++: $(O)/musl/lib/libc++.a	# and of `sirloin c++'
include linux/musl.mk

# ---- the same above the line as a Linux process (tests/host/hostline.c) ----

HOSTCC	:= $(CC) -g -O1 -Wall -no-pie -D_GNU_SOURCE
$(O)/obj/above/stateless.o: $(call objs,above,$(libc_min_stateless_SRCS))
	$(Q)$(LD) -r -o $@ $^
$(O)/obj/above/process-%.o: $(O)/obj/above/app-%.o $(O)/obj/$(KERNEL)/rump-%.o \
    $(O)/obj/above/stateless.o
	$(Q)$(LD) -r -o $@ $^
	$(Q)$(call localize,$@,sirloin_main)
hostline := tests/host/hostline.c tests/host/hostline_lock.c tests/host/hostline_io.c
$(O)/host/%: $(O)/obj/above/process-%.o $(hostline)
	@mkdir -p $(@D)
	$(HOSTCC) -Iinclude -I$(O)/include -Wl,--gc-sections -o $@ $< $(firstword $(hostline)) -lpthread

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

# With RUMP the built-in kernel's beside NetBSD's.
bench: all
	@scripts/install-deps bench
	$(if $(RUMP),@$(MAKE) O=$(O) RUMP= all)
	SIRLOIN_O=$(abspath $(O)) SIRLOIN_RUMP=$(abspath $(RUMP)) tests/bench/run $(if $(RUMP),$(O)/builtin/hw) $(OUT)

# Objects of a room, comma-separated, by themselves.
comma	:= ,
empty	:=
joined	= $(subst $(empty) $(empty),$(comma),$(strip $(call objs,$(1),$(2))))
arrows	= platform=$(call joined,$(1),$(platform_$(1)_SRCS) $(platform_$(1)_trace_SRCS) $(platform_common_SRCS)) \
	   kernel=$(call joined,$(1),$(kernel_SRCS) $(kernel_trace_SRCS) $(kernel_vm_SRCS) $(kernel_soft_SRCS) $(kernel_export_SRCS) $(kernel_away_SRCS) $($(1)_kernel_SRCS)) \
	   xen=$(call joined,$(1),$(xen_SRCS) $(xen_net_SRCS) $(xen_blk_SRCS) $(xen_share_SRCS) \
	   $(xen_back_SRCS) $(xen_netback_SRCS) $(xen_blkback_SRCS) $($(1)_pci_SRCS)) \
	   stateless=$(call joined,$(1),$(libc_min_stateless_SRCS)) \
	   hypercall=$(call joined,$(1),$(hypercall_SRCS) $(hypercall_disk_SRCS) \
	   $(hypercall_vm_SRCS) $(if $(RUMP),$(hypercall_vmshare_SRCS)) $(hypercall_share_SRCS) $(hypercall_export_SRCS) $(hypercall_soft_SRCS) \
	   $(hypercall_pci_SRCS)) \
	   $($(1)_arrows)
hw_kernel_SRCS = $(kernel_power_SRCS)
hw_arrows = pci=$(call joined,hw,$(pci_SRCS) $(pci_machine_SRCS)) \
	   virtio=$(call joined,hw,$(virtio_SRCS) $(virtio_net_SRCS) $(virtio_blk_SRCS) $(virtio_share_SRCS)) \
	   libc-min=$(call joined,above,$(libc_min_SRCS)) \
	   linux=$(call joined,above,$(linux_SRCS)) \
	   $(foreach a,$(APPS),apps/$(a)=$(call joined,above,$(app_$(a)_SRCS))) \
	   builtin=$(O)/obj/builtin/rump-httpd.o
xen_arrows = pci=$(call joined,xen,$(pci_SRCS))
check-arrows: all $(foreach p,$(PLATFORMS),$(call objs,$(p),$(hypercall_vmshare_SRCS)))
	$(foreach p,$(PLATFORMS),scripts/check-arrows $(call arrows,$(p)) &&) true

clean:
	rm -rf $(O)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
