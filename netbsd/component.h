/*
 * component.h: a component of NetBSD's rump kernel, for files that need no other
 * header of its (sys/rump/include/rump-sys/kern.h: struct rump_component, enum
 * rump_component_type).
 */
#ifndef SIRLOIN_NETBSD_COMPONENT_H
#define SIRLOIN_NETBSD_COMPONENT_H

struct rump_component {
	int		rc_type;
	void		(*rc_init)(void);
	struct { void *le_next, **le_prev; } rc_entries;
};
#define RUMP_COMPONENT_KERN	7
#define RUMP_COMPONENT_POSTINIT	9

/* NAME_init() is called at that time. */
#define RUMP_COMPONENT_DECLARE(name, type)				\
	static struct rump_component name##_component = {		\
		.rc_type = type,					\
		.rc_init = name##_init,					\
	};								\
	static const void *const name##_entry				\
	    __attribute__((used, section("link_set_rump_components"))) = \
	    &name##_component

#endif /* SIRLOIN_NETBSD_COMPONENT_H */
