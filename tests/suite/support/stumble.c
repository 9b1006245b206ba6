/*
 * Loaded before the C library, this makes the program stumble at its nth step on files, a step being a call that
 * changes a disk:
 *
 *     STUMBLE=die  STUMBLE_AT=n   it is killed right before the step
 *     STUMBLE=tear STUMBLE_AT=n   the same, but of what it writes one half is already there
 *     STUMBLE=full STUMBLE_AT=n   there is no space from here on; half of what it writes still fits
 *     NO_LINKS=1                  the disk has no hard links, as FAT on a memory card
 *     TRACE=FILE                  renames and syncs are noted there, a line each
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

static void trace(const char *what, const char *from, const char *to) {
    const char *path = getenv("TRACE");
    int file = path ? REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT, 0644) : -1;
    if (file >= 0) {
        dprintf(file, "%s %s %s\n", what, from, to);
        close(file);
    }
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
        return REAL(write)(file, bytes, length);
    if (place == 0 && mode_is("die"))
        kill(getpid(), SIGKILL);
    if (place == 0) {
        ssize_t half = REAL(write)(file, bytes, length / 2);
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
    return REAL(openat64)(at, path, flags, mode);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    if (getenv("NO_LINKS")) {
        errno = EPERM;
        return -1;
    }
    return fails(1) ? -1 : REAL(linkat)(from_at, from, to_at, to, flags);
}

int mkdirat(int at, const char *path, mode_t mode) {
    return fails(1) ? -1 : REAL(mkdirat)(at, path, mode);
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
    trace("rename", from, to);
    return fails(0) ? -1 : REAL(renameat)(from_at, from, to_at, to);
}

int unlinkat(int at, const char *path, int flags) {
    return fails(0) ? -1 : REAL(unlinkat)(at, path, flags);
}

int ftruncate64(int file, off64_t length) {
    return fails(0) ? -1 : REAL(ftruncate64)(file, length);
}

int fsync(int file) {
    struct stat found;
    trace("sync", fstat(file, &found) || !S_ISDIR(found.st_mode) ? "file" : "folder", "");
    return fails(0) ? -1 : REAL(fsync)(file);
}

int fdatasync(int file) {
    return fails(0) ? -1 : REAL(fdatasync)(file);
}
