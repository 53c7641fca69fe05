/*
 * hotplug.c: what xl runs in dom0 when a guest's device comes or goes, in place of
 * Xen's scripts, and of shell at all: each process costs a PV dom0 in QEMU 30 ms and
 * more, and one that asks xenstore 100 ms.
 *
 *   block add|remove            a file or a block device for blkback
 *   vif-bridge online|offline   a vif joins its bridge, or leaves
 *
 * libxl says by XENBUS_PATH (and vif) which; the answer is hotplug-status there, or
 * hotplug-error (Xen's docs/misc/block-scripts.txt, tools/hotplug/Linux/).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <net/if.h>
#include <linux/if_bridge.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define STORE	"/run/xenstored/socket"
#define TRIES	20

/* ---- xenstore (Xen's docs/misc/xenstore.txt, public io/xs_wire.h) ---- */

enum { XS_READ = 2, XS_WRITE = 11, XS_RM = 13, XS_ERROR = 16 };

struct xs_head {
	uint32_t type, id, tx, len;
};

static const char *path;	/* XENBUS_PATH */
static int store = -1;

static int
whole(ssize_t (*io)(int, void *, size_t), void *p, size_t n)
{
	ssize_t k;

	for (; n > 0; n -= k, p = (char *)p + k)
		if ((k = io(store, p, n)) <= 0)
			return -1;
	return 0;
}

static ssize_t
put(int fd, void *p, size_t n)
{

	return write(fd, p, n);
}

/* A request about path/name; the answer, or NULL. */
static char *
ask(uint32_t type, const char *name, const char *value)
{
	static char buf[4096 + 1];
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = STORE };
	struct xs_head h = { .type = type };
	int n;

	if (store < 0 && ((store = socket(AF_UNIX, SOCK_STREAM, 0)) < 0 ||
	    connect(store, (struct sockaddr *)&to, sizeof(to)) != 0))
		return NULL;
	/* the value without its end, the name with it */
	n = snprintf(buf, sizeof(buf), "%s/%s", path, name) + 1;
	n += snprintf(buf + n, sizeof(buf) - n, "%s", value);
	h.len = n;
	if (whole(put, &h, sizeof(h)) != 0 || whole(put, buf, n) != 0 ||
	    whole(read, &h, sizeof(h)) != 0 || h.len >= sizeof(buf) ||
	    whole(read, buf, h.len) != 0 || h.type == XS_ERROR)
		return NULL;
	buf[h.len] = '\0';
	return buf;
}

static void
set(const char *name, const char *value)
{

	(void)ask(XS_WRITE, name, value);
}

static char *
get(const char *name)
{
	char *v = ask(XS_READ, name, "");

	return v != NULL ? strdup(v) : NULL;
}

static int
failed(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	set("hotplug-error", text);
	set("hotplug-status", "error");
	return 1;
}

/* ---- block ---- */

/* Another may take the one that is free. */
static int
loop(const char *file, int ro, char *dev, size_t size)
{
	int control = open("/dev/loop-control", O_RDWR), f, fd, n, i;
	struct loop_config c = { .info.lo_flags = ro ? LO_FLAGS_READ_ONLY : 0 };

	if (control < 0 || (f = open(file, ro ? O_RDONLY : O_RDWR)) < 0)
		return -1;
	c.fd = f;
	snprintf((char *)c.info.lo_file_name, LO_NAME_SIZE, "%s", file);
	for (i = 0; i < TRIES; i++, usleep(100000)) {
		if ((n = ioctl(control, LOOP_CTL_GET_FREE)) < 0)
			continue;
		snprintf(dev, size, "/dev/loop%d", n);
		if ((fd = open(dev, ro ? O_RDONLY : O_RDWR)) < 0)
			continue;
		if (ioctl(fd, LOOP_CONFIGURE, &c) == 0) {
			close(fd);
			return 0;
		}
		close(fd);
	}
	return -1;
}

static int
block_add(void)
{
	char *file = get("params"), *mode = get("mode"), dev[64], number[32];
	struct stat st;

	if (file == NULL || mode == NULL)
		return failed("no params or mode");
	if (stat(file, &st) == 0 && S_ISBLK(st.st_mode))
		snprintf(dev, sizeof(dev), "%s", file);
	else if (loop(file, mode[0] == 'r', dev, sizeof(dev)) != 0)
		return failed("no loop for %s: %s", file, strerror(errno));
	if (stat(dev, &st) != 0)
		return failed("%s: %s", dev, strerror(errno));
	snprintf(number, sizeof(number), "%x:%x", major(st.st_rdev), minor(st.st_rdev));
	set("node", dev);
	set("physical-device", number);
	set("physical-device-path", dev);
	set("hotplug-status", "connected");
	return 0;
}

static int
block_remove(void)
{
	char *dev = get("node");
	int fd;

	if (dev != NULL && strncmp(dev, "/dev/loop", 9) == 0 &&
	    (fd = open(dev, O_RDONLY)) >= 0)
		(void)ioctl(fd, LOOP_CLR_FD);
	return 0;
}

/* ---- vif ---- */

static int
vif(int on)
{
	const char *name = getenv("vif"), *bridge = on ? get("bridge") : NULL;
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r = { 0 };

	if (name == NULL || s < 0)
		return failed("no vif");
	snprintf(r.ifr_name, IFNAMSIZ, "%s", name);
	if (!on) {		/* out of its bridge with it */
		(void)ioctl(s, SIOCGIFFLAGS, &r);
		r.ifr_flags &= ~IFF_UP;
		(void)ioctl(s, SIOCSIFFLAGS, &r);
		(void)ask(XS_RM, "hotplug-status", "");
		return 0;
	}
	bridge = bridge != NULL ? bridge : "xenbr0";
	r.ifr_ifindex = if_nametoindex(name);
	snprintf(r.ifr_name, IFNAMSIZ, "%s", bridge);
	if (ioctl(s, SIOCBRADDIF, &r) != 0)
		return failed("bridge %s: %s", bridge, strerror(errno));
	snprintf(r.ifr_name, IFNAMSIZ, "%s", name);
	if (ioctl(s, SIOCGIFFLAGS, &r) != 0)
		return failed("%s: %s", name, strerror(errno));
	r.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &r) != 0)
		return failed("%s: %s", name, strerror(errno));
	set("hotplug-status", "connected");
	return 0;
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if ((path = getenv("XENBUS_PATH")) == NULL)
		return 2;
	if (strstr(argv[0], "block") != NULL)
		return strcmp(verb, "add") == 0 ? block_add() :
		    strcmp(verb, "remove") == 0 ? block_remove() : 0;
	if (argc < 3 || strcmp(argv[2], "type_if=vif") != 0)
		return 0;		/* only a device model has another */
	return strcmp(verb, "online") == 0 ? vif(1) :
	    strcmp(verb, "offline") == 0 ? vif(0) : 0;
}
