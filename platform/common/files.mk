platform_common_SRCS := \
	platform/common/switch.S platform/common/ctx.c platform/common/cpu.c \
	platform/common/traptext.c platform/common/random.c \
	platform/common/config.c platform/common/smp.c
