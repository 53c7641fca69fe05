/*
 * backkeys.c: what a back end reads in xenstore and maps of its front end.
 */
#include <stdio.h>
#include "backbus.h"
#include "xsring.h"

/* ---- keys ---- */

uint64_t
backbus_num(struct backbus_dev *d, const char *key, uint64_t max,
    uint64_t otherwise)
{
	uint64_t v;

	return xs_read_num(0, d->node, key, max, &v) == 0 ? v : otherwise;
}

int
backbus_str(struct backbus_dev *d, const char *key, char *buf, size_t size)
{

	return xs_read_str(0, d->node, key, buf, size);
}

int
backbus_peer_str(struct backbus_dev *d, const char *key, char *buf,
    size_t size)
{

	return xs_read_str(0, d->front, key, buf, size);
}

int
backbus_peer_num(struct backbus_dev *d, const char *dir, const char *key,
    uint64_t max, uint64_t *v)
{
	char path[64], text[24];
	int error;

	(void)snprintf(path, sizeof(path), "%s%s%s", dir != NULL ? dir : "",
	    dir != NULL ? "/" : "", key);
	error = xs_read_str(0, d->front, path, text, sizeof(text));
	if (error == E2BIG)
		return EINVAL;
	if (error == 0 && (!xs_number(text, v) || *v > max))
		return EINVAL;
	return error;
}

bool
backbus_peer_flag(struct backbus_dev *d, const char *key)
{
	uint64_t v;

	return backbus_peer_num(d, NULL, key, 1, &v) == 0 && v == 1;
}

/* ---- rings and channels ---- */

int
backbus_map(struct backbus_dev *d, const grant_ref_t *ref, unsigned n,
    struct backbus_map *m)
{
	int error;

	if (n == 0 || n > BACKBUS_MAXPAGES)
		return EINVAL;
	if ((m->va = xen_window_alloc(n)) == NULL)
		return ENOMEM;
	m->n = n;
	error = xen_map_grants(m->va, d->dom, ref, n, false, m->handle);
	if (error != 0) {
		xen_window_free(m->va, n);
		m->va = NULL;
	}
	return error;
}

void
backbus_unmap(struct backbus_map *m)
{

	if (m->va == NULL)
		return;
	xen_unmap_grants(m->va, m->handle, m->n);
	xen_window_free(m->va, m->n);
	m->va = NULL;
}

int
backbus_event(struct backbus_dev *d, evtchn_port_t theirs, const char *name,
    int cpu, int (*fn)(void *), void *arg, struct xen_event *e)
{
	evtchn_port_t port;
	int error;

	if ((error = xen_evtchn_connect(d->dom, theirs, &port)) != 0)
		return error;
	if ((error = xen_event_bind(e, name, port, cpu, fn, arg)) != 0)
		xen_evtchn_close(port);
	return error;
}
