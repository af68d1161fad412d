// The time of day is another one each time that it is asked for: days earlier, and days later.
// Preloaded (LD_PRELOAD) by test/faults/process.test.ts.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#define DAYS (11 * 24 * 3600)
static int asked;

static long jump(void) { return (++asked % 3 - 1) * DAYS; }

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = ((__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime"))(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += jump();
  return result;
}

int gettimeofday(struct timeval *time, void *zone) {
  int result = ((int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday"))(time, zone);
  if (result == 0 && time != NULL) time->tv_sec += jump();
  return result;
}
