#include "waxwing_inflate.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

enum stage { STAGE_START, STAGE_MEMBER, STAGE_BETWEEN, STAGE_PADDING, STAGE_FAILED };

struct waxwing_inflate {
    struct inflate_state state;
    enum stage stage;
    waxwing_inflate_status failure;
};

waxwing_inflate *waxwing_inflate_create(void)
{
    waxwing_inflate *decoder = calloc(1, sizeof *decoder);
    if (decoder != NULL) decoder->stage = STAGE_START;
    return decoder;
}

void waxwing_inflate_destroy(waxwing_inflate *decoder)
{
    free(decoder);
}

int waxwing_inflate_is_complete(const waxwing_inflate *decoder)
{
    return decoder->stage == STAGE_BETWEEN || decoder->stage == STAGE_PADDING;
}

static waxwing_inflate_status fail(waxwing_inflate *decoder, waxwing_inflate_status failure)
{
    decoder->stage = STAGE_FAILED;
    decoder->failure = failure;
    return failure;
}

static void begin_member(waxwing_inflate *decoder)
{
    isal_inflate_init(&decoder->state);
    decoder->state.crc_flag = ISAL_GZIP;
    decoder->stage = STAGE_MEMBER;
}

/* Runs ISA-L once over what is left. Its counters are 32 bits wide, so a step takes at most 1 GiB at a time. */
static waxwing_inflate_status run(waxwing_inflate *decoder,
                                  const uint8_t *input, size_t input_count, size_t *input_taken,
                                  uint8_t *output, size_t output_capacity, size_t *output_count)
{
    const uint32_t limit = 1u << 30;
    struct inflate_state *state = &decoder->state;
    const uint32_t available_in = input_count < limit ? (uint32_t)input_count : limit;
    const uint32_t available_out = output_capacity < limit ? (uint32_t)output_capacity : limit;

    state->next_in = (uint8_t *)input;
    state->avail_in = available_in;
    state->next_out = output;
    state->avail_out = available_out;
    const int result = isal_inflate(state);
    *input_taken = available_in - state->avail_in;
    *output_count = available_out - state->avail_out;
    /* ISAL_END_INPUT says that a header goes on in the next piece of input. */
    if (result != ISAL_DECOMP_OK && result != ISAL_END_INPUT) return fail(decoder, WAXWING_INFLATE_DAMAGED);
    if (state->block_state == ISAL_BLOCK_FINISH) decoder->stage = STAGE_BETWEEN;
    return *output_count == available_out ? WAXWING_INFLATE_OUTPUT_FULL : WAXWING_INFLATE_NEED_INPUT;
}

waxwing_inflate_status waxwing_inflate_step(waxwing_inflate *decoder,
                                            const uint8_t *input, size_t input_count, size_t *input_taken,
                                            uint8_t *output, size_t output_capacity, size_t *output_count)
{
    size_t taken = 0, written = 0;

    *input_taken = *output_count = 0;
    if (decoder->stage == STAGE_FAILED) return decoder->failure;
    for (;;) {
        if (decoder->stage == STAGE_BETWEEN || decoder->stage == STAGE_PADDING) {
            while (taken < input_count && input[taken] == 0) {
                decoder->stage = STAGE_PADDING;
                taken++;
            }
            *input_taken = taken;
            if (taken == input_count) return WAXWING_INFLATE_NEED_INPUT;
            if (decoder->stage == STAGE_PADDING || input[taken] != 0x1f) return fail(decoder, WAXWING_INFLATE_TRAILING);
            begin_member(decoder);
        } else if (decoder->stage == STAGE_START) {
            begin_member(decoder);
        }
        size_t step_taken = 0, step_written = 0;
        const waxwing_inflate_status status =
            run(decoder, input + taken, input_count - taken, &step_taken,
                output + written, output_capacity - written, &step_written);
        taken += step_taken;
        written += step_written;
        *input_taken = taken;
        *output_count = written;
        if (status == WAXWING_INFLATE_DAMAGED) return status;
        if (decoder->stage == STAGE_BETWEEN) continue;
        if (written == output_capacity) return WAXWING_INFLATE_OUTPUT_FULL;
        if (taken == input_count) return WAXWING_INFLATE_NEED_INPUT;
        if (step_taken == 0 && step_written == 0) return fail(decoder, WAXWING_INFLATE_DAMAGED);
    }
}
