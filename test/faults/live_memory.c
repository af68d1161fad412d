// Counts the bytes that a process has from malloc and has not given back, and writes them to
// standard error, in a line, at SIGUSR2. Preloaded (LD_PRELOAD) by test/faults/worker-memory.test.ts.
// `__libc_…` are glibc's own names for these functions.

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_long live;

static void *taken(void *memory) {
  if (memory) live += malloc_usable_size(memory);
  return memory;
}

static void given_back(void *memory) {
  if (memory) live -= malloc_usable_size(memory);
}

void *malloc(size_t size) { return taken(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return taken(__libc_calloc(count, size)); }
void *memalign(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  *memory = taken(__libc_memalign(alignment, size));
  return *memory ? 0 : ENOMEM;
}

void *realloc(void *memory, size_t size) {
  given_back(memory);
  void *other = __libc_realloc(memory, size);
  // Memory that could not be made larger is still there.
  taken(other || size == 0 ? other : memory);
  return other;
}

void free(void *memory) {
  given_back(memory);
  __libc_free(memory);
}

/** Only async-signal-safe functions may be called here. */
static void show(int signal) {
  (void)signal;
  char line[24] = {0};
  char *at = line + sizeof line - 1;
  *at = '\n';
  for (long rest = live; rest > 0 || at[0] == '\n'; rest /= 10) *--at = '0' + rest % 10;
  (void)!write(2, at, line + sizeof line - at);
}

__attribute__((constructor)) static void start(void) { signal(SIGUSR2, show); }
