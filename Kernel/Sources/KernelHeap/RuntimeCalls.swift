internal import KernelMemory
internal import VirtBoard

// What Swift's run-time library calls. On a host these names are the C library's.
#if hasFeature(Embedded)

/// Takes memory. Returns 0, or as C has it: 12 (`ENOMEM`), 22 (`EINVAL`).
@c(posix_memalign)
public func allocate(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ byteCount: Int
) -> CInt {
  do throws(HeapError) {
    let address = try unsafe SwiftHeap.heap.allocate(byteCount: byteCount, alignment: alignment)
    // SAFETY: C's callers pass a place for the result.
    unsafe result.pointee = UnsafeMutableRawPointer(bitPattern: address)
    return 0
  } catch {
    switch error {
    case .exhausted: return 12
    case .invalidRequest: return 22
    default: panic(message(of: error))
    }
  }
}

/// Gives memory back, as `free` of KernelHeapCalls. What was not taken is a bug of the kernel, and ends it.
@c(kernel_heap_free)
public func free(_ memory: UnsafeMutableRawPointer?) {
  guard let memory = unsafe memory else { return }
  do throws(HeapError) {
    try unsafe SwiftHeap.heap.free(UInt(bitPattern: memory))
  } catch {
    panic(message(of: error))
  }
}

private func message(of error: HeapError) -> Message {
  switch error {
  case .invalidRequest: "heap: a request that makes no sense"
  case .exhausted(let byteCount): "heap: no memory for \(byteCount) bytes"
  case .misaligned(let address): "heap: free of \(hexadecimal: UInt64(address)), no multiple of 16"
  case .foreign(let address):
    "heap: free of \(hexadecimal: UInt64(address)), which is not of the heap"
  case .alreadyFree(let address): "heap: free of \(hexadecimal: UInt64(address)), which is free"
  case .insideBlock(let address, let block):
    "heap: free of \(hexadecimal: UInt64(address)), inside the block at \(hexadecimal: UInt64(block))"
  case .corrupted(let address):
    "heap: what stands before the block at \(hexadecimal: UInt64(address)) was overwritten"
  case .overrun(let address):
    "heap: the owner of the block at \(hexadecimal: UInt64(address)) wrote behind its end"
  case .writtenWhileFree(let address):
    "heap: free memory at \(hexadecimal: UInt64(address)) was written to"
  }
}

#endif
