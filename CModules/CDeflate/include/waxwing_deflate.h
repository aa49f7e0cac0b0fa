/* Compression to gzip (RFC 1952) by ISA-L, level 1: about 600 MB/s a core.
 *
 * An encoder makes one gzip member of one piece of memory and is used again and again, so that nothing is allocated for
 * a body. It belongs to one thread at a time. */
#ifndef WAXWING_DEFLATE_H
#define WAXWING_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

typedef struct waxwing_deflate waxwing_deflate;

/* A new encoder (about 600 KiB), or NULL if there is no memory. */
waxwing_deflate *waxwing_deflate_create(void);

/* Frees an encoder; NULL is fine. */
void waxwing_deflate_destroy(waxwing_deflate *encoder);

/* The most bytes that `input_count` bytes can become, which is more than they are. */
size_t waxwing_deflate_bound(size_t input_count);

/* Compresses `input`, less than 1 GiB, into `output`. Returns the bytes written, or 0 if they do not fit, which cannot
 * happen with a capacity of waxwing_deflate_bound(input_count). */
size_t waxwing_deflate_gzip(waxwing_deflate *encoder, const uint8_t *input, size_t input_count,
                            uint8_t *output, size_t output_capacity);

#endif
