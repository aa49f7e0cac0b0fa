#define _GNU_SOURCE
#include "CFile.h"

#include <fcntl.h>

int waxwing_reserve(int descriptor, int64_t length) { return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, length); }
