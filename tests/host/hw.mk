# Boot information and ACPI tables against hostile input, under ASan and UBSan.
host_TESTS += fuzz_boot
host_fuzz_boot_SRCS := tests/host/fuzz_boot.c platform/hw/bootinfo.c \
	   platform/hw/bootinfo_pvh.c platform/hw/bootinfo_mb2.c \
	   platform/hw/ranges.c platform/hw/acpi.c
host_fuzz_boot_ARGS := 50000
