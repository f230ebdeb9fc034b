// A disk that reports a failed write only to who waits for it: to be preloaded into miura. The call named by FAILING_CALL
// (fsync, sync_file_range) ends with EIO for files whose path holds FAILING_FILE, as it does where a disk or a file server is
// lost after write() has taken the bytes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_lost(const char* call, int descriptor) {
  const char *failing = getenv("FAILING_CALL"), *file = getenv("FAILING_FILE");
  if (!failing || !file || strcmp(call, failing) != 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return strstr(path, file) != NULL;
}

int fsync(int descriptor) {
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  if (!is_lost("fsync", descriptor)) return next(descriptor);
  errno = EIO;
  return -1;
}

int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned flags) {
  int (*next)(int, off64_t, off64_t, unsigned) = (int (*)(int, off64_t, off64_t, unsigned))dlsym(RTLD_NEXT, "sync_file_range");
  if (!is_lost("sync_file_range", descriptor)) return next(descriptor, offset, length, flags);
  errno = EIO;
  return -1;
}
