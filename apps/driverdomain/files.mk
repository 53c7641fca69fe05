# driverdomain: serves networks to other guests.
app_driverdomain_SRCS := apps/driverdomain/main.c
app_driverdomain_COMPONENTS := net disk tmpfs netback $(HARDWARE)
