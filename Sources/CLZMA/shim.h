#include <lzma.h>

/// `LZMA_PRESET_EXTREME`: the macro is out of Swift's reach.
static const uint32_t lzmaPresetExtreme = LZMA_PRESET_EXTREME;
