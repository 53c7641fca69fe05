# monitor: does what is typed on its console.
app_monitor_SRCS := apps/monitor/main.c apps/monitor/net.c apps/monitor/status.c
app_monitor_COMPONENTS := net disk tmpfs
