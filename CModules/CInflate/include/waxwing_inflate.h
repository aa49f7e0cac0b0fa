/* Decompression of gzip files (RFC 1952) of any length in constant memory, by ISA-L.
 *
 * A decoder is fed compressed bytes in pieces of any size and fills buffers of any size. A file may have several
 * members one after another (RFC 1952 section 2.2); their contents are joined. Every member's CRC-32 and length are
 * checked.
 * A decoder belongs to one thread at a time. */
#ifndef WAXWING_INFLATE_H
#define WAXWING_INFLATE_H

#include <stddef.h>
#include <stdint.h>

typedef enum waxwing_inflate_status {
    /* All of the input was taken; there may be more output once there is more input. */
    WAXWING_INFLATE_NEED_INPUT = 0,
    /* The output is full; call again with room. */
    WAXWING_INFLATE_OUTPUT_FULL = 1,
    /* The bytes are not gzip, or were damaged. The decoder gives nothing more. */
    WAXWING_INFLATE_DAMAGED = 2,
    /* Something other than a further member or zero padding follows the last member. The decoder gives nothing more. */
    WAXWING_INFLATE_TRAILING = 3,
} waxwing_inflate_status;

typedef struct waxwing_inflate waxwing_inflate;

/* A new decoder (about 90 KiB), or NULL if there is no memory. */
waxwing_inflate *waxwing_inflate_create(void);

/* Frees a decoder; NULL is fine. */
void waxwing_inflate_destroy(waxwing_inflate *decoder);

/* Takes compressed bytes from `input` and writes what they decompress to into `output`. Stores how many bytes were
 * taken
 * and written. With an output of at least one byte, every call makes progress or returns NEED_INPUT. */
waxwing_inflate_status waxwing_inflate_step(waxwing_inflate *decoder,
                                            const uint8_t *input, size_t input_count, size_t *input_taken,
                                            uint8_t *output, size_t output_capacity, size_t *output_count);

/* Whether the input may end here: behind a whole member, not inside one. */
int waxwing_inflate_is_complete(const waxwing_inflate *decoder);

#endif
