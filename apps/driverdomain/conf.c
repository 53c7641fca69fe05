/* conf.c: the program's keys of the configuration. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../libc-min/parse.h"
#include "../../libc-min/start.h"
#include "driverdomain.h"

#define CONFIG_MAX	(256 * 1024)

const char *const sirloin_config_keys[] = { "export", NULL };
static int (*const set[])(struct parse *, int, void *) = { conf_export };

/* All other keys have been looked at before, and carried out. */
static int
document(struct parse *p)
{
	int end = json_skip(&p->j, 0), k, i;

	for (k = 1; k < end; k = json_skip(&p->j, k + 1))
		for (i = 0; sirloin_config_keys[i] != NULL; i++)
			if (json_is(&p->j, k, sirloin_config_keys[i]) &&
			    set[i](p, k + 1, NULL) != 0)
				return -1;
	return 0;
}

static char *
read_text(size_t *len)
{
	char *text = malloc(CONFIG_MAX);
	int fd = open("/sirloin/config", O_RDONLY);
	ssize_t n = 0;

	for (*len = 0; text != NULL && fd >= 0; *len += (size_t)n)
		if ((n = read(fd, text + *len, CONFIG_MAX - *len)) <= 0)
			break;
	if (text == NULL || fd < 0 || n < 0)
		start_fail(0, "the configuration can't be read");
	close(fd);
	return text;
}

/* It has been found to be JSON; its strings stay. */
void
conf_read(void)
{
	struct config_error err;
	struct parse p = { .err = &err, .firstline = 1 };
	const char *what, *start, *s;
	size_t len, pos;
	char *text = read_text(&len);

	if ((start = memchr(text, '{', len)) == NULL) {
		free(text);
		return;
	}
	for (s = text; s < start; s++)
		p.firstline += *s == '\n';
	if (json_parse(&p.j, start, len - (start - text), &pos, &what) != 0)
		start_fail(1, "%s", what);
	p.left = (size_t)p.j.ntok * 16 + len * 2 + 64;
	if ((p.mem = malloc(p.left)) == NULL)
		start_fail(1, "out of memory");
	if (document(&p) != 0)
		start_fail(err.line, "%s", err.text);
	json_free(&p.j);
	free(text);
}
