/* Zstandard (RFC 8878) by libzstd: single frames in memory, and files of any number of frames in constant memory.
 *
 * An encoder makes frames that say how long their content is and end in its checksum. A decoder takes apart either one
 * whole frame at a time, or a stream of frames and skippable frames that comes in pieces of any size. Both belong to one
 * thread at a time. */
#ifndef WAXWING_ZSTD_H
#define WAXWING_ZSTD_H

#include <stddef.h>
#include <stdint.h>

typedef struct waxwing_zstd_encoder waxwing_zstd_encoder;
typedef struct waxwing_zstd_decoder waxwing_zstd_decoder;

/* What waxwing_zstd_encode and waxwing_zstd_decode return when they fail. */
#define WAXWING_ZSTD_FAILED SIZE_MAX

/* A new encoder of the given level (1 to 19), or NULL if there is no memory. */
waxwing_zstd_encoder *waxwing_zstd_encoder_create(int level);

/* Frees an encoder; NULL is fine. */
void waxwing_zstd_encoder_destroy(waxwing_zstd_encoder *encoder);

/* Bytes that a frame of `count` bytes of content has at most. */
size_t waxwing_zstd_bound(size_t count);

/* Compresses `count` bytes into one frame. Returns its length, or WAXWING_ZSTD_FAILED. */
size_t waxwing_zstd_encode(waxwing_zstd_encoder *encoder, const void *content, size_t count, void *frame,
                           size_t capacity);

/* A new decoder that refuses frames whose window is larger than 2 to the power of `window_log` bytes, or NULL if there
 * is no memory. */
waxwing_zstd_decoder *waxwing_zstd_decoder_create(int window_log);

/* Frees a decoder; NULL is fine. */
void waxwing_zstd_decoder_destroy(waxwing_zstd_decoder *decoder);

/* Decompresses one whole frame. Returns the length of its content, or WAXWING_ZSTD_FAILED if it is damaged or longer
 * than `capacity`. */
size_t waxwing_zstd_decode(waxwing_zstd_decoder *decoder, const void *frame, size_t count, void *content,
                           size_t capacity);

typedef enum waxwing_zstd_status {
    /* Input was taken, or output given, or both. */
    WAXWING_ZSTD_PROGRESS = 0,
    /* The bytes are no frame, or were damaged. */
    WAXWING_ZSTD_DAMAGED = 1,
    /* The frame needs a larger window than the decoder gives. */
    WAXWING_ZSTD_WINDOW = 2,
} waxwing_zstd_status;

/* Takes compressed bytes from `input` and writes what they decompress to into `output`. Stores how many bytes were
 * taken and written. After a failure, the decoder gives nothing more. */
waxwing_zstd_status waxwing_zstd_step(waxwing_zstd_decoder *decoder,
                                      const uint8_t *input, size_t input_count, size_t *input_taken,
                                      uint8_t *output, size_t output_capacity, size_t *output_count);

/* Whether the input may end here: behind a whole frame, not inside one. */
int waxwing_zstd_is_complete(const waxwing_zstd_decoder *decoder);

#endif
