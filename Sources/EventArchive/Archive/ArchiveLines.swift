internal import EventPersistence
internal import Foundation

/// The lines of one object: those that are events, and what is none.
struct ArchiveLines: Sendable {
  /// In the order in which they stand.
  var entries: [EventBatch.Entry] = []
  /// The line numbers, from 1, of whole lines that are no events: the first thousand.
  var bad: [Int] = []
  var badCount = 0
  /// Bytes behind the last line feed.
  var tornBytes: Int

  /// The first event that does not belong where it stands: of an id that none of the object can have, or
  /// beyond the ones behind it.
  var misplaced: UInt64?
  var misplacedCount = 0

  static let badMax = 1000

  /// One pass over the buffer, as fast as positions are read.
  ///
  /// - Parameter span: the ids that the object can have.
  init(
    _ buffer: EventBuffer, span: ClosedRange<UInt64> = 0...UInt64.max, derivedFrom: UInt64? = nil
  ) {
    let bytes = buffer.bytes
    var start = 0
    var number = 0
    while start < bytes.count,
      let end = memchr(bytes.baseAddress! + start, 0x0A, bytes.count - start)
    {
      let length = UnsafeRawPointer(end) - (bytes.baseAddress! + start)
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
      number += 1
      if let position = Position(json: line) {
        entries.append(
          EventBatch.Entry(
            offset: start, length: length, position: position,
            isDerived: derivedFrom.map { position.eventId >= $0 } ?? false))
      } else {
        badCount += 1
        if bad.count < Self.badMax { bad.append(number) }
      }
      start += length + 1
    }
    tornBytes = bytes.count - start
    leaveOutMisplaced(span)
  }

  /// A changed digit of an id would make all that follows look as if it came too late.
  private mutating func leaveOutMisplaced(_ span: ClosedRange<UInt64>) {
    let ids = entries.map(\.position.eventId)
    func isMisplaced(_ index: Int) -> Bool {
      guard span.contains(ids[index]) else { return true }
      guard index + 1 < ids.count, ids[index] > ids[index + 1] else { return false }
      return (index > 0 ? ids[index - 1] : span.lowerBound) <= ids[index + 1]
    }
    guard let first = ids.indices.first(where: isMisplaced) else { return }
    misplaced = ids[first]
    let kept = ids.indices.filter { !isMisplaced($0) }
    misplacedCount = ids.count - kept.count
    entries = kept.map { entries[$0] }
  }

  /// What is wrong with the object, as a clause that goes on from its name; nil where nothing is.
  ///
  /// - Parameter isPart: whether it holds only some of the events that its name spans.
  func damage(of object: ArchiveObject, isPart: Bool) -> String? {
    if badCount > 0 {
      let which = bad.prefix(3).map(String.init).joined(separator: ", ")
      return badCount == 1
        ? "has a line that is no event (line \(which))"
        : "has \(badCount) lines that are no events (the first: line \(which))"
    }
    if let misplaced {
      return misplacedCount == 1
        ? "has an event where it cannot be, \(misplaced)"
        : "has \(misplacedCount) events where they cannot be (the first: \(misplaced))"
    }
    if tornBytes > 0, !object.isOpen {
      return "is cut off: behind its last whole line are \(tornBytes) bytes of another"
    }
    guard let first = entries.first?.position.eventId, let last = entries.last?.position.eventId
    else { return object.isOpen || isPart ? nil : "is empty" }
    // A sink that was begun inside a batch lacks its first events: that is for `verify` to say.
    if first < object.firstId || object.lastId != nil && !isPart && first != object.firstId {
      return "begins with the event \(first), and its name says \(object.firstId)"
    }
    if let expected = object.lastId, isPart ? last > expected : last != expected {
      return "ends with the event \(last), and its name says \(expected)"
    }
    return nil
  }
}
