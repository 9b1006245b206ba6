/*
 * Loaded before the C library, this is the clock of the machine: a file that CLOCK names holds the time in seconds since
 * 1970. Only the time of day; what the program waits by is another clock.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The C library's own. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t clock, struct timespec *time) {
    const char *path = getenv("CLOCK");
    long long seconds;
    if (clock != CLOCK_REALTIME || !path)
        return REAL(clock_gettime)(clock, time);
    FILE *file = fopen(path, "re");
    if (!file || fscanf(file, "%lld", &seconds) != 1)
        abort();
    fclose(file);
    time->tv_sec = seconds;
    time->tv_nsec = 0;
    return 0;
}
