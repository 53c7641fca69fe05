# builtin/ (core and net, with lwIP) as a Linux process, under ASan and UBSan:
# what is above the line keeps its own headers, so it has objects of its own.
net_host_SAN := -fsanitize=address,undefined -fno-sanitize=alignment,shift
net_host_CFLAGS = -std=gnu11 -g -O0 -w -ffreestanding -nostdinc \
	   -isystem $(GCCINC) -fno-strict-aliasing -fno-omit-frame-pointer \
	   $(net_host_SAN) -Iinclude -Ilibc-min/include
net_host_OBJS := $(patsubst %.c,$(O)/obj/nethost/%.o,$(builtin_SRCS) \
	   $(builtin_net_SRCS)) $(builtin_lwip_SRCS:%.c=$(O)/obj/nethost/lwip/%.o)

$(O)/obj/nethost/lwip/%.o: builtin/net/lwipopts.h builtin/net/hooks.h | $(O)/src/lwip/.sha256
	@mkdir -p $(@D)
	$(Q)$(CC) $(net_host_CFLAGS) -I$(O)/include $(builtin_net_INC) -c -o $@ \
	    $(O)/src/lwip/src/$*.c
$(O)/obj/nethost/%.o: %.c | $(O)/src/lwip/.sha256 $(O)/include/.done
	@mkdir -p $(@D)
	$(Q)$(CC) $(net_host_CFLAGS) -I$(O)/include $(builtin_net_INC) -MMD -MP -c -o $@ $<

$(O)/host/fuzz_net: tests/host/fuzz_net.c tests/host/fuzz_net_frame.c \
    tests/host/fuzz_net.h $$(hostline) $(net_host_OBJS)
	@mkdir -p $(@D)
	$(Q)$(CC) -g -O1 -w -no-pie -D_GNU_SOURCE $(net_host_SAN) -Iinclude \
	    -I$(O)/include -o $@ $< $(<:.c=_frame.c) $(net_host_OBJS) -lpthread

host_TESTS += fuzz_net
host_fuzz_net_ARGS := 40000
