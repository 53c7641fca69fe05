/* net/if.h */
#include <rump/abi_net.h>
