# The built-in rump kernel: core always, net and file systems as the
# application's components ask (apps/X/files.mk: app_X_COMPONENTS := net fat iso),
# the PCI bus with any of its drivers (and by itself as the word pci).

builtin_lwip_DIR := $(O)/src/lwip
builtin_fatfs_DIR := $(O)/src/micropython/lib/oofatfs

builtin_OBJS = $(call objs,above,$(builtin_SRCS) \
	   $(if $(filter $(DISKS),$(1)),$(builtin_part_SRCS)) \
	   $(if $(filter pci wm nvme ahci,$(1)),$(builtin_dev_SRCS)) $(foreach c,$(1),$(builtin_$(c)_SRCS))) \
	   $(foreach c,$(1),$(builtin_$(c)_FOREIGN_OBJS))

$(APPS:%=$(O)/obj/builtin/rump-%.o): $(O)/obj/builtin/rump-%.o: \
    $(LISTS) $$(call builtin_OBJS,$$(app_$$*_COMPONENTS))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@ $(filter %.o,$^)
	$(Q)$(call localize,$@,rump_*)
