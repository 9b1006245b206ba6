/*
 * Loaded before the C library, this gives every name the two addresses in ADDRESSES, separated by a blank.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    __typeof__(&getaddrinfo) real = (__typeof__(&getaddrinfo))dlsym(RTLD_NEXT, "getaddrinfo");
    char first[64], second[64];
    if (sscanf(getenv("ADDRESSES"), "%63s %63s", first, second) != 2)
        abort();
    int error = real(first, service, hints, found);
    struct addrinfo *last = *found;
    while (!error && last->ai_next)
        last = last->ai_next;
    return error ? error : real(second, service, hints, &last->ai_next);
}
