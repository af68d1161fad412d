// Starts no thread while the environment variable M2V_NO_THREADS is set: what a system does whose
// limit of processes is reached. Preloaded (LD_PRELOAD) by test/faults/process.test.ts.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

int pthread_create(pthread_t *thread, const pthread_attr_t *options, void *(*work)(void *), void *data) {
  if (getenv("M2V_NO_THREADS") != NULL) return EAGAIN;
  return ((__typeof__(&pthread_create))dlsym(RTLD_NEXT, "pthread_create"))(thread, options, work, data);
}
