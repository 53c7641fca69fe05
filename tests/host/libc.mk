# libc-min's stateless and pure parts against the host's C library, and what
# reads input that nobody vouches for (configuration, HTTP, DNS), under ASan and
# UBSan.
libc_pure := libc-min/mem.c libc-min/string.c libc-min/strtol.c \
	   libc-min/sort.c libc-min/format.c libc-min/timeconv.c libc-min/inet.c

host_TESTS += libc_unit fuzz_config fuzz_http fuzz_dns
host_libc_unit_SRCS := tests/host/libc_unit.c $(libc_pure)
host_libc_unit_CFLAGS := -include tests/host/libc_names.h -fno-builtin
host_libc_unit_ARGS := 20000
host_fuzz_config_SRCS := tests/host/fuzz_config.c libc-min/config.c \
	   libc-min/config_dev.c libc-min/json.c \
	   libc-min/jsmn.c
host_fuzz_config_CFLAGS := -Ilibc-min -Iinclude
host_fuzz_config_ARGS := 50000
host_fuzz_http_SRCS := tests/host/fuzz_http.c apps/httpd/http.c \
	   apps/httpd/text.c
host_fuzz_http_CFLAGS := -Iapps/httpd
host_fuzz_http_ARGS := 100000
host_fuzz_dns_SRCS := tests/host/fuzz_dns.c libc-min/dns.c
host_fuzz_dns_CFLAGS := -Ilibc-min
host_fuzz_dns_ARGS := 100000
