// Refuses what a process asks of a disk, where the environment variable M2V_DISK_FAULT says so:
// "<call> <errno> <skipped> <part of the path>", with the calls `write`, `sync`, `rename` and
// `open` (to write). The first <skipped> such calls on such paths are let through, all after them
// are refused. Preloaded (LD_PRELOAD) by test/faults/disk.test.ts.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int refused(const char *call, const char *path) {
  static char known[4096];
  static int made;
  const char *fault = getenv("M2V_DISK_FAULT");
  if (fault == NULL || path == NULL) return 0;
  char name[16], part[2048];
  int number, skipped;
  if (sscanf(fault, "%15s %d %d %2047s", name, &number, &skipped, part) != 4) return 0;
  if (strcmp(name, call) != 0 || strstr(path, part) == NULL) return 0;
  if (strncmp(known, fault, sizeof known - 1) != 0) {
    strncpy(known, fault, sizeof known - 1);
    made = 0;
  }
  if (made++ < skipped) return 0;
  errno = number;
  return 1;
}

static int refused_of(const char *call, int file) {
  char link[64], path[4096];
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length < 0) return 0;
  path[length] = '\0';
  return refused(call, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count) {
  return refused_of("write", file) ? -1 : NEXT(write)(file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  return refused_of("write", file) ? -1 : NEXT(pwrite)(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
  return refused_of("write", file) ? -1 : NEXT(pwrite64)(file, bytes, count, at);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
  return refused_of("write", file) ? -1 : NEXT(writev)(file, parts, count);
}
ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
  return refused_of("write", file) ? -1 : NEXT(pwritev)(file, parts, count, at);
}
ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
  return refused_of("write", file) ? -1 : NEXT(pwritev64)(file, parts, count, at);
}
int fsync(int file) { return refused_of("sync", file) ? -1 : NEXT(fsync)(file); }
int fdatasync(int file) { return refused_of("sync", file) ? -1 : NEXT(fdatasync)(file); }
int rename(const char *from, const char *to) {
  return refused("rename", to) ? -1 : NEXT(rename)(from, to);
}

static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0; }

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                           \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, int) : 0; \
    va_end(rest);                                                         \
    if (writes(flags) && refused("open", path)) return -1;                \
    return NEXT(name)(path, flags, mode);                                 \
  }
OPEN(open)
OPEN(open64)
