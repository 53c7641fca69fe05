# monitor: does what is typed on its console.
app_monitor_SRCS := apps/monitor/main.c apps/monitor/net.c
app_monitor_COMPONENTS := net disk tmpfs
