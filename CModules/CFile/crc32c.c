#include "CFile.h"

#include <isa-l/crc.h>

/// The library takes lengths that an int can express, and does not invert.
#define PIECE ((size_t)1 << 30)

uint32_t waxwing_crc32c(uint32_t crc, const void *bytes, size_t length) {
    unsigned char *at = (unsigned char *)bytes;
    crc = ~crc;
    for (; length > PIECE; at += PIECE, length -= PIECE) crc = crc32_iscsi(at, (int)PIECE, crc);
    return ~crc32_iscsi(at, (int)length, crc);
}
