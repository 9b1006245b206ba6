/*
 * Loaded before the C library, this makes the program stumble at its nth step on files, a step being a call that
 * changes a disk:
 *
 *     STUMBLE=die  STUMBLE_AT=n   it is killed right before the step
 *     STUMBLE=tear STUMBLE_AT=n   the same, but of what it writes one half is already there
 *     STUMBLE=full STUMBLE_AT=n   there is no space from here on; half of what it writes still fits
 *     NO_LINKS=1                  the disk has no hard links, as FAT on a memory card
 *     TRACE=FILE                  changes of files and folders are noted there once they are done, a line each, and
 *                                 what is synced; files and folders are known by their inodes
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The C library's own. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void trace(const char *format, ...) {
    const char *path = getenv("TRACE");
    int file = path ? REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT, 0644) : -1;
    if (file < 0)
        return;
    va_list values;
    va_start(values, format);
    vdprintf(file, format, values);
    va_end(values);
    close(file);
}

static unsigned long inode(int file) {
    struct stat found;
    return fstat(file, &found) ? 0 : found.st_ino;
}

static unsigned long inode_at(int at, const char *path) {
    struct stat found;
    return fstatat(at, path, &found, AT_SYMLINK_NOFOLLOW) ? 0 : found.st_ino;
}

/* A new name in a folder. */
static void trace_name(const char *what, int at, const char *name) {
    trace("%s %lu %lu %s\n", what, inode(at), inode_at(at, name), name);
}

static void trace_write(int file, long start, const unsigned char *bytes, ssize_t length) {
    char hex[2 * 4096 + 1] = "";
    for (ssize_t index = 0; index < length && index < 4096; ++index)
        sprintf(hex + 2 * index, "%02x", bytes[index]);
    if (length > 0)
        trace("write %lu %ld %s\n", inode(file), start, hex);
}

/* Writes and notes it. */
static ssize_t do_write(int file, const void *bytes, size_t length) {
    long start = lseek(file, 0, SEEK_CUR);
    ssize_t written = REAL(write)(file, bytes, length);
    trace_write(file, start, bytes, written);
    return written;
}

static int mode_is(const char *mode) {
    const char *set = getenv("STUMBLE");
    return set && !strcmp(set, mode);
}

/* Whether the nth step is behind (1), is this one (0), or comes later (-1). */
static int count(void) {
    static long steps;
    const char *at = getenv("STUMBLE_AT");
    long n = at ? atol(at) : 0;
    ++steps;
    return !n || steps < n ? -1 : steps > n;
}

/* Takes a step; true if it fails. `needs_space`: on a full disk it fails for ever. */
static int fails(int needs_space) {
    int place = count();
    if (place == 0 && !mode_is("full"))
        kill(getpid(), SIGKILL);
    if (place == 0 || (place > 0 && needs_space)) {
        errno = ENOSPC;
        return 1;
    }
    return 0;
}

ssize_t write(int file, const void *bytes, size_t length) {
    struct stat found;
    if (fstat(file, &found) || !S_ISREG(found.st_mode))
        return REAL(write)(file, bytes, length);
    int place = count();
    if (place < 0)
        return do_write(file, bytes, length);
    if (place == 0 && mode_is("die"))
        kill(getpid(), SIGKILL);
    if (place == 0) {
        ssize_t half = do_write(file, bytes, length / 2);
        if (mode_is("tear"))
            kill(getpid(), SIGKILL);
        return half;
    }
    errno = ENOSPC;
    return -1;
}

int openat64(int at, const char *path, int flags, ...) {
    int mode = 0;
    if (flags & O_CREAT) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, int);
        va_end(rest);
        if (fails(1))
            return -1;
    }
    int file = REAL(openat64)(at, path, flags, mode);
    if (flags & O_CREAT && file >= 0)
        trace_name("create", at, path);
    return file;
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    if (getenv("NO_LINKS")) {
        errno = EPERM;
        return -1;
    }
    int failed = fails(1) ? -1 : REAL(linkat)(from_at, from, to_at, to, flags);
    if (!failed)
        trace_name("link", to_at, to);
    return failed;
}

/* The folder of a path, held open, and the name in it. */
static int folder_of(const char *path, const char **name) {
    char folder[4096];
    const char *end = strrchr(path, '/');
    *name = end ? end + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", end ? (int)(end - path) + 1 : 1, end ? path : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int mkdir(const char *path, mode_t mode) {
    const char *name;
    int failed = fails(1) ? -1 : REAL(mkdir)(path, mode);
    int folder = failed ? -1 : folder_of(path, &name);
    if (folder >= 0) {
        trace_name("mkdir", folder, name);
        close(folder);
    }
    return failed;
}

int mkdirat(int at, const char *path, mode_t mode) {
    int failed = fails(1) ? -1 : REAL(mkdirat)(at, path, mode);
    if (!failed)
        trace_name("mkdir", at, path);
    return failed;
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
    int failed = fails(0) ? -1 : REAL(renameat)(from_at, from, to_at, to);
    if (!failed)
        trace("rename %lu %lu %s %s\n", inode(to_at), inode_at(to_at, to), from, to);
    return failed;
}

int unlinkat(int at, const char *path, int flags) {
    int failed = fails(0) ? -1 : REAL(unlinkat)(at, path, flags);
    if (!failed)
        trace("unlink %lu %s\n", inode(at), path);
    return failed;
}

int ftruncate64(int file, off64_t length) {
    int failed = fails(0) ? -1 : REAL(ftruncate64)(file, length);
    if (!failed)
        trace("truncate %lu %ld\n", inode(file), (long)length);
    return failed;
}

int fsync(int file) {
    int failed = fails(0) ? -1 : REAL(fsync)(file);
    if (!failed)
        trace("sync %lu\n", inode(file));
    return failed;
}

int fdatasync(int file) {
    int failed = fails(0) ? -1 : REAL(fdatasync)(file);
    if (!failed)
        trace("sync %lu\n", inode(file));
    return failed;
}
