#pragma once
#include <lzma.h>

// Swift sees no macros with casts in them.
static inline uint32_t clzma_concatenated(void) { return LZMA_CONCATENATED; }
