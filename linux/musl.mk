# musl, from Debian's source package, with its system calls made ours: the
# files of linux/musl/ in place of its assembler.  $(O)/musl: include, lib.
musl_DIR := $(O)/src/musl
musl_CFLAGS := -O2 -mno-red-zone -fno-omit-frame-pointer -g1 -fPIE

$(O)/musl/lib/libc.a: $(wildcard linux/musl/*) | $(O)/src/musl/.sha256
	$(call say,MUSL,$(O)/musl)
	$(Q)linux/musl/build $(musl_DIR) $(O)/musl '$(musl_CFLAGS)' >$(O)/musl.log 2>&1 || \
	    { tail -n 20 $(O)/musl.log; exit 1; }

# The C++ library, a few minutes: when it is asked for (`sirloin c++').
$(O)/musl/lib/libc++.a: linux/cxx/build linux/cxx/specs.in | $(O)/musl/lib/libc.a \
    $(O)/src/llvm/.sha256
	@scripts/install-deps c++
	$(call say,LIBC++,$(O)/musl)
	$(Q)linux/cxx/build $(O)/src/llvm $(O)/musl '$(musl_CFLAGS)' >$(O)/libc++.log 2>&1 || \
	    { tail -n 20 $(O)/libc++.log; exit 1; }
