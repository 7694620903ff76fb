#ifndef KERNEL_HEAP_CALLS_H
#define KERNEL_HEAP_CALLS_H

/// Gives memory of the heap back. KernelHeap has it.
void kernel_heap_free(void *memory);

#endif
