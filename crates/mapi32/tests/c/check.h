/* What the test programs share: each says what it checks, and ends with the number of failures. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

static int failures;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++; \
        } \
    } while (0)

#define CHECK_CODE(call, expected) \
    do { \
        unsigned got = (unsigned)(call); \
        if (got != (unsigned)(expected)) { \
            fprintf(stderr, "%s:%d: %s is 0x%08X, not 0x%08X\n", __FILE__, __LINE__, #call, got, (unsigned)(expected)); \
            failures++; \
        } \
    } while (0)

#endif
