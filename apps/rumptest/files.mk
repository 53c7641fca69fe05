app_rumptest_SRCS := apps/rumptest/main.c apps/rumptest/test.c \
	apps/rumptest/tk.c apps/rumptest/crash.c \
	apps/rumptest/t_context.c apps/rumptest/t_mutex.c \
	apps/rumptest/t_cv.c apps/rumptest/t_wake.c \
	apps/rumptest/t_rw.c apps/rumptest/t_clock.c \
	apps/rumptest/t_thread.c apps/rumptest/t_mem.c \
	apps/rumptest/t_misc.c apps/rumptest/t_fpu.c \
	apps/rumptest/t_file.c apps/rumptest/t_bio.c \
	apps/rumptest/t_vif.c apps/rumptest/t_pci.c apps/rumptest/t_whole.c
app_rumptest_COMPONENTS := net tmpfs disk
