/// The bytes of a batch's events: filled once by the source, then only read.
///
/// It keeps `padding` readable bytes after its capacity, which a vectorised parser may read over.
// Filled before it is shared and never changed afterwards, so that sharing it is safe.
public final class EventBuffer: @unchecked Sendable {
  /// What simdjson requires after the last byte of its input.
  public static let padding = 64

  private let region: BufferRegion
  private var base: UnsafeMutableRawPointer { region.base }
  public let capacity: Int
  // Filled by one thread before others see it.
  @exclusivity(unchecked) public private(set) var count: Int

  public init(capacity: Int) {
    self.capacity = capacity
    count = 0
    region = BufferRegion.take(byteCount: capacity + Self.padding)
    region.base.advanced(by: capacity).initializeMemory(
      as: UInt8.self, repeating: 0, count: Self.padding)
  }

  /// A buffer that holds a copy of `bytes`.
  public convenience init(_ bytes: [UInt8]) {
    self.init(capacity: bytes.count)
    bytes.withUnsafeBytes { append($0) }
  }

  /// A buffer that holds a copy of `parts`, one after another.
  package convenience init(joining parts: [UnsafeRawBufferPointer]) {
    self.init(capacity: parts.reduce(0) { $0 + $1.count })
    for part in parts { append(part) }
  }

  deinit { region.giveBack() }

  /// Returns the memory of former buffers, which is kept for the next ones, to the system: for
  /// who needs none for a while.
  package static func releaseUnused() { BufferRegion.releaseKept() }

  /// Keeps the memory of at least `count` buffers that are not in use: for a reader that uses so many
  /// at a time, and would have them mapped anew again and again.
  package static func keep(_ count: Int) { BufferRegion.keep(count) }

  /// The filled part.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// The free part; call `fill(_:)` after writing into it.
  public var free: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count)
  }

  /// Counts `byteCount` bytes that were written into `free`.
  public func fill(_ byteCount: Int) {
    precondition(byteCount >= 0 && count + byteCount <= capacity)
    count += byteCount
  }

  public func append(_ bytes: UnsafeRawBufferPointer) {
    free.copyMemory(from: bytes)
    fill(bytes.count)
  }

  public func append(byte: UInt8) {
    free[0] = byte
    fill(1)
  }
}
