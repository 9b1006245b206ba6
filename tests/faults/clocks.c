/*
 * Loaded before the C library, this is the clock of the machine: a file that CLOCK names holds the time of day in seconds
 * since 1970, a file that AHEAD names the seconds by which the clock that the program waits by is ahead of the real one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The C library's own. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long long seconds_in(const char *path) {
    long long seconds;
    FILE *file = fopen(path, "re");
    if (!file || fscanf(file, "%lld", &seconds) != 1)
        abort();
    fclose(file);
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    const char *day = getenv("CLOCK"), *ahead = getenv("AHEAD");
    int error = REAL(clock_gettime)(clock, time);
    if (clock == CLOCK_REALTIME && day) {
        time->tv_sec = seconds_in(day);
        time->tv_nsec = 0;
    } else if (clock == CLOCK_MONOTONIC && ahead) {
        time->tv_sec += seconds_in(ahead);
    }
    return error;
}
