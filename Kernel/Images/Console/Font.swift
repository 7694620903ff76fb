import KernelFont

/// The font that `make font` found, as it lies in the image; empty if there was none.
enum Font {
  static var bytes: Span<UInt8> {
    @_lifetime(immortal) get {
      // SAFETY: read-only data of the image, of this size, for ever.
      let span = unsafe Span(_unsafeStart: kernel_font_start(), count: kernel_font_size)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }
}
