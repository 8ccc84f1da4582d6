// Loaded before libdispatch under valgrind 3.19, which crashes where a program waits with a signal mask that is
// read-only, as libdispatch's is: it gets a copy.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
  sigset_t copy = *mask;
  return (int)syscall(SYS_rt_sigsuspend, &copy, 8);
}
