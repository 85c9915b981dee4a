internal import EventPersistence

/// A growing buffer, with the operations that write JSON and CBOR.
struct ByteWriter: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0
  /// The buffer whose free part it writes into, as long as that suffices; nil: the memory is its own.
  private var target: EventBuffer?

  init(capacity: Int) {
    self.capacity = max(64, capacity)
    base = .allocate(byteCount: self.capacity, alignment: 16)
  }

  /// Writes into an empty buffer; `buffer()` then need not copy anything.
  init(into target: EventBuffer) {
    precondition(target.count == 0 && target.capacity >= 64)
    self.target = target
    capacity = target.capacity
    base = target.free.baseAddress!
  }

  deinit {
    if target == nil { base.deallocate() }
  }

  /// What was written, in a buffer that is not much larger.
  consuming func buffer() -> EventBuffer {
    if let target, count >= capacity / 2 {
      target.fill(count)
      return target
    }
    let exact = EventBuffer(capacity: count)
    exact.append(bytes)
    return exact
  }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// The bytes from `start` on.
  func bytes(from start: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[start...])
  }

  /// Discards all but the first `count` bytes.
  mutating func truncate(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  /// The place of the next `more` bytes, which are counted by `fill`.
  mutating func free(_ more: Int) -> UnsafeMutableRawPointer {
    if count + more > capacity { grow(by: more) }
    return base + count
  }

  mutating func fill(_ more: Int) {
    precondition(more <= capacity - count)
    count += more
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    moved.copyMemory(from: base, byteCount: count)
    if target == nil { base.deallocate() }
    target = nil
    base = moved
    capacity = larger
  }

  mutating func byte(_ byte: UInt8) {
    free(1).storeBytes(of: byte, as: UInt8.self)
    count += 1
  }

  /// The bytes of `text` as they are.
  mutating func raw(_ text: StaticString) {
    raw(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func raw(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    free(bytes.count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }
}
