import EventPersistence

/// The bytes that a request sends: in a buffer of their own, or where they are in a batch's, so that
/// an object on its way is in memory once.
struct Payload: Sendable {
  private let buffer: EventBuffer
  private let range: Range<Int>

  init(_ bytes: [UInt8]) { self.init(EventBuffer(bytes)) }

  init(_ buffer: EventBuffer) {
    self.buffer = buffer
    range = 0..<buffer.count
  }

  /// The bytes at `range` of `buffer`, which is retained if they are at least half of its capacity. If
  /// they are fewer, they are copied: four objects on their way would retain four large buffers.
  init(_ buffer: EventBuffer, at range: Range<Int>) {
    let isRetained = range.count >= buffer.capacity / 2
    self.buffer =
      isRetained
      ? buffer
      : EventBuffer(joining: [UnsafeRawBufferPointer(rebasing: buffer.bytes[range])])
    self.range = isRetained ? range : 0..<range.count
  }

  var count: Int { range.count }
  var isEmpty: Bool { range.isEmpty }

  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(buffer) {
      try body(UnsafeRawBufferPointer(rebasing: buffer.bytes[range]))
    }
  }
}

extension Payload: ExpressibleByArrayLiteral {
  init(arrayLiteral bytes: UInt8...) { self.init(bytes) }
}
