// What libFuzzer offers to programs that have a `main` of their own.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Calls `callback` with inputs until there is nothing left to do; what to do, the arguments say.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
