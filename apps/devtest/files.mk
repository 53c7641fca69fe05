app_devtest_SRCS := apps/devtest/main.c apps/devtest/disk.c apps/devtest/net.c
