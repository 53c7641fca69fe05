/*
 * xsring.h: the two byte streams of xenstore's page, and what is in them (Xen
 * public io/xs_wire.h; docs/misc/xenstore.txt).  Pure code.
 */
#ifndef SIRLOIN_XEN_XSRING_H
#define SIRLOIN_XEN_XSRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <kern_errno.h>
#include <xen/io/xs_wire.h>

struct xsring {
	volatile struct xenstore_domain_interface *page;
	const char	*why;		/* the daemon lied, or NULL */
};

/* Bytes taken: as many as there is room for. */
size_t	xsring_write(struct xsring *, const void *, size_t);
/* Bytes had: as many as there are. */
size_t	xsring_read(struct xsring *, void *, size_t);

/* A message on its way in, in whatever pieces it comes. */
struct xsin {
	struct xsd_sockmsg hdr;
	size_t		got;		/* of header and body */
	char		body[XENSTORE_PAYLOAD_MAX + 1];	/* and a NUL */
};
/*
 * Read on: 1: a message is whole, until the next call; 0: there is no more
 * now; -1: the stream is no longer one (why).
 */
int	xsin_next(struct xsin *, struct xsring *);

/* The error number of an XS_ERROR's text; EIO when it has none. */
int	xs_errno(const char *name);
/* A whole decimal number, nothing else. */
bool	xs_number(const char *, uint64_t *);
/* The n-th string of len bytes of strings; NULL: there are not so many. */
const char *xs_string(const char *p, size_t len, unsigned n);

#endif /* SIRLOIN_XEN_XSRING_H */
