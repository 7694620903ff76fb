#include "KernelHeapCalls.h"

// Swift's run-time library calls this name, and keeps Swift from defining it. On a host it is the C
// library's.
#if !__STDC_HOSTED__

void free(void *memory);

void free(void *memory) { kernel_heap_free(memory); }

#endif
