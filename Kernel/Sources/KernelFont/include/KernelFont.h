// The console's font, which `make font` takes from the distribution: a PC Screen Font, or nothing.

#ifndef KERNEL_FONT_H
#define KERNEL_FONT_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t kernel_font[];
extern const size_t kernel_font_size;

static inline const uint8_t *_Nonnull kernel_font_start(void) { return kernel_font; }

#endif
