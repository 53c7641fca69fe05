xen_SRCS := xen/xs.c xen/xsop.c xen/xsring.c xen/xswatch.c xen/event.c \
	xen/grant.c xen/ring.c
xen_net_SRCS :=
xen_blk_SRCS :=
xen_HOT := xen/ring.c xen/grant.c
