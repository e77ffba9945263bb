/*
 * A file layer between the program and the disk, for tests (LD_PRELOAD, Linux with glibc).
 *
 * Watches paths below KHOTIN_DISK_ROOT. Writes every operation that matters for durability, with its
 * bytes, to KHOTIN_DISK_LOG, one header line each and the bytes behind it:
 *
 *   P                                  a process began; handles of the one before mean nothing
 *   O handle created truncated path    open (handles count up within a process); paths are below the root
 *   W handle offset length             write, then `length` bytes
 *   T handle length                    ftruncate
 *   S handle                           fsync of a file or folder, done
 *   R from \t to                       rename
 *   U path                             unlink, or rmdir
 *   M path                             mkdir
 *   L target \t path                   symlink
 *   F path                             an operation was made to fail
 *
 * KHOTIN_DISK_FAIL = "kind pattern nth errno how" lets the nth operation of a kind on a path that fits
 * the shell pattern fail. kind: create, write, sync, rename, mkdir, truncate, unlink, symlink.
 * errno: ENOSPC or EIO. how: once; always (every later one of that kind and pattern too); full (from
 * then on nothing below the root can grow); with "short" in front (short-once, ...) the first half of a
 * write is written before.
 *
 * KHOTIN_DISK_FREE = bytes: statvfs says that so many are free, less what was written since the start.
 *
 * One lock is held over an operation and its line, so the order of the log is the order of the disk.
 * What is written through mmap is not seen: SQLite's -shm file need not be durable.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define HANDLES 1024

struct handle {
    int used;
    long number;
    dev_t device;
    ino_t inode;
    char path[PATH_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct handle handles[HANDLES];
static long next_handle = 1;
static char root[PATH_MAX];
static size_t root_length;
static int log_fd = -1;
static long long free_bytes = -1;

static char fail_kind[16], fail_pattern[256], fail_how[24];
static long fail_nth;
static int fail_errno;
static int has_fired;
static int is_full;
static char fail_rest[PATH_MAX]; /* behind a short write the next one on this path fails */

#define REAL(type, name, ...) \
    static type (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

static int real_open_log(const char *path) {
    REAL(int, open, const char *, int, ...);
    return real_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static ssize_t real_write_all(int fd, const char *bytes, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    size_t done = 0;
    while (done < length) {
        ssize_t n = real_write(fd, bytes + done, length - done);
        if (n < 0) abort();
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static void start(void) {
    const char *text = getenv("KHOTIN_DISK_ROOT");
    if (!text) return;
    snprintf(root, sizeof root, "%s", text);
    root_length = strlen(root);
    const char *log = getenv("KHOTIN_DISK_LOG");
    if (log && (log_fd = real_open_log(log)) < 0) abort();
    const char *fail = getenv("KHOTIN_DISK_FAIL");
    if (fail) {
        char error[16];
        if (sscanf(fail, "%15s %255s %ld %15s %23s", fail_kind, fail_pattern, &fail_nth, error, fail_how) != 5)
            abort();
        fail_errno = strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
    }
    const char *free_text = getenv("KHOTIN_DISK_FREE");
    if (free_text) free_bytes = atoll(free_text);
    if (log_fd >= 0) real_write_all(log_fd, "P\n", 2);
}

static void enter(void) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
}

static void leave(void) {
    int kept = errno;
    pthread_mutex_unlock(&lock);
    errno = kept;
}

static void note(const char *format, ...) {
    if (log_fd < 0) return;
    char line[3 * PATH_MAX];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    int kept = errno;
    real_write_all(log_fd, line, (size_t)n);
    errno = kept;
}

/* The path below the root, "." for the root itself; 0 if it is elsewhere. */
static int below(int folder, const char *path, char *out) {
    if (!root_length) return 0;
    char whole[2 * PATH_MAX];
    if (path[0] == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else if (folder == AT_FDCWD) {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(whole, sizeof whole, "%s/%s", here, path);
    } else {
        if (folder < 0 || folder >= HANDLES || !handles[folder].used) return 0;
        snprintf(whole, sizeof whole, "%s/%s/%s", root, handles[folder].path, path);
    }
    if (strncmp(whole, root, root_length) != 0) return 0;
    if (whole[root_length] != '/' && whole[root_length] != 0) return 0;
    /* Drop empty and "." parts. */
    char parts[2 * PATH_MAX];
    size_t length = 0;
    char *save, *part = strtok_r(whole + root_length, "/", &save);
    for (; part; part = strtok_r(NULL, "/", &save)) {
        if (strcmp(part, ".") == 0) continue;
        length += (size_t)snprintf(parts + length, sizeof parts - length, "%s%s", length ? "/" : "", part);
    }
    if (length >= PATH_MAX) abort();
    strcpy(out, length ? parts : ".");
    return 1;
}

/* Whether this operation fails; errno says how. */
static int fails(const char *kind, const char *path) {
    int grows = !strcmp(kind, "create") || !strcmp(kind, "write") || !strcmp(kind, "mkdir") || !strcmp(kind, "symlink");
    if (is_full && grows) {
        errno = ENOSPC;
        return 1;
    }
    if (fail_rest[0] && !strcmp(kind, "write") && !strcmp(path, fail_rest)) {
        fail_rest[0] = 0;
        errno = fail_errno;
        return 1;
    }
    if (!fail_kind[0] || strcmp(kind, fail_kind) || fnmatch(fail_pattern, path, 0)) return 0;
    if (has_fired && !strstr(fail_how, "always")) return 0;
    if (!has_fired && --fail_nth > 0) return 0;
    has_fired = 1;
    if (strstr(fail_how, "full")) is_full = 1;
    note("F %s\n", path);
    errno = fail_errno;
    return 1;
}

/* The watched handle behind a descriptor; NULL if it was closed behind our back. */
static struct handle *handle_of(int fd) {
    if (fd < 0 || fd >= HANDLES || !handles[fd].used) return NULL;
    struct stat found;
    int kept = errno;
    int same = fstat(fd, &found) == 0 && found.st_dev == handles[fd].device && found.st_ino == handles[fd].inode;
    errno = kept;
    if (!same) handles[fd].used = 0;
    return same ? &handles[fd] : NULL;
}

static int opened(int fd, const char *path, int created, int flags) {
    struct stat found;
    if (fd < 0) return fd;
    if (fd >= HANDLES || fstat(fd, &found) != 0) abort();
    struct handle *handle = &handles[fd];
    handle->used = 1;
    handle->number = next_handle++;
    handle->device = found.st_dev;
    handle->inode = found.st_ino;
    snprintf(handle->path, sizeof handle->path, "%s", path);
    note("O %ld %d %d %s\n", handle->number, created, (flags & O_TRUNC) != 0, path);
    return fd;
}

static int watched_open(int (*real)(int, const char *, int, mode_t), int folder, const char *path, int flags, mode_t mode) {
    char name[PATH_MAX];
    enter();
    if (!below(folder, path, name)) {
        leave();
        return real(folder, path, flags, mode);
    }
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        /* A file without a name: the path is its folder. */
        strncat(name, "/nameless", sizeof name - strlen(name) - 1);
        int fd = fails("create", name) ? -1 : opened(real(folder, path, flags, mode), name, 1, flags);
        leave();
        return fd;
    }
    struct stat found;
    int created = (flags & O_CREAT) && fstatat(folder, path, &found, 0) != 0;
    if (created && fails("create", name)) {
        leave();
        return -1;
    }
    int fd = opened(real(folder, path, flags, mode), name, created, flags);
    leave();
    return fd;
}

static int call_openat(int folder, const char *path, int flags, mode_t mode) {
    REAL(int, openat, int, const char *, int, ...);
    return real_openat(folder, path, flags, mode);
}

#define MODE() \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list list; \
        va_start(list, flags); \
        mode = va_arg(list, mode_t); \
        va_end(list); \
    }

int open(const char *path, int flags, ...) {
    MODE();
    return watched_open(call_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE();
    return watched_open(call_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    MODE();
    return watched_open(call_openat, folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    MODE();
    return watched_open(call_openat, folder, path, flags | O_LARGEFILE, mode);
}

int creat(const char *path, mode_t mode) {
    return watched_open(call_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) {
    REAL(int, close, int);
    enter();
    if (fd >= 0 && fd < HANDLES) handles[fd].used = 0;
    int result = real_close(fd);
    leave();
    return result;
}

/* Writes `length` bytes at `offset`, or at the file's own place if it is negative. */
static ssize_t watched_write(struct handle *handle, int fd, const char *bytes, size_t length, off_t offset) {
    REAL(ssize_t, write, int, const void *, size_t);
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    if (fails("write", handle->path)) {
        if (!strstr(fail_how, "short") || length < 2 || is_full > 1) return -1;
        /* Once: the first half is written, what comes next is not. */
        length /= 2;
        if (is_full) is_full = 2;
        else snprintf(fail_rest, sizeof fail_rest, "%s", handle->path);
    }
    ssize_t n = offset < 0 ? real_write(fd, bytes, length) : real_pwrite64(fd, bytes, length, offset);
    if (n <= 0) return n;
    if (offset < 0) offset = lseek(fd, 0, SEEK_CUR) - n;
    note("W %ld %lld %lld\n", handle->number, (long long)offset, (long long)n);
    if (log_fd >= 0) real_write_all(log_fd, bytes, (size_t)n);
    if (free_bytes >= 0) free_bytes = free_bytes > n ? free_bytes - n : 0;
    return n;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    enter();
    struct handle *handle = handle_of(fd);
    if (!handle) {
        leave();
        return real_write(fd, bytes, length);
    }
    ssize_t n = watched_write(handle, fd, bytes, length, -1);
    leave();
    return n;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    enter();
    struct handle *handle = handle_of(fd);
    if (!handle) {
        leave();
        return real_pwrite64(fd, bytes, length, offset);
    }
    ssize_t n = watched_write(handle, fd, bytes, length, offset);
    leave();
    return n;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

/* Only the first piece: a short write is allowed, and the caller goes on behind it. */
ssize_t writev(int fd, const struct iovec *pieces, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    enter();
    struct handle *handle = handle_of(fd);
    if (!handle) {
        leave();
        return real_writev(fd, pieces, count);
    }
    while (count > 1 && pieces->iov_len == 0) {
        pieces++;
        count--;
    }
    ssize_t n = count ? watched_write(handle, fd, pieces->iov_base, pieces->iov_len, -1) : 0;
    leave();
    return n;
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
    while (count > 1 && pieces->iov_len == 0) {
        pieces++;
        count--;
    }
    return count ? pwrite64(fd, pieces->iov_base, pieces->iov_len, offset) : 0;
}

static int watched_sync(int (*real)(int), int fd) {
    enter();
    struct handle *handle = handle_of(fd);
    if (!handle) {
        leave();
        return real(fd);
    }
    /* A failed fsync synced nothing. */
    int result = fails("sync", handle->path) ? -1 : real(fd);
    if (result == 0) note("S %ld\n", handle->number);
    leave();
    return result;
}

int fsync(int fd) {
    REAL(int, fsync, int);
    return watched_sync(real_fsync, fd);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    return watched_sync(real_fdatasync, fd);
}

int ftruncate64(int fd, off_t length) {
    REAL(int, ftruncate64, int, off_t);
    enter();
    struct handle *handle = handle_of(fd);
    if (!handle) {
        leave();
        return real_ftruncate64(fd, length);
    }
    int result = fails("truncate", handle->path) ? -1 : real_ftruncate64(fd, length);
    if (result == 0) note("T %ld %lld\n", handle->number, (long long)length);
    leave();
    return result;
}

int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}

static int watched_rename(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    char from_name[PATH_MAX], to_name[PATH_MAX];
    enter();
    if (!below(from_folder, from, from_name) || !below(to_folder, to, to_name)) {
        leave();
        return real_renameat2(from_folder, from, to_folder, to, flags);
    }
    int result = fails("rename", to_name) ? -1 : real_renameat2(from_folder, from, to_folder, to, flags);
    if (result == 0) note("R %s\t%s\n", from_name, to_name);
    leave();
    return result;
}

int rename(const char *from, const char *to) {
    return watched_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return watched_rename(from_folder, from, to_folder, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return watched_rename(from_folder, from, to_folder, to, flags);
}

static int watched_unlink(int folder, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    char name[PATH_MAX];
    enter();
    if (!below(folder, path, name)) {
        leave();
        return real_unlinkat(folder, path, flags);
    }
    int result = fails("unlink", name) ? -1 : real_unlinkat(folder, path, flags);
    if (result == 0) note("U %s\n", name);
    leave();
    return result;
}

int unlink(const char *path) {
    return watched_unlink(AT_FDCWD, path, 0);
}

int unlinkat(int folder, const char *path, int flags) {
    return watched_unlink(folder, path, flags);
}

int rmdir(const char *path) {
    return watched_unlink(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    char name[PATH_MAX];
    enter();
    if (!below(AT_FDCWD, path, name)) {
        leave();
        return real_mkdir(path, mode);
    }
    struct stat found;
    int is_new = stat(path, &found) != 0;
    int result = is_new && fails("mkdir", name) ? -1 : real_mkdir(path, mode);
    if (result == 0) note("M %s\n", name);
    leave();
    return result;
}

int symlink(const char *target, const char *path) {
    REAL(int, symlink, const char *, const char *);
    char name[PATH_MAX];
    enter();
    if (!below(AT_FDCWD, path, name)) {
        leave();
        return real_symlink(target, path);
    }
    int result = fails("symlink", name) ? -1 : real_symlink(target, path);
    if (result == 0) note("L %s\t%s\n", target, name);
    leave();
    return result;
}

/* The program makes no hard links: a test that sees one must stop, for the log has no line for it. */
int link(const char *from, const char *to) {
    char name[PATH_MAX];
    (void)from;
    enter();
    if (below(AT_FDCWD, to, name)) abort();
    leave();
    REAL(int, link, const char *, const char *);
    return real_link(from, to);
}

static void say_free(struct statvfs64 *found) {
    if (free_bytes >= 0 && found->f_frsize) found->f_bavail = (unsigned long)free_bytes / found->f_frsize;
}

int statvfs64(const char *path, struct statvfs64 *found) {
    REAL(int, statvfs64, const char *, struct statvfs64 *);
    char name[PATH_MAX];
    enter();
    int result = real_statvfs64(path, found);
    if (result == 0 && below(AT_FDCWD, path, name)) say_free(found);
    leave();
    return result;
}

int statvfs(const char *path, struct statvfs *found) {
    return statvfs64(path, (struct statvfs64 *)found);
}
