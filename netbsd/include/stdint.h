/* For our headers inside NetBSD's kernel: its own sys/stdint.h. */
#include <sys/types.h>
#include <sys/stdint.h>
