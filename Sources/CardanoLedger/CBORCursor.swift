internal import Foundation

/// A cursor in CBOR (RFC 8949), which reads head by head.
///
/// It is a token stream, not a tree: a node's rows hold values without framing inside lists and
/// maps, so that a container's count is not the count of the items after it. A schema says which
/// items belong together. No call reads beyond `end`, recurses, or allocates by a number that it
/// read.
package struct CBORCursor {
  package enum Token: Equatable {
    case unsigned(UInt64)
    /// -1 minus the argument.
    case negative(UInt64)
    case bytes(Range<Int>)
    case text(Range<Int>)
    /// The head of an array or a map; its count, or nil if a break ends it.
    case array(UInt64?)
    case map(UInt64?)
    /// The head of a string in chunks, which a break ends.
    case chunkedBytes
    case chunkedText
    case tag(UInt64)
    /// False is 20, true 21, null 22.
    case simple(UInt8)
    case float
    case stop
  }

  package let bytes: UnsafeRawBufferPointer
  package let end: Int
  @usableFromInline package internal(set) var offset: Int
  /// Whether a head was longer than it need be, except in skipped items.
  @usableFromInline package internal(set) var metLongHead = false

  /// A cursor at the beginning of `range` of `bytes`.
  @inlinable
  package init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>? = nil) {
    self.bytes = bytes
    offset = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
    precondition(offset >= 0 && end <= bytes.count)
  }

  @inlinable package var isAtEnd: Bool { offset == end }

  /// The next token, with the whole of a string.
  @inlinable
  package mutating func next() throws(CBORFault) -> Token {
    guard offset < end else { throw .ended }
    let head = bytes[offset]
    let argument = try argument(head)
    switch head >> 5 {
    case 0: return .unsigned(try definite(argument))
    case 1: return .negative(try definite(argument))
    case 2: return argument == nil ? .chunkedBytes : .bytes(try string(argument!))
    case 3: return argument == nil ? .chunkedText : .text(try string(argument!))
    case 4: return .array(argument)
    case 5: return .map(argument)
    case 6: return .tag(try definite(argument))
    default:
      switch head & 0x1F {
      case 25...27: return .float
      case 31: return .stop
      default: return .simple(UInt8(truncatingIfNeeded: argument!))
      }
    }
  }

  /// Reads the argument of the head at `offset`; nil for an indefinite length.
  @inlinable @inline(__always)
  mutating func argument(_ head: UInt8) throws(CBORFault) -> UInt64? {
    let information = head & 0x1F
    guard information >= 24 else {
      offset += 1
      return UInt64(information)
    }
    return try longArgument(information)
  }

  @usableFromInline
  mutating func longArgument(_ information: UInt8) throws(CBORFault) -> UInt64? {
    if information == 31 {
      offset += 1
      return nil
    }
    guard information <= 27 else { throw .reserved }
    let count = 1 << Int(information - 24)
    guard end - offset > count else { throw .ended }
    let value: UInt64 =
      switch count {
      case 1: UInt64(bytes[offset + 1])
      case 2: UInt64(bigEndian(at: offset + 1, as: UInt16.self))
      case 4: UInt64(bigEndian(at: offset + 1, as: UInt32.self))
      default: bigEndian(at: offset + 1, as: UInt64.self)
      }
    offset += count + 1
    // The longest argument that a head of half the length could have; of the shortest one, 23.
    let shorter: UInt64 = count == 1 ? 23 : (1 << UInt64(count * 4)) - 1
    if value <= shorter { metLongHead = true }
    return value
  }

  private func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type
  ) -> Value {
    Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }

  @inlinable
  func definite(_ argument: UInt64?) throws(CBORFault) -> UInt64 {
    guard let argument else { throw .reserved }
    return argument
  }

  @inlinable
  mutating func string(_ count: UInt64) throws(CBORFault) -> Range<Int> {
    guard count <= UInt64(end - offset) else { throw .ended }
    let start = offset
    offset += Int(count)
    return start..<offset
  }

  /// Skips `name`, a text string with its head; returns false and stays if anything else follows.
  package mutating func skip(_ name: UnsafeRawBufferPointer) -> Bool {
    guard end - offset >= name.count,
      memcmp(bytes.baseAddress! + offset, name.baseAddress!, name.count) == 0
    else { return false }
    offset += name.count
    return true
  }

  /// Skips one whole item with true counts, as ledger values are.
  package mutating func skipItem() throws(CBORFault) -> Range<Int> {
    let start = offset
    let metLongHead = metLongHead
    var open = OpenItems()
    repeat {
      // As `next` reads it, without making tokens of what nobody looks at.
      guard offset < end else { throw .ended }
      let head = bytes[offset]
      let argument = try argument(head)
      switch head >> 5 {
      case 0, 1:
        _ = try definite(argument)
        open.close()
      case 2, 3:
        if let argument {
          _ = try string(argument)
          open.close()
        } else {
          try open.push(OpenItems.untilBreak)
        }
      case 4: try push(argument, on: &open)
      case 5:
        guard argument ?? 0 <= .max / 2 else { throw .ended }
        try push(argument.map { $0 * 2 }, on: &open)
      case 6:
        _ = try definite(argument)
        try push(1, on: &open)
      default:
        guard head & 0x1F == 31 else {
          open.close()
          continue
        }
        guard open.left == OpenItems.untilBreak else { throw .unexpected }
        open.pop()
        open.close()
      }
    } while !open.isOver
    self.metLongHead = metLongHead
    return start..<offset
  }

  /// - Parameter count: nil: until a break.
  private func push(_ count: UInt64?, on open: inout OpenItems) throws(CBORFault) {
    guard let count else { return try open.push(OpenItems.untilBreak) }
    guard count > 0 else { return open.close() }
    // Each item has at least one byte.
    guard count <= UInt64(end - offset) else { throw .ended }
    try open.push(count)
  }
}

/// How many items an item and its open containers still need.
struct OpenItems {
  static let untilBreak = UInt64.max

  /// A script's datum decides how deep a ledger value nests; this is far beyond what a transaction
  /// may have.
  static let depthMax = 1024

  /// Of the innermost container; of the item itself if none is open.
  private(set) var left: UInt64 = 1
  /// Of the item and the containers around the innermost one. Nearly all nest less deeply than this.
  private var shallow = InlineArray<16, UInt64>(repeating: 0)
  private var deep: [UInt64] = []
  private var depth = 0

  /// Whether the whole item ended.
  var isOver: Bool { left == 0 }

  /// Opens a container of `count` items, one or more.
  mutating func push(_ count: UInt64) throws(CBORFault) {
    guard depth < Self.depthMax else { throw .tooDeep }
    if depth < 16 { shallow[depth] = left } else { deep.append(left) }
    depth += 1
    left = count
  }

  /// Leaves the innermost container.
  mutating func pop() {
    depth -= 1
    left = depth < 16 ? shallow[depth] : deep.removeLast()
  }

  /// Counts an item that ended, and the containers that end with it.
  mutating func close() {
    while left != Self.untilBreak {
      left -= 1
      guard left == 0, depth > 0 else { return }
      pop()
    }
  }
}

/// Why bytes are not the expected CBOR.
package enum CBORFault: Error, Sendable, Hashable {
  /// They end inside an item.
  case ended
  /// A head that RFC 8949 reserves.
  case reserved
  case tooDeep
  case tooMany
  /// An item, but another one than expected.
  case unexpected
}
