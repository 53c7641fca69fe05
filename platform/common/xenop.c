/*
 * xenop.c: hypercalls by name, over the platform's xen_hypercall() (Xen public
 * headers; errno.h for the numbers of its errors).
 */
#include <stdio.h>

#include <kern_errno.h>
#include <xen.h>

/* Up to 34 the numbers are those of every Unix, but for EAGAIN. */
int
xen_errno(long answer)
{

	if (answer >= 0)
		return 0;
	switch (-answer) {
	case 11:
		return EAGAIN;
	case 38:
		return ENOSYS;
	case 95:
		return EOPNOTSUPP;
	case 110:
		return ETIMEDOUT;
	default:
		return -answer <= 34 ? (int)-answer : EIO;
	}
}

static int
op2(unsigned op, unsigned long cmd, void *arg)
{

	return xen_errno(xen_hypercall(op, cmd, (unsigned long)arg, 0, 0, 0));
}

int
xen_event_op(int cmd, void *arg)
{

	return op2(__HYPERVISOR_event_channel_op, cmd, arg);
}

int
xen_sched_op(int cmd, void *arg)
{

	return op2(__HYPERVISOR_sched_op, cmd, arg);
}

int
xen_memory_op(unsigned cmd, void *arg)
{

	return op2(__HYPERVISOR_memory_op, cmd, arg);
}

int
xen_physdev_op(int cmd, void *arg)
{

	return op2(__HYPERVISOR_physdev_op, cmd, arg);
}

int
xen_vcpu_op(int cmd, unsigned vcpu, void *arg)
{

	return xen_errno(xen_hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu,
	    (unsigned long)arg, 0, 0));
}

int
xen_grant_op(unsigned cmd, void *args, unsigned n)
{

	return xen_errno(xen_hypercall(__HYPERVISOR_grant_table_op, cmd,
	    (unsigned long)args, n, 0, 0));
}

const char *
xen_version(void)
{
	static char text[16];
	long v;

	if (text[0] == '\0') {
		v = xen_hypercall(__HYPERVISOR_xen_version, XENVER_version, 0,
		    0, 0, 0);
		(void)snprintf(text, sizeof(text), "%u.%u",
		    (unsigned)(v >> 16), (unsigned)(v & 0xffff));
	}
	return text;
}

bool
xen_feature(unsigned bit)
{
	xen_feature_info_t fi = { .submap_idx = bit / 32 };

	return xen_hypercall(__HYPERVISOR_xen_version, XENVER_get_features,
	    (unsigned long)&fi, 0, 0, 0) == 0 && (fi.submap >> bit % 32 & 1);
}

/* ---- event channels ---- */

int
xen_evtchn_alloc(domid_t remote, evtchn_port_t *port)
{
	struct evtchn_alloc_unbound op = {
		.dom = DOMID_SELF, .remote_dom = remote
	};
	int error = xen_event_op(EVTCHNOP_alloc_unbound, &op);

	*port = op.port;
	return error;
}

int
xen_evtchn_connect(domid_t remote, evtchn_port_t theirs, evtchn_port_t *port)
{
	struct evtchn_bind_interdomain op = {
		.remote_dom = remote, .remote_port = theirs
	};
	int error = xen_event_op(EVTCHNOP_bind_interdomain, &op);

	*port = op.local_port;
	return error;
}

int
xen_evtchn_virq(unsigned virq, unsigned cpu, evtchn_port_t *port)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = cpu };
	int error = xen_event_op(EVTCHNOP_bind_virq, &op);

	*port = op.port;
	return error;
}

int
xen_evtchn_pirq(unsigned pirq, bool share, evtchn_port_t *port)
{
	struct evtchn_bind_pirq op = {
		.pirq = pirq, .flags = share ? BIND_PIRQ__WILL_SHARE : 0
	};
	int error = xen_event_op(EVTCHNOP_bind_pirq, &op);

	*port = op.port;
	return error;
}

void
xen_evtchn_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	(void)xen_event_op(EVTCHNOP_close, &op);
}

void
xen_evtchn_notify(evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	(void)xen_event_op(EVTCHNOP_send, &op);
}

void
xen_evtchn_unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = { .port = port };

	(void)xen_event_op(EVTCHNOP_unmask, &op);
}
