kernel_SRCS := kernel/start.c kernel/sched.c kernel/balance.c kernel/thread.c kernel/spin.c \
	   kernel/waitq.c kernel/mutex.c kernel/cv.c kernel/rw.c \
	   kernel/futex.c kernel/timer.c kernel/page.c kernel/vmap.c \
	   kernel/heap.c kernel/slab.c kernel/heapdebug.c kernel/irq.c kernel/console.c \
	   kernel/panic.c kernel/ksyms.c kernel/random.c kernel/crypto.c \
	   kernel/option.c kernel/dev.c kernel/stop.c \
	   kernel/relax.c kernel/blkreq.c kernel/rxpool.c
# Packets in software: with a bridge or a switch.
kernel_soft_SRCS := kernel/netsoft.c
# With devices of Xen's.
kernel_away_SRCS := kernel/away.c
# With devices.
kernel_power_SRCS := kernel/power.c
kernel_HOT := kernel/trace.c kernel/trace_hook.c kernel/netsoft.c kernel/sched.c kernel/spin.c kernel/mutex.c kernel/cv.c \
	   kernel/waitq.c kernel/rw.c kernel/futex.c kernel/heap.c kernel/slab.c \
	   kernel/page.c kernel/rxpool.c
# Address space for programs, and a disk in the image: with room linux/.
kernel_vm_SRCS := kernel/vm.c kernel/vm_park.c kernel/vm_promise.c kernel/fault.c \
	   kernel/romdisk.c
# Disks that the program serves.
kernel_export_SRCS := kernel/export.c
# A timeline: in all images but those that the Makefile names.
kernel_trace_SRCS := kernel/trace.c kernel/trace_out.c kernel/trace_hook.c \
	   kernel/trace_call.S
