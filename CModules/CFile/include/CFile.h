/// What the ledger needs from C to write files: the CRC-32C that guards each block, and the one system call that Swift's
/// Glibc module does not show. The others (pwrite, fdatasync, flock) are called from Swift, behind its `FileSystem` seam.
#ifndef WAXWING_CFILE_H
#define WAXWING_CFILE_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `length` bytes, continued from `crc` (0 to begin).
/// ISA-L's, which reads several streams of a block at once.
uint32_t waxwing_crc32c(uint32_t crc, const void *bytes, size_t length);

/// Reserves space for `length` bytes without changing the file's size: fallocate(2) with FALLOC_FL_KEEP_SIZE.
/// Returns 0, or -1 and sets errno.
int waxwing_reserve(int descriptor, int64_t length);

#endif
