/* Preloaded: counts the calls that change what lies below one folder, and kills the process at the K-th of them, or lets
   it fail. A write that is killed is half done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char below[PATH_MAX];
static size_t length;
static long calls, strike_at;
static int strike_errno, writes_only;

/* at: of the calls, from 1; 0: none. error: what it fails with; 0: killed. only: whether nothing but writes count. */
void faults_begin(const char *folder, long at, int error, int only) {
    strncpy(below, folder, sizeof below - 1);
    strike_at = at, strike_errno = error, writes_only = only, calls = 0;
    length = strlen(below);
}
long faults_counted(void) { return calls; }

static int inside(const char *path) { return length && !strncmp(path, below, length); }
static int inside_fd(int fd) {
    char link[64], path[PATH_MAX];
    ssize_t n;
    if (!length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return inside(path);
}
static int inside_at(int folder, const char *path) {
    char here[PATH_MAX];
    if (path[0] == '/') return inside(path);
    if (folder != AT_FDCWD) return inside_fd(folder);
    return getcwd(here, sizeof here) && inside(here);
}
/* 1: this call fails. */
static int struck(int is_write) {
    if (writes_only && !is_write) return 0;
    if (++calls != strike_at) return 0;
    if (!strike_errno) kill(getpid(), SIGKILL);
    errno = strike_errno;
    return 1;
}
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRITES(name, arguments, given, half)                          \
    ssize_t name arguments {                                          \
        static __typeof__(&name) real;                                \
        if (!real) real = REAL(name);                                 \
        if (inside_fd(fd)) {                                          \
            if (calls + 1 == strike_at && !strike_errno) half;        \
            if (struck(1)) return -1;                                 \
        }                                                             \
        return real given;                                            \
    }
WRITES(write, (int fd, const void *data, size_t n), (fd, data, n), real(fd, data, n / 2))
WRITES(pwrite, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at), real(fd, data, n / 2, at))
WRITES(pwrite64, (int fd, const void *data, size_t n, off64_t at), (fd, data, n, at), real(fd, data, n / 2, at))
WRITES(writev, (int fd, const struct iovec *parts, int n), (fd, parts, n), real(fd, parts, n / 2))
#define CHANGES(name, arguments, given, where)                        \
    int name arguments {                                              \
        static __typeof__(&name) real;                                \
        if (!real) real = REAL(name);                                 \
        if ((where) && struck(0)) return -1;                          \
        return real given;                                            \
    }
CHANGES(fsync, (int fd), (fd), inside_fd(fd))
CHANGES(fdatasync, (int fd), (fd), inside_fd(fd))
CHANGES(ftruncate, (int fd, off_t n), (fd, n), inside_fd(fd))
CHANGES(ftruncate64, (int fd, off64_t n), (fd, n), inside_fd(fd))
CHANGES(rename, (const char *a, const char *b), (a, b), inside_at(AT_FDCWD, a) || inside_at(AT_FDCWD, b))
CHANGES(renameat, (int f, const char *a, int g, const char *b), (f, a, g, b), inside_at(f, a) || inside_at(g, b))
CHANGES(renameat2, (int f, const char *a, int g, const char *b, unsigned flags), (f, a, g, b, flags),
        inside_at(f, a) || inside_at(g, b))
CHANGES(unlink, (const char *a), (a), inside_at(AT_FDCWD, a))
CHANGES(unlinkat, (int f, const char *a, int flags), (f, a, flags), inside_at(f, a))
CHANGES(rmdir, (const char *a), (a), inside_at(AT_FDCWD, a))
CHANGES(mkdir, (const char *a, mode_t mode), (a, mode), inside_at(AT_FDCWD, a))
CHANGES(mkdirat, (int f, const char *a, mode_t mode), (f, a, mode), inside_at(f, a))
#define OPENS(name, arguments, given, where)                          \
    int name arguments {                                              \
        static int (*real)();                                         \
        mode_t mode = 0;                                              \
        if (!real) real = (int (*)())dlsym(RTLD_NEXT, #name);         \
        if (flags & O_CREAT) {                                        \
            va_list more;                                             \
            va_start(more, flags);                                    \
            mode = va_arg(more, mode_t);                              \
            va_end(more);                                             \
            if ((where) && struck(0)) return -1;                      \
        }                                                             \
        return real given;                                            \
    }
OPENS(open, (const char *a, int flags, ...), (a, flags, mode), inside_at(AT_FDCWD, a))
OPENS(open64, (const char *a, int flags, ...), (a, flags, mode), inside_at(AT_FDCWD, a))
OPENS(openat, (int f, const char *a, int flags, ...), (f, a, flags, mode), inside_at(f, a))
OPENS(openat64, (int f, const char *a, int flags, ...), (f, a, flags, mode), inside_at(f, a))
