/* rights.h: inside builtin/net: descriptors in messages (SCM_RIGHTS). */
#ifndef BUILTIN_NET_RIGHTS_H
#define BUILTIN_NET_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

struct msghdr;
struct rights;
struct sock;
struct uio;

/* Without the lock: a message's, with references; *out NULL: it has none. */
int	rights_parse(const struct msghdr *, struct rights **out);
void	rights_free(struct rights *);		/* and what follows it */
/* New descriptors into the control buffer, which has that much room. */
void	rights_receive(struct rights *, struct msghdr *, size_t room, int cloexec);

/* Under the lock.  With data, as sockops.send; what to free afterwards. */
struct rights *rights_send(struct sock *, struct rights *, struct uio *,
	    int flags, int *error);
/* So many bytes, or datagrams, were received. */
void	rights_passed(struct sock *, size_t n);
struct rights *rights_take(struct sock *);	/* those that are due, or NULL */

#endif /* BUILTIN_NET_RIGHTS_H */
