/* For our headers inside NetBSD's kernel: its own sys/systm.h. */
#include <sys/types.h>
#include <sys/systm.h>
