# Parts of hypercall/ on the host, under ASan and UBSan.
host_TESTS += hyp_config
host_hyp_config_SRCS := tests/host/hyp_config.c libc-min/jsmn.c
host_hyp_config_CFLAGS := -Itests/host/kernel -Iinclude -Ihypercall
host_hyp_config_ARGS := 50000
