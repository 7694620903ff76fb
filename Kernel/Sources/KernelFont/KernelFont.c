#include "KernelFont.h"

// What is embedded is no part of this repository.
#pragma clang diagnostic ignored "-Wc23-extensions"

#if __has_embed("../../../build/font/console.psf")
const uint8_t kernel_font[] = {
#embed "../../../build/font/console.psf"
};
const size_t kernel_font_size = sizeof kernel_font;
#else
const uint8_t kernel_font[1];
const size_t kernel_font_size = 0;
#endif
