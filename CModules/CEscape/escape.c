#include "CEscape.h"

#include <stdbool.h>

#define INLINE static inline __attribute__((always_inline))

// MARK: - One octet at a time

static uint8_t *write_control(uint8_t *to, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char letter = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : 0;

    *to++ = '\\';
    if (letter) {
        *to++ = (uint8_t)letter;
        return to;
    }
    *to++ = 'u';
    *to++ = '0';
    *to++ = '0';
    *to++ = (uint8_t)digits[c >> 4];
    *to++ = (uint8_t)digits[c & 15];
    return to;
}

/* Writes what stands for the octet at `at`, and moves `at` behind it. */
INLINE uint8_t *write_octet(uint8_t *to, const uint8_t *base, size_t *at, size_t end, bool is_parameter)
{
    const uint8_t c = base[(*at)++];

    if (c < 0x20) return write_control(to, c);
    if (c == '\\' && is_parameter && *at < end) {
        const uint8_t next = base[*at];
        /* What needs no escape in JSON is copied next; the others have the same escapes there. */
        if (next == ']') return to;
        if (next == '"' || next == '\\') ++*at;
        to[0] = '\\';
        to[1] = next == '"' ? '"' : '\\';
        return to + 2;
    }
    if (c == '"' || c == '\\') *to++ = '\\';
    *to++ = c;
    return to;
}

INLINE size_t escape(uint8_t *const start, const uint8_t *base, size_t at, size_t end, bool is_parameter)
{
    uint8_t *to = start;

    while (at < end) to = write_octet(to, base, &at, end, is_parameter);
    return (size_t)(to - start);
}

// MARK: - Sixteen octets at a time

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR __attribute__((target("ssse3,popcnt")))

static bool has_vectors;

/* For eight octets, bit n of the index says that a backslash goes in front of octet n: which octets the result is made
   of. Octet 8 is the backslash. */
_Alignas(16) static uint8_t expansions[256][16];

__attribute__((constructor)) static void prepare(void)
{
    __builtin_cpu_init();
    has_vectors = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt");
    for (unsigned mask = 0; mask < 256; mask++) {
        uint8_t *place = expansions[mask];
        for (uint8_t octet = 0; octet < 8; octet++) {
            if (mask >> octet & 1) *place++ = 8;
            *place++ = octet;
        }
    }
}

INLINE VECTOR uint32_t mask_of(__m128i x) { return (uint32_t)_mm_movemask_epi8(x); }

/* Writes eight octets, which are followed by backslashes in `x`. */
INLINE VECTOR void expand(uint8_t *to, __m128i x, uint32_t mask)
{
    const __m128i order = _mm_load_si128((const __m128i *)(const void *)expansions[mask & 255]);
    _mm_storeu_si128((__m128i *)(void *)to, _mm_shuffle_epi8(x, order));
}

INLINE VECTOR size_t escape_vectors(uint8_t *const start, const uint8_t *base, size_t at, size_t end, size_t readable,
                                    bool is_parameter)
{
    const __m128i backslashes = _mm_set1_epi8('\\');
    uint8_t *to = start;

    while (at < end && readable - at >= 16) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(base + at));
        const size_t count = end - at < 16 ? end - at : 16;
        const uint32_t wanted = (1u << count) - 1;
        const uint32_t controls = wanted & mask_of(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1F)), x));
        const uint32_t marks =
            wanted & mask_of(_mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')), _mm_cmpeq_epi8(x, backslashes)));

        if (!(controls | marks)) {
            _mm_storeu_si128((__m128i *)(void *)to, x);
            to += count;
            at += count;
        } else if (controls || is_parameter) {
            for (const size_t next = at + count; at < next;) to = write_octet(to, base, &at, end, is_parameter);
        } else {
            expand(to, _mm_unpacklo_epi64(x, backslashes), marks);
            to += (count < 8 ? count : 8) + (size_t)__builtin_popcount(marks & 255);
            expand(to, _mm_unpackhi_epi64(x, backslashes), marks >> 8);
            to += (count < 8 ? 0 : count - 8) + (size_t)__builtin_popcount(marks >> 8);
            at += count;
        }
    }
    return (size_t)(to - start) + escape(to, base, at, end, is_parameter);
}

static VECTOR size_t json_vectors(uint8_t *to, const uint8_t *base, size_t from, size_t end, size_t readable)
{
    return escape_vectors(to, base, from, end, readable, false);
}

static VECTOR size_t parameter_vectors(uint8_t *to, const uint8_t *base, size_t from, size_t end, size_t readable)
{
    return escape_vectors(to, base, from, end, readable, true);
}
#else
enum { has_vectors = false };
#define json_vectors(to, base, from, end, readable) ((void)(readable), (size_t)0)
#define parameter_vectors json_vectors
#endif

// MARK: - Either

size_t cescape_json(uint8_t *to, const uint8_t *base, size_t from, size_t end, size_t readable)
{
    if (has_vectors) return json_vectors(to, base, from, end, readable);
    return escape(to, base, from, end, false);
}

size_t cescape_parameter(uint8_t *to, const uint8_t *base, size_t from, size_t end, size_t readable)
{
    if (has_vectors) return parameter_vectors(to, base, from, end, readable);
    return escape(to, base, from, end, true);
}
