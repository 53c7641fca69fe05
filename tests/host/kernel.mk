# Parts of kernel/ on a fake platform (tests/host/kernel/), under ASan and UBSan.
kernel_host_CFLAGS := -Itests/host/kernel -Iinclude
kernel_fake := tests/host/kernel/fake.c

host_TESTS += kernel_page kernel_heap kernel_timer kernel_random kernel_misc \
	   kernel_irq
host_kernel_page_SRCS := tests/host/kernel_page.c $(kernel_fake) kernel/page.c
host_kernel_heap_SRCS := tests/host/kernel_heap.c $(kernel_fake) kernel/heap.c kernel/slab.c \
	   kernel/heapdebug.c kernel/page.c kernel/vmap.c
host_kernel_timer_SRCS := tests/host/kernel_timer.c $(kernel_fake) kernel/timer.c
host_kernel_random_SRCS := tests/host/kernel_random.c $(kernel_fake) \
	   kernel/random.c kernel/crypto.c
host_kernel_misc_SRCS := tests/host/kernel_misc.c $(kernel_fake) \
	   kernel/option.c kernel/ksyms.c
host_kernel_irq_SRCS := tests/host/kernel_irq.c $(kernel_fake)
host_kernel_irq_CFLAGS := $(kernel_host_CFLAGS)
host_kernel_page_CFLAGS := $(kernel_host_CFLAGS)
host_kernel_heap_CFLAGS := $(kernel_host_CFLAGS)
host_kernel_timer_CFLAGS := $(kernel_host_CFLAGS)
host_kernel_random_CFLAGS := $(kernel_host_CFLAGS)
host_kernel_misc_CFLAGS := $(kernel_host_CFLAGS)
$(foreach t,page heap timer random misc irq,$(eval host_kernel_$(t)_DEPS := \
	   $(wildcard kernel/*.h tests/host/kernel/*.h) kernel/irq.c include/kern.h))
