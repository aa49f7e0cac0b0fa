#include "waxwing_deflate.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

struct waxwing_deflate {
    struct isal_zstream stream;
    uint8_t level_buffer[ISAL_DEF_LVL1_DEFAULT];
};

waxwing_deflate *waxwing_deflate_create(void)
{
    return calloc(1, sizeof(waxwing_deflate));
}

void waxwing_deflate_destroy(waxwing_deflate *encoder)
{
    free(encoder);
}

/* What cannot be compressed is stored: 5 bytes for each 65,535, and header and trailer of gzip. */
size_t waxwing_deflate_bound(size_t input_count)
{
    return input_count + input_count / 4096 + 1024;
}

size_t waxwing_deflate_gzip(waxwing_deflate *encoder, const uint8_t *input, size_t input_count,
                            uint8_t *output, size_t output_capacity)
{
    const size_t limit = 1u << 30;
    struct isal_zstream *stream = &encoder->stream;

    if (input_count >= limit) return 0;
    if (output_capacity > limit) output_capacity = limit;
    isal_deflate_init(stream);
    stream->gzip_flag = IGZIP_GZIP;
    stream->level = 1;
    stream->level_buf = encoder->level_buffer;
    stream->level_buf_size = sizeof encoder->level_buffer;
    stream->end_of_stream = 1;
    stream->flush = NO_FLUSH;
    stream->next_in = (uint8_t *)input;
    stream->avail_in = (uint32_t)input_count;
    stream->next_out = output;
    stream->avail_out = (uint32_t)output_capacity;
    if (isal_deflate(stream) != COMP_OK || stream->internal_state.state != ZSTATE_END) return 0;
    return output_capacity - stream->avail_out;
}
