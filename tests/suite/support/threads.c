/* Loaded before the C library, it lets the program start as many threads as the variable THREADS says, by default none. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

typedef int Create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

static int started;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    const char *most = getenv("THREADS");
    Create *create = (Create *)dlsym(RTLD_NEXT, "pthread_create");
    if (__atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST) >= (most ? atoi(most) : 0)) {
        return EAGAIN;
    }
    return create(thread, attributes, start, argument);
}
