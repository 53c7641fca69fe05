/* nic.c: the drivers' network interfaces, for builtin/net. */
#include "dev.h"
#include "devstat.h"

static LIST_HEAD(, nic) nics = LIST_HEAD_INITIALIZER(nics);

/* Attachment is one thread's, before anybody looks. */
int
nic_attach(struct nic *nic)
{
	struct nic *last = NULL, *n;

	LIST_FOREACH(n, &nics, link)
		last = n;
	if (last == NULL)
		LIST_INSERT_HEAD(&nics, nic, link);
	else
		LIST_INSERT_AFTER(last, nic, link);
	return 0;
}

void
nic_link(struct nic *nic, bool up, uint32_t mbps)
{

	nic->linkup = up;
	nic->mbps = mbps;
	if (up)
		k_printf("%s: link up, %u Mb/s\n", nic->name, mbps);
	else
		k_printf("%s: link down\n", nic->name);
	if (nic->linkfn != NULL)
		nic->linkfn(nic->linkarg);
}

struct nic *
nic_find(const char *name)
{
	struct nic *n;

	LIST_FOREACH(n, &nics, link)
		if (strcmp(n->name, name) == 0)
			break;
	return n;
}

struct nic *
nic_nth(int i)
{
	struct nic *n;

	LIST_FOREACH(n, &nics, link)
		if (i-- == 0)
			break;
	return n;
}

#define U(x)	((unsigned long long)(x))

/* As the platform's members of "net" (docs/rumpuser.md), and more. */
static void
status_one(struct devtext *t, const struct nic *n)
{
	const struct net_stats *s = &n->stats;
	const uint8_t *a = n->info.mac;

	devtext(t, "{\"name\":\"%s\",\"driver\":\"%s\",\"model\":\"%s\","
	    "\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"mtu\":%u,"
	    "\"caps\":%u,\"link\":%s,\"mbps\":%u,", n->name,
	    n->driver, n->model, a[0], a[1], a[2], a[3], a[4], a[5], n->info.mtu, n->info.caps,
	    n->linkup ? "true" : "false", n->linkup ? n->mbps : 0);
	devtext(t, "\"ipackets\":%llu,\"ibytes\":%llu,\"idrops\":%llu,"
	    "\"ierrors\":%llu,", U(s->ipackets), U(s->ibytes), U(s->idrops),
	    U(s->ierrors));
	devtext(t, "\"opackets\":%llu,\"obytes\":%llu,\"odrops\":%llu,"
	    "\"oerrors\":%llu,\"resets\":%llu}", U(s->opackets), U(s->obytes),
	    U(s->odrops), U(s->oerrors), U(n->resets));
}

void
nic_status(struct devtext *t)
{
	struct nic *n;

	devtext(t, "\"net\":[");
	LIST_FOREACH(n, &nics, link) {
		if (n != LIST_FIRST(&nics))
			devtext(t, ",");
		status_one(t, n);
	}
	devtext(t, "]");
}
