/* sys/un.h */
#include <sys/socket.h>
