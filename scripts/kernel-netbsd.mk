# NetBSD's rump kernel from the tree RUMP: libraries by the application's
# components (netbsd/components.mk), and our own kernel-side components where
# the tree's kernel headers let us compile them (netbsd/files.mk).

$(APPS:%=$(O)/obj/netbsd/rump-%.o): $(O)/obj/netbsd/rump-%.o: scripts/netbsd-link \
    netbsd/components.mk $(O)/obj/hw-$(KERNEL)/below-%.o \
    $$(netbsd_OBJS) $$(foreach c,$$(app_$$*_COMPONENTS),$$(netbsd_$$(c)_OBJS)) $(wildcard $(RUMP)/lib/librump.a)
	@mkdir -p $(@D)
	$(call say,NETBSD,$@)
	$(Q)scripts/netbsd-link -o $@ --tree $(RUMP) --line $(O)/obj/hw-$(KERNEL)/below-$*.o \
	    $(patsubst %,--object %,$(filter $(O)/obj/netbsd/%.o,$^)) \
	    -- $(patsubst %,'%',$(netbsd_base) $(foreach c,$(app_$*_COMPONENTS),$(netbsd_$(c))))
