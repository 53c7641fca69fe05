/* syscall.c: the way into the kernel; crt.c sets it. */
#include <features.h>

hidden long (*__sirloin_syscall)(long, long, long, long, long, long, long);
