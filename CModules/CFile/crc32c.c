#include "CFile.h"

#include <isa-l/crc.h>

/// The library takes lengths that an int can express, and does not invert.
#define PIECE ((size_t)1 << 30)

uint32_t waxwing_crc32c(uint32_t crc, const void *bytes, size_t length) {
    unsigned char *at = (unsigned char *)bytes;
    crc = ~crc;
    for (; length > PIECE; at += PIECE, length -= PIECE) crc = crc32_iscsi(at, (int)PIECE, crc);
    crc = ~crc32_iscsi(at, (int)length, crc);
#if defined(__x86_64__)
    // The library leaves the upper halves of the registers as they are, and SHA-256's instructions, which the ledger's
    // writer comes to next, wait for them: 0.12 us a record.
    if (__builtin_cpu_supports("avx")) __asm__ volatile("vzeroupper");
#endif
    return crc;
}
