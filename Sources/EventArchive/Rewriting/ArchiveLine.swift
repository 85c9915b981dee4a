public import EventPersistence
internal import Foundation

/// A line of an archive, without its line feed, and the event that it is of.
///
/// Two lines are equal where their bytes are.
public struct ArchiveLine: Sendable {
  private let buffer: EventBuffer
  public let range: Range<Int>

  /// Nil where it is not an event, or one that cannot stand there.
  public let position: Position?

  public init(_ buffer: EventBuffer, _ range: Range<Int>, position: Position?) {
    precondition(range.upperBound <= buffer.count, "a line lies in its buffer")
    self.buffer = buffer
    self.range = range
    self.position = position
  }

  /// The line of an event of `batch`.
  public init(_ entry: EventBatch.Entry, of batch: EventBatch) {
    self.init(
      batch.buffer, entry.offset..<entry.offset + entry.length, position: entry.position)
  }

  /// Valid for as long as the line is.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer.bytes[range])
  }

  /// Whether all of it is JSON: its position alone tells little of the rest.
  public var isJSON: Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes))) != nil
  }
}

extension ArchiveLine: Hashable {
  public static func == (left: ArchiveLine, right: ArchiveLine) -> Bool {
    guard left.range.count == right.range.count else { return false }
    let (a, b) = (left.bytes, right.bytes)
    return a.isEmpty || a.baseAddress == b.baseAddress
      || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
}
