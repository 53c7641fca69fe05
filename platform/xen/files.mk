platform_xen_SRCS := \
	platform/xen/entry.S platform/xen/start.c platform/xen/store.c platform/xen/mem.c \
	platform/xen/pagetable.c platform/xen/traps.c platform/xen/cpu.c \
	platform/xen/event.c platform/xen/clock.c \
	platform/xen/foreign.c platform/xen/device.c platform/xen/suspend.c \
	platform/common/xencons.c platform/common/xenop.c \
	platform/common/xenevent.c
platform_xen_HOT := platform/xen/clock.c platform/common/xenevent.c
platform_xen_trace_SRCS := platform/xen/trace.c
