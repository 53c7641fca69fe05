/* For our headers inside NetBSD's kernel: its own sys/queue.h. */
#include <sys/types.h>
#include <sys/queue.h>
