/*
 * programs.h: what the configuration says of programs, for an image that can
 * run several of them: between libc-min's start code and the application.
 */
#ifndef SIRLOIN_PROGRAMS_H
#define SIRLOIN_PROGRAMS_H

/* When the next program begins (docs/configuration.md, "runmode"). */
enum program_mode {
	PROGRAM_AND,		/* this one has ended with status 0 */
	PROGRAM_THEN,		/* this one has ended */
	PROGRAM_BACK,		/* at once */
	PROGRAM_PIPE		/* at once, and reads what this one writes */
};
#define PROGRAM_MODES	"&&", ";", "&", "|"

struct program {
	unsigned line;		/* of the configuration */
	int	argc;		/* 1.. */
	char	**argv;		/* argv[0] the program, argv[argc] NULL */
	char	*workdir;	/* NULL: not given */
	char	**env;		/* beside environ, NULL at the end; or NULL */
	enum program_mode mode;
};

/*
 * An application that has this runs programs by itself: called in place of
 * main(), in the start code's working directory.  The exit status.
 */
int	sirloin_programs(const struct program *, int n) __attribute__((weak));
/*
 * Beside it: somebody outside wants an end.  Called in a host thread with an
 * lwp of process 1; when it returns, the machine ends.
 */
void	sirloin_programs_stop(void) __attribute__((weak));

#endif /* SIRLOIN_PROGRAMS_H */
