#include <lzma.h>

/// `LZMA_PRESET_EXTREME`: the macro is out of Swift's reach.
static const uint32_t lzmaPresetExtreme = LZMA_PRESET_EXTREME;

/// For the decoder of .xz: streams one after the other, and no check goes unchecked. The macros are out of Swift's reach.
static const uint32_t lzmaStreamFlags = LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK;

/// The same where somebody else checks what comes out.
static const uint32_t lzmaUncheckedStreamFlags = LZMA_CONCATENATED | LZMA_IGNORE_CHECK;
