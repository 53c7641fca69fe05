/* absent.c: the names of system calls that are not there, for lx_missing(). */
#include "linux.h"

static const struct { short n; const char *name; } absent[] = {
	{ 27, "mincore" }, { 29, "shmget" }, { 30, "shmat" }, { 31, "shmctl" },
	{ 56, "clone" }, { 57, "fork" }, { 58, "vfork" }, { 59, "execve" },
	{ 61, "wait4" }, { 64, "semget" }, { 65, "semop" }, { 66, "semctl" },
	{ 67, "shmdt" }, { 68, "msgget" }, { 69, "msgsnd" }, { 70, "msgrcv" },
	{ 71, "msgctl" }, { 78, "getdents" }, { 101, "ptrace" },
	{ 103, "syslog" }, { 125, "capget" }, { 126, "capset" },
	{ 148, "sched_rr_get_interval" },
	{ 153, "vhangup" }, { 154, "modify_ldt" }, { 155, "pivot_root" },
	{ 159, "adjtimex" }, { 161, "chroot" }, { 163, "acct" },
	{ 164, "settimeofday" }, { 165, "mount" }, { 166, "umount2" },
	{ 167, "swapon" }, { 168, "swapoff" }, { 169, "reboot" },
	{ 170, "sethostname" }, { 171, "setdomainname" }, { 172, "iopl" },
	{ 173, "ioperm" }, { 175, "init_module" }, { 176, "delete_module" },
	{ 179, "quotactl" }, { 205, "set_thread_area" }, { 206, "io_setup" },
	{ 207, "io_destroy" }, { 208, "io_getevents" }, { 209, "io_submit" },
	{ 210, "io_cancel" }, { 211, "get_thread_area" },
	{ 216, "remap_file_pages" }, { 220, "semtimedop" },
	{ 237, "mbind" }, { 238, "set_mempolicy" },
	{ 239, "get_mempolicy" }, { 240, "mq_open" }, { 241, "mq_unlink" },
	{ 242, "mq_timedsend" }, { 243, "mq_timedreceive" },
	{ 244, "mq_notify" }, { 245, "mq_getsetattr" }, { 246, "kexec_load" },
	{ 247, "waitid" }, { 248, "add_key" }, { 249, "request_key" },
	{ 250, "keyctl" }, { 251, "ioprio_set" }, { 252, "ioprio_get" },
	{ 253, "inotify_init" }, { 254, "inotify_add_watch" },
	{ 255, "inotify_rm_watch" }, { 256, "migrate_pages" },
	{ 259, "mknodat" }, { 261, "futimesat" }, { 272, "unshare" },
	{ 274, "get_robust_list" }, { 275, "splice" }, { 276, "tee" },
	{ 278, "vmsplice" }, { 279, "move_pages" }, { 282, "signalfd" },
	{ 289, "signalfd4" }, { 294, "inotify_init1" },
	{ 298, "perf_event_open" },
	{ 300, "fanotify_init" }, { 301, "fanotify_mark" },
	{ 303, "name_to_handle_at" }, { 304, "open_by_handle_at" },
	{ 305, "clock_adjtime" }, { 308, "setns" },
	{ 310, "process_vm_readv" }, { 311, "process_vm_writev" },
	{ 312, "kcmp" }, { 313, "finit_module" }, { 314, "sched_setattr" },
	{ 315, "sched_getattr" }, { 317, "seccomp" },
	{ 320, "kexec_file_load" }, { 321, "bpf" }, { 322, "execveat" },
	{ 323, "userfaultfd" }, { 327, "preadv2" }, { 328, "pwritev2" },
	{ 329, "pkey_mprotect" }, { 330, "pkey_alloc" }, { 331, "pkey_free" },
	{ 333, "io_pgetevents" }, { 424, "pidfd_send_signal" },
	{ 425, "io_uring_setup" }, { 426, "io_uring_enter" },
	{ 427, "io_uring_register" }, { 428, "open_tree" },
	{ 429, "move_mount" }, { 430, "fsopen" }, { 431, "fsconfig" },
	{ 432, "fsmount" }, { 433, "fspick" }, { 434, "pidfd_open" },
	{ 435, "clone3" }, { 437, "openat2" }, { 438, "pidfd_getfd" },
	{ 440, "process_madvise" }, { 441, "epoll_pwait2" },
	{ 442, "mount_setattr" }, { 444, "landlock_create_ruleset" },
	{ 445, "landlock_add_rule" }, { 446, "landlock_restrict_self" },
};

const char *
lx_absent(long n)
{

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (absent[i].n == n)
			return absent[i].name;
	return NULL;
}
