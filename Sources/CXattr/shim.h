// The one system header that Swift's Glibc module leaves out.
#include <sys/types.h>
#include <sys/xattr.h>
