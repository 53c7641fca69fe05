/* netinet/tcp.h */
#include <rump/abi_net.h>
