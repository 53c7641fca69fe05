/* inttypes.h: formats of the fixed-width types on LP64. */
#ifndef _INTTYPES_H_
#define _INTTYPES_H_

#include <stdint.h>

#define PRId8	"hhd"
#define PRId16	"hd"
#define PRId32	"d"
#define PRId64	"ld"
#define PRIu8	"hhu"
#define PRIu16	"hu"
#define PRIu32	"u"
#define PRIu64	"lu"
#define PRIx8	"hhx"
#define PRIx16	"hx"
#define PRIx32	"x"
#define PRIx64	"lx"
#define PRIX32	"X"
#define PRIX64	"lX"
#define PRIo64	"lo"
#define PRIi32	"i"
#define PRIi64	"li"
#define PRIdPTR	"ld"
#define PRIuPTR	"lu"
#define PRIxPTR	"lx"
#define PRIdMAX	"jd"
#define PRIuMAX	"ju"
#define PRIxMAX	"jx"

intmax_t strtoimax(const char *restrict, char **restrict, int);
uintmax_t strtoumax(const char *restrict, char **restrict, int);

#endif /* _INTTYPES_H_ */
