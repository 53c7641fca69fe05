# The network of the built-in rump kernel: our glue and sockets, and lwIP.
builtin_net_SRCS := \
	builtin/net/net.c builtin/net/mem.c builtin/net/timeout.c \
	builtin/net/vif.c builtin/net/vif_tx.c builtin/net/vif_dev.c builtin/net/gro.c \
	builtin/net/netconfig.c \
	builtin/net/ifioctl.c builtin/net/addr.c builtin/net/sock.c \
	builtin/net/sockio.c builtin/net/sock_tcp.c builtin/net/tcp_io.c \
	builtin/net/sock_dgram.c builtin/net/sock_local.c builtin/net/rights.c \
	builtin/net/sockopt.c builtin/net/sockfile.c builtin/net/syscall.c

builtin_bridge_SRCS := builtin/net/bridge.c

# Without lwIP's mem.c, memp.c and timeouts.c: mem.c and timeout.c are theirs.
builtin_lwip_SRCS := $(addprefix core/, \
	init.c def.c inet_chksum.c ip.c netif.c pbuf.c raw.c tcp.c tcp_in.c \
	tcp_out.c udp.c \
	ipv4/dhcp.c ipv4/etharp.c ipv4/icmp.c ipv4/ip4_frag.c ipv4/ip4.c \
	ipv4/ip4_addr.c \
	ipv6/ethip6.c ipv6/icmp6.c ipv6/inet6.c ipv6/ip6.c ipv6/ip6_addr.c \
	ipv6/ip6_frag.c ipv6/mld6.c ipv6/nd6.c) \
	netif/ethernet.c

builtin_net_FOREIGN_OBJS := $(builtin_lwip_SRCS:%.c=$(O)/obj/lwip/%.o)
builtin_net_INC = -Ibuiltin/net -I$(O)/src/lwip/src/include

$(builtin_net_FOREIGN_OBJS): $(O)/obj/lwip/%.o: $(FLAGS) builtin/net/lwipopts.h \
    builtin/net/hooks.h builtin/net/arch/cc.h | $(O)/src/lwip/.sha256 $(O)/include/.done
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ABOVE) $(builtin_net_INC) $(FOREIGN) -c -o $@ \
	    $(O)/src/lwip/src/$*.c

$(builtin_net_SRCS:%.c=$(O)/obj/above/%.o) $(builtin_bridge_SRCS:%.c=$(O)/obj/above/%.o): ABOVE += $(builtin_net_INC)
$(builtin_net_SRCS:%.c=$(O)/obj/above/%.o) $(builtin_bridge_SRCS:%.c=$(O)/obj/above/%.o): | $(O)/src/lwip/.sha256
$(addprefix $(O)/obj/lwip/,$(addprefix core/,inet_chksum.o ip.o netif.o pbuf.o \
    tcp.o tcp_in.o tcp_out.o udp.o ipv4/etharp.o ipv4/ip4.o ipv4/ip4_addr.o \
    ipv6/ethip6.o ipv6/ip6.o ipv6/nd6.o) netif/ethernet.o): OPT := -O2
builtin_HOT += $(addprefix builtin/net/,bridge.c mem.c net.c vif.c vif_tx.c gro.c sock.c \
	sockio.c sockfile.c sock_tcp.c tcp_io.c sock_dgram.c)
