# NetBSD's rump kernel from the tree RUMP: libraries by the application's
# components (netbsd/components.mk), and our own kernel-side components where
# the tree's kernel headers let us compile them (netbsd/files.mk).

define rump_netbsd
$(APPS:%=$(call rump_of,$(1),%)): $(call rump_of,$(1),%): scripts/netbsd-link \
    netbsd/components.mk $(LISTS) $(netbsd_TREE) $(O)/obj/$(1)-$(KERNEL)/below-%.o $$$$(netbsd_OBJS) \
    $$$$(foreach c,$$$$(call netbsd_words,$$$$(app_$$$$*_COMPONENTS)),$$$$(netbsd_$$$$(c)_OBJS)) $(wildcard $(RUMP)/lib/librump.a)
	@mkdir -p $$(@D)
	$$(call say,NETBSD,$$@)
	$$(Q)scripts/netbsd-link -o $$@ --tree $(RUMP) --line $(O)/obj/$(1)-$(KERNEL)/below-$$*.o \
	    $$(patsubst %,--object %,$$(filter $(O)/obj/netbsd/%.o,$$^)) \
	    -- $$(patsubst %,'%',$$(netbsd_base) $$(foreach c,$$(call netbsd_words,$$(app_$$*_COMPONENTS)),$$(netbsd_$$(c))))
endef
$(foreach p,$(PLATFORMS),$(eval $(call rump_netbsd,$(p))))
