/* jsmn.c: jsmn (Debian's libjsmn-dev is a header), compiled once. */
#define JSMN_STRICT
#include <jsmn.h>
