// Finding the next interesting byte, a vector register at a time.
//
// Every search has the shape
//
//     size_t cscan_WHAT(const uint8_t *base, size_t from, size_t end)
//
// and returns the index of the first byte in [from, end) that belongs to WHAT, or `end` when there is none. They read
// only bytes of [base, end): a rest shorter than a register is covered by a load that ends at `end` and overlaps bytes
// already seen, or byte by byte when all of [base, end) is shorter than a register. The caller guarantees
// from <= end and that [base, end) is readable.
//
// Each class of bytes is written down twice: as a predicate on one byte, which is its definition, and as a few
// instructions on a register. The tests compare the two for every byte value and every position.

#ifndef CSCAN_H
#define CSCAN_H

#include <stddef.h>
#include <stdint.h>

#define CSCAN_INLINE static inline __attribute__((always_inline))

// MARK: - Registers

#if defined(__AVX2__)
#include <immintrin.h>
#define CSCAN_WIDTH 32
typedef __m256i cscan_block;
#define CSCAN_LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define CSCAN_EQ(x, c) _mm256_cmpeq_epi8((x), _mm256_set1_epi8((char)(c)))
#define CSCAN_LESS(x, c) _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(c)), (x))
#define CSCAN_OR(a, b) _mm256_or_si256((a), (b))
#define CSCAN_WITHOUT(a, b) _mm256_andnot_si256((b), (a))
#define CSCAN_MASK(x) ((uint32_t)_mm256_movemask_epi8(x))
#elif defined(__SSE2__)
#include <emmintrin.h>
#define CSCAN_WIDTH 16
typedef __m128i cscan_block;
#define CSCAN_LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define CSCAN_EQ(x, c) _mm_cmpeq_epi8((x), _mm_set1_epi8((char)(c)))
#define CSCAN_LESS(x, c) _mm_cmplt_epi8((x), _mm_set1_epi8((char)(c)))
#define CSCAN_OR(a, b) _mm_or_si128((a), (b))
#define CSCAN_WITHOUT(a, b) _mm_andnot_si128((b), (a))
#define CSCAN_MASK(x) ((uint32_t)_mm_movemask_epi8(x))
#endif

// Asks for the cache lines of `count` bytes from `start` on, and waits for none of them.
CSCAN_INLINE void cscan_prefetch(const void *start, size_t count)
{
    for (size_t i = 0; i < count; i += 64) __builtin_prefetch((const uint8_t *)start + i);
}

// MARK: - Classes of bytes

// LF or NUL: the ends of a text frame.
CSCAN_INLINE int cscan_is_line_end(uint8_t c) { return c == '\n' || c == 0; }

// What the canonical record does not take as it is: C0 controls other than HT, DEL, and anything beyond ASCII.
CSCAN_INLINE int cscan_is_special(uint8_t c) { return (c < 0x20 && c != '\t') || c >= 0x7F; }

// The end of a header field: anything but PRINTUSASCII (%d33-126).
CSCAN_INLINE int cscan_is_field_end(uint8_t c) { return c < 0x21 || c >= 0x7F; }

// The end of an SD-NAME: anything but PRINTUSASCII, and '=', ']', '"'.
CSCAN_INLINE int cscan_is_name_end(uint8_t c) { return cscan_is_field_end(c) || c == '=' || c == ']' || c == '"'; }

// What needs a look inside a PARAM-VALUE: '"', '\', ']', and the special bytes.
CSCAN_INLINE int cscan_is_value_special(uint8_t c) { return cscan_is_special(c) || c == '"' || c == '\\' || c == ']'; }

// The end of a quoted string, or an escape in it.
CSCAN_INLINE int cscan_is_string_special(uint8_t c) { return c == '"' || c == '\\'; }

#if defined(CSCAN_WIDTH)
// Comparisons are signed, so "less than" also takes in every byte beyond ASCII.
CSCAN_INLINE cscan_block cscan_line_end_lanes(cscan_block x) { return CSCAN_OR(CSCAN_EQ(x, '\n'), CSCAN_EQ(x, 0)); }

CSCAN_INLINE cscan_block cscan_special_lanes(cscan_block x) {
    return CSCAN_OR(CSCAN_WITHOUT(CSCAN_LESS(x, 0x20), CSCAN_EQ(x, '\t')), CSCAN_EQ(x, 0x7F));
}

CSCAN_INLINE cscan_block cscan_field_end_lanes(cscan_block x) {
    return CSCAN_OR(CSCAN_LESS(x, 0x21), CSCAN_EQ(x, 0x7F));
}

CSCAN_INLINE cscan_block cscan_name_end_lanes(cscan_block x) {
    return CSCAN_OR(
        CSCAN_OR(cscan_field_end_lanes(x), CSCAN_EQ(x, '=')), CSCAN_OR(CSCAN_EQ(x, ']'), CSCAN_EQ(x, '"')));
}

CSCAN_INLINE cscan_block cscan_value_special_lanes(cscan_block x) {
    return CSCAN_OR(
        CSCAN_OR(cscan_special_lanes(x), CSCAN_EQ(x, '"')), CSCAN_OR(CSCAN_EQ(x, '\\'), CSCAN_EQ(x, ']')));
}

CSCAN_INLINE cscan_block cscan_string_special_lanes(cscan_block x) {
    return CSCAN_OR(CSCAN_EQ(x, '"'), CSCAN_EQ(x, '\\'));
}
#endif

// MARK: - Searches

#if defined(CSCAN_WIDTH)
// One register at `at`; what it holds is found without a further branch.
#define CSCAN_ONE(WHAT)                                                                         \
    if (end - at >= CSCAN_WIDTH) {                                                              \
        uint32_t mask = CSCAN_MASK(cscan_##WHAT##_lanes(CSCAN_LOAD(base + at)));                \
        if (mask) return at + (size_t)__builtin_ctz(mask);                                      \
        at += CSCAN_WIDTH;                                                                      \
    }
// 64 bytes at a time: one test for all of them, and the exact place without a further branch.
#define CSCAN_LOOP(WHAT)                                                             \
    while (end - at >= 64) {                                                         \
        cscan_block lanes[64 / CSCAN_WIDTH], any;                                    \
        for (unsigned i = 0; i < 64 / CSCAN_WIDTH; i++) {                            \
            lanes[i] = cscan_##WHAT##_lanes(CSCAN_LOAD(base + at + i * CSCAN_WIDTH)); \
            any = i ? CSCAN_OR(any, lanes[i]) : lanes[i];                            \
        }                                                                            \
        if (CSCAN_MASK(any)) {                                                       \
            uint64_t mask = 0;                                                       \
            for (unsigned i = 0; i < 64 / CSCAN_WIDTH; i++)                          \
                mask |= (uint64_t)CSCAN_MASK(lanes[i]) << (i * CSCAN_WIDTH);         \
            return at + (size_t)__builtin_ctzll(mask);                               \
        }                                                                            \
        at += 64;                                                                    \
    }                                                                                \
    while (end - at >= CSCAN_WIDTH) { CSCAN_ONE(WHAT) }
// The rest behind the last whole register.
#define CSCAN_REST(WHAT)                                                                        \
    if (at < end && end >= CSCAN_WIDTH) {                                                       \
        uint32_t mask = CSCAN_MASK(cscan_##WHAT##_lanes(CSCAN_LOAD(base + end - CSCAN_WIDTH))); \
        mask >>= CSCAN_WIDTH - (end - at);                                                      \
        return mask ? at + (size_t)__builtin_ctz(mask) : end;                                   \
    }
#else
#define CSCAN_ONE(WHAT)
#define CSCAN_LOOP(WHAT)
#define CSCAN_REST(WHAT)
#endif

#define CSCAN_SEARCH(WHAT, SCOPE, NAME)                               \
    SCOPE size_t NAME(const uint8_t *base, size_t from, size_t end) { \
        size_t at = from;                                             \
        CSCAN_LOOP(WHAT)                                              \
        CSCAN_REST(WHAT)                                              \
        for (; at < end; at++)                                        \
            if (cscan_is_##WHAT(base[at])) return at;                 \
        return end;                                                   \
    }

// For what is expected within two registers: fields and names.
#define CSCAN_NEAR(WHAT)                                                             \
    CSCAN_INLINE size_t cscan_##WHAT(const uint8_t *base, size_t from, size_t end) { \
        size_t at = from;                                                            \
        CSCAN_ONE(WHAT)                                                              \
        CSCAN_ONE(WHAT)                                                              \
        return cscan_##WHAT##_far(base, at, end);                                    \
    }

CSCAN_SEARCH(line_end, CSCAN_INLINE, cscan_line_end)
CSCAN_SEARCH(special, CSCAN_INLINE, cscan_special)
CSCAN_SEARCH(field_end, static inline, cscan_field_end_far)
CSCAN_SEARCH(name_end, static inline, cscan_name_end_far)
CSCAN_SEARCH(value_special, static inline, cscan_value_special_far)
CSCAN_SEARCH(string_special, static inline, cscan_string_special_far)
CSCAN_NEAR(field_end)
CSCAN_NEAR(name_end)
CSCAN_NEAR(value_special)
CSCAN_NEAR(string_special)

// MARK: - Masks

// Which of 64 bytes are '"', and which are '\\': bit n is for byte n.
typedef struct {
    uint64_t quotes, backslashes;
} cscan_string_masks;

// Those of the bytes from `at` on, as far as they lie before `end`.
CSCAN_INLINE cscan_string_masks cscan_string(const uint8_t *base, size_t at, size_t end) {
    cscan_string_masks masks = {0, 0};
    size_t count = end - at < 64 ? end - at : 64;
#if defined(CSCAN_WIDTH)
    if (end >= 64) {
        // A shorter rest is covered by a load that ends with it.
        const uint8_t *from = base + (count < 64 ? end - 64 : at);
        cscan_block backslashes[64 / CSCAN_WIDTH], any;
        for (unsigned i = 0; i < 64 / CSCAN_WIDTH; i++) {
            cscan_block x = CSCAN_LOAD(from + i * CSCAN_WIDTH);
            masks.quotes |= (uint64_t)CSCAN_MASK(CSCAN_EQ(x, '"')) << (i * CSCAN_WIDTH);
            backslashes[i] = CSCAN_EQ(x, '\\');
            any = i ? CSCAN_OR(any, backslashes[i]) : backslashes[i];
        }
        // There seldom are any.
        for (unsigned i = 0; CSCAN_MASK(any) && i < 64 / CSCAN_WIDTH; i++)
            masks.backslashes |= (uint64_t)CSCAN_MASK(backslashes[i]) << (i * CSCAN_WIDTH);
        if (count < 64) {
            masks.quotes = count ? masks.quotes >> (64 - count) : 0;
            masks.backslashes = count ? masks.backslashes >> (64 - count) : 0;
        }
        return masks;
    }
#endif
    for (size_t i = 0; i < count; i++) {
        masks.quotes |= (uint64_t)(base[at + i] == '"') << i;
        masks.backslashes |= (uint64_t)(base[at + i] == '\\') << i;
    }
    return masks;
}

#undef CSCAN_REST
#undef CSCAN_ONE
#undef CSCAN_LOOP
#undef CSCAN_NEAR
#undef CSCAN_SEARCH

#endif
