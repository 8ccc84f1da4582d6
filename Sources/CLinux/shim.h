// What Swift's Glibc module leaves out: one header, and a function that <stdio.h> hides behind _GNU_SOURCE.
#include <sys/types.h>
#include <sys/xattr.h>
int renameat2(int, const char *, int, const char *, unsigned int);
