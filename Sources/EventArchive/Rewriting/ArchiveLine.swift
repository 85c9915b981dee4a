package import EventPersistence
internal import Foundation

/// A line of an archive, without its line feed, and the event in it.
///
/// Two lines are equal if their bytes are.
package struct ArchiveLine: Sendable {
  private let buffer: EventBuffer
  package let range: Range<Int>

  /// Nil if it is not an event, or one in the wrong place.
  package let position: Position?

  package init(_ buffer: EventBuffer, _ range: Range<Int>, position: Position?) {
    precondition(range.upperBound <= buffer.count, "a line lies in its buffer")
    self.buffer = buffer
    self.range = range
    self.position = position
  }

  /// The line of an event of `batch`.
  package init(_ entry: EventBatch.Entry, of batch: EventBatch) {
    self.init(
      batch.buffer, entry.offset..<entry.offset + entry.length, position: entry.position)
  }

  /// Valid as long as the line exists.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer.bytes[range])
  }

  /// Whether all of it is JSON; its position does not prove that.
  package var isJSON: Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes))) != nil
  }
}

extension ArchiveLine: Hashable {
  package static func == (left: ArchiveLine, right: ArchiveLine) -> Bool {
    guard left.range.count == right.range.count else { return false }
    let (a, b) = (left.bytes, right.bytes)
    return a.isEmpty || a.baseAddress == b.baseAddress
      || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
}
