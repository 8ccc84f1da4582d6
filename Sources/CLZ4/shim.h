// The block API only: EROFS frames its own physical clusters.
#include <lz4.h>
#define LZ4_HC_STATIC_LINKING_ONLY
#include <lz4hc.h>
