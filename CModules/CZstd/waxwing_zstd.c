#include "waxwing_zstd.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

struct waxwing_zstd_encoder {
    ZSTD_CCtx *context;
};

struct waxwing_zstd_decoder {
    ZSTD_DCtx *context;
    int is_complete;
    waxwing_zstd_status failure;
};

waxwing_zstd_encoder *waxwing_zstd_encoder_create(int level)
{
    waxwing_zstd_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return NULL;
    encoder->context = ZSTD_createCCtx();
    if (encoder->context == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_checksumFlag, 1))) {
        waxwing_zstd_encoder_destroy(encoder);
        return NULL;
    }
    return encoder;
}

void waxwing_zstd_encoder_destroy(waxwing_zstd_encoder *encoder)
{
    if (encoder == NULL) return;
    ZSTD_freeCCtx(encoder->context);
    free(encoder);
}

size_t waxwing_zstd_bound(size_t count)
{
    return ZSTD_compressBound(count);
}

size_t waxwing_zstd_encode(waxwing_zstd_encoder *encoder, const void *content, size_t count, void *frame,
                           size_t capacity)
{
    const size_t length = ZSTD_compress2(encoder->context, frame, capacity, content, count);
    return ZSTD_isError(length) ? WAXWING_ZSTD_FAILED : length;
}

waxwing_zstd_decoder *waxwing_zstd_decoder_create(int window_log)
{
    waxwing_zstd_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) return NULL;
    decoder->context = ZSTD_createDCtx();
    decoder->is_complete = 1;
    if (decoder->context == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(decoder->context, ZSTD_d_windowLogMax, window_log))) {
        waxwing_zstd_decoder_destroy(decoder);
        return NULL;
    }
    return decoder;
}

void waxwing_zstd_decoder_destroy(waxwing_zstd_decoder *decoder)
{
    if (decoder == NULL) return;
    ZSTD_freeDCtx(decoder->context);
    free(decoder);
}

size_t waxwing_zstd_decode(waxwing_zstd_decoder *decoder, const void *frame, size_t count, void *content,
                           size_t capacity)
{
    const size_t length = ZSTD_decompressDCtx(decoder->context, content, capacity, frame, count);
    return ZSTD_isError(length) ? WAXWING_ZSTD_FAILED : length;
}

waxwing_zstd_status waxwing_zstd_step(waxwing_zstd_decoder *decoder,
                                      const uint8_t *input, size_t input_count, size_t *input_taken,
                                      uint8_t *output, size_t output_capacity, size_t *output_count)
{
    ZSTD_inBuffer in = {input, input_count, 0};
    ZSTD_outBuffer out = {output, output_capacity, 0};

    *input_taken = *output_count = 0;
    if (decoder->failure != WAXWING_ZSTD_PROGRESS) return decoder->failure;
    const size_t hint = ZSTD_decompressStream(decoder->context, &out, &in);
    *input_taken = in.pos;
    *output_count = out.pos;
    if (ZSTD_isError(hint)) {
        decoder->failure = ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge ? WAXWING_ZSTD_WINDOW
                                                                                               : WAXWING_ZSTD_DAMAGED;
        return decoder->failure;
    }
    if (in.pos > 0 || out.pos > 0) decoder->is_complete = hint == 0;
    return WAXWING_ZSTD_PROGRESS;
}

int waxwing_zstd_is_complete(const waxwing_zstd_decoder *decoder)
{
    return decoder->is_complete;
}
