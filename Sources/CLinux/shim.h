// What Swift's Glibc module leaves out: a header, functions that are hidden behind _GNU_SOURCE, and system calls
// that a C library may have no function for.
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

int pipe2(int[2], int);
int renameat2(int, const char *, int, const char *, unsigned int);

static inline ssize_t clinux_getdents64(int directory, void *entries, size_t size) {
  return syscall(SYS_getdents64, directory, entries, size);
}

// Linux 6.13. The numbers are the same for every processor that Swift knows.
#ifndef SYS_getxattrat
#define SYS_getxattrat 464
#endif
#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif

static inline ssize_t clinux_listxattrat(int directory, const char *path, int flags, void *list, size_t size) {
  return syscall(SYS_listxattrat, directory, path, flags, list, size);
}

static inline ssize_t clinux_getxattrat(
    int directory, const char *path, int flags, const char *name, void *value, size_t size) {
  struct {
    uint64_t value __attribute__((aligned(8)));
    uint32_t size;
    uint32_t flags;
  } arguments = {(uintptr_t)value, (uint32_t)size, 0};
  return syscall(SYS_getxattrat, directory, path, flags, name, &arguments, sizeof arguments);
}
