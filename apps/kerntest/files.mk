app_kerntest_SRCS := apps/kerntest/main.c apps/kerntest/threads.c \
	   apps/kerntest/locks.c apps/kerntest/clocks.c apps/kerntest/memory.c \
	   apps/kerntest/preempt.c apps/kerntest/regs.S apps/kerntest/crash.c \
	   apps/kerntest/speed.c apps/kerntest/soak.c
