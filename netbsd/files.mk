# Our kernel-side components for NetBSD's rump kernel.  timecounter.c needs no
# header of NetBSD's; the others want the kernel headers of the tree's sources:
# RUMPSRC=DIR with DIR/sys (default: RUMP/src, when it is there).

# RUMPCFLAGS: more flags, for a tree whose kernel headers depend on options that
# are not in its opt_rumpkernel.h.
RUMPSRC	?= $(if $(RUMP),$(patsubst %/sys,%,$(wildcard $(RUMP)/src/sys)))

# Another tree in the same $(O): what was made with the last one is made again.
netbsd_TREE := $(O)/obj/netbsd/.tree
$(eval $(call record,$(netbsd_TREE),$$(abspath $$(RUMP)) $$(RUMPSRC) $$(NETIF) $$(RUMPCFLAGS)))

netbsd_LINKS := $(O)/obj/netbsd/links
netbsd_CC := $(CC) -std=gnu99 -O2 -ffreestanding -fno-pic -mno-red-zone \
	   -mno-sse -mno-mmx -msoft-float -mcmodel=small -fno-strict-aliasing \
	   -fcf-protection=none -fno-asynchronous-unwind-tables -nostdinc \
	   -Wall -Werror -D__NetBSD__ -Ulinux -U__linux -U__linux__ \
	   -U__gnu_linux__ -DNO_PCI_MSI_MSIX \
	   -imacros $(RUMPSRC)/sys/rump/include/opt/opt_rumpkernel.h \
	   -Inetbsd/include -Inetbsd -I$(netbsd_LINKS) \
	   -I$(RUMPSRC)/common/include -I$(RUMPSRC)/sys/rump/include \
	   -I$(RUMPSRC)/sys/rump/include/opt -I$(RUMPSRC)/sys/arch \
	   -I$(RUMPSRC)/sys -Iinclude $(RUMPCFLAGS)

netbsd_OBJS := $(O)/obj/netbsd/timecounter.o
# Interfaces and addresses, in place of buildrump's librumpnet_config.
netbsd_CLIENT := netbsd/netconfig.c netbsd/dhcp.c netbsd/rtadv.c libc-min/inet.c
netbsd_net_OBJS := $(O)/obj/netbsd/client.o
# NETIF=virtif keeps NetBSD's own interface although ours could be built.
NETIF	?= $(if $(RUMPSRC),own,virtif)
ifeq ($(NETIF),own)
netbsd_net_OBJS += $(O)/obj/netbsd/vif.o $(O)/obj/netbsd/vif_out.o
endif

# Names as sys/rump/Makefile.rump prefixes them: rumpns_, but for the line's.
define netbsd_rename
	nm -g $@ | awk '$$NF !~ /^(rump|RUMP|__|_GLOBAL_OFFSET_TABLE_)/ \
	    { print $$NF, "rumpns_" $$NF }' | sort -u >$@.names
	objcopy --redefine-syms=$@.names $@
	@rm -f $@.names
endef

$(netbsd_LINKS)/.done: $(netbsd_TREE)
	@mkdir -p $(@D)
	ln -sfn $(abspath $(RUMPSRC))/sys/arch/amd64/include $(@D)/machine
	ln -sfn $(abspath $(RUMPSRC))/sys/arch/amd64/include $(@D)/amd64
	ln -sfn $(abspath $(RUMPSRC))/sys/arch/i386/include $(@D)/i386
	ln -sfn $(abspath $(RUMPSRC))/sys/arch/x86/include $(@D)/x86
	touch $@

$(O)/obj/netbsd/timecounter.o $(O)/obj/netbsd/devnodes.o: \
    $(O)/obj/netbsd/%.o: netbsd/%.c netbsd/component.h
	@mkdir -p $(@D)
	$(CC) -std=gnu99 -O2 -ffreestanding -fno-pic -mno-red-zone -mno-sse \
	    -mcmodel=small -fcf-protection=none -Wall -Werror -c -o $@ $<
	$(netbsd_rename)

$(O)/obj/netbsd/vif.o $(O)/obj/netbsd/vif_out.o: $(O)/obj/netbsd/%.o: \
    netbsd/%.c netbsd/vif.h netbsd/line.h netbsd/compat.h include/rump/vif.h \
    include/rump/netpkt.h $(netbsd_LINKS)/.done
	$(netbsd_CC) -c -o $@ $<
	$(netbsd_rename)

$(O)/obj/netbsd/client.o: $(call objs,above,$(netbsd_CLIENT))
	@mkdir -p $(@D)
	$(LD) -r -o $@ $^
	$(call localize,$@,rump_pub_netconfig_*)

ifneq ($(RUMP),)
include netbsd/components.mk
endif
