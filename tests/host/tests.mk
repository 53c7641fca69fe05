# Host tests: units and fuzzers of what is pure code, under ASan and UBSan.
#   host_TESTS            names
#   host_NAME_SRCS        sources; _CFLAGS, _ARGS, _DEPS as needed
# $(O)/test/NAME runs a fixed number of rounds; `make fuzz-NAME' goes on with
# libFuzzer until stopped (for those with an LLVMFuzzerTestOneInput).

include $(filter-out tests/host/tests.mk,$(wildcard tests/host/*.mk))

HOSTSAN	:= clang -std=gnu11 -g -O1 -fno-omit-frame-pointer -fno-common \
	   -fsanitize=address,undefined -fno-sanitize-recover=all -Wall \
	   -Wno-unused-function -D_GNU_SOURCE

# Without sources here, a test has a rule of its own for $(O)/host/NAME.
host_OWN := $(foreach t,$(host_TESTS),$(if $(host_$(t)_SRCS),,$(t)))
host_COMMON := $(filter-out $(host_OWN),$(host_TESTS))

host-tests: $(host_TESTS:%=$(O)/test/%)
$(host_OWN:%=$(O)/test/%): $(O)/test/%: $(O)/host/%
	@mkdir -p $(@D)
	@ln -sf $(abspath $<) $@

$(host_COMMON:%=$(O)/test/%): $(O)/test/%: $$(host_$$*_SRCS) $$(host_$$*_DEPS) \
    $(wildcard tests/host/*.h) | $(O)/include/.done
	@mkdir -p $(@D)
	@echo '  HOST	$@'
	@$(HOSTSAN) -I$(O)/include $(host_$*_CFLAGS) -o $@ \
	    $(host_$*_SRCS) $(host_$*_LIBS)

$(host_COMMON:%=fuzz-%): fuzz-%: $$(host_$$*_SRCS)
	$(HOSTSAN) -fsanitize=fuzzer -DFUZZER -I$(O)/include $(host_$*_CFLAGS) \
	    -o $(O)/test/$@ $(host_$*_SRCS) $(host_$*_LIBS)
	$(O)/test/$@

list-host-tests:
	@$(foreach t,$(host_TESTS),echo '$(t) $(host_$(t)_ARGS)';)

.PHONY: host-tests list-host-tests $(host_COMMON:%=fuzz-%)
