/* Loaded before the C library, it lets the program have no thread but its first. */
#include <errno.h>
#include <pthread.h>

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    return EAGAIN;
}
