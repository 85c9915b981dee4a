package import EventPersistence
internal import Foundation

/// The lines of one object: those that are events, and those that are not.
package struct ArchiveLines: Sendable {
  /// All whole lines, in order. One that is not an event, or is in the wrong place, has no
  /// position.
  package let lines: [ArchiveLine]
  /// Bytes after the last line feed.
  package let tornBytes: Int

  /// The line numbers, from 1, of whole lines that are not events: the first thousand.
  private(set) var bad: [Int] = []
  private(set) var badCount = 0
  /// The first event in the wrong place: the object cannot have its id, or it is beyond the events
  /// after it.
  private(set) var misplaced: UInt64?
  private(set) var misplacedCount = 0

  private let derivedFrom: UInt64?

  static let badMax = 1000

  /// One pass over the buffer, as fast as positions are read.
  ///
  /// - Parameters:
  ///   - span: the ids that the object can have.
  ///   - derivedFrom: the lowest id of an event whose JSON was made from another form.
  ///   - position: returns the position that a line names; nil if it is not an event.
  package init(
    _ buffer: EventBuffer, span: ClosedRange<UInt64> = 0...UInt64.max, derivedFrom: UInt64? = nil,
    position: (UnsafeRawBufferPointer) -> Position? = { Position(json: $0) }
  ) {
    self.derivedFrom = derivedFrom
    let bytes = buffer.bytes
    var found: [(range: Range<Int>, position: Position?)] = []
    var start = 0
    while start < bytes.count,
      let end = memchr(bytes.baseAddress! + start, 0x0A, bytes.count - start)
    {
      let range = start..<start + (UnsafeRawPointer(end) - (bytes.baseAddress! + start))
      let named = position(UnsafeRawBufferPointer(rebasing: bytes[range]))
      found.append((range, named))
      if named == nil {
        badCount += 1
        if bad.count < Self.badMax { bad.append(found.count) }
      }
      start = range.upperBound + 1
    }
    tornBytes = bytes.count - start
    for index in Self.misplaced(among: found.map(\.position?.eventId), span) {
      misplaced = misplaced ?? found[index].position?.eventId
      misplacedCount += 1
      found[index].position = nil
    }
    lines = found.map { ArchiveLine(buffer, $0.range, position: $0.position) }
  }

  /// The indices of ids that are in the wrong place. Without this check, one changed digit would
  /// make all following events look too late.
  private static func misplaced(among ids: [UInt64?], _ span: ClosedRange<UInt64>) -> [Int] {
    var misplaced: [Int] = []
    var before = span.lowerBound
    var next = ids.indices.startIndex
    for (index, id) in ids.enumerated() {
      guard let id else { continue }
      next = max(next, index + 1)
      while next < ids.count, ids[next] == nil { next += 1 }
      let after = next < ids.count ? ids[next] : nil
      if !span.contains(id) || after.map({ id > $0 && before <= $0 }) ?? false {
        misplaced.append(index)
      }
      before = id
    }
    return misplaced
  }

  /// The events, as entries of a batch.
  var entries: [EventBatch.Entry] {
    lines.compactMap { line in
      guard let position = line.position else { return nil }
      return EventBatch.Entry(
        offset: line.range.lowerBound, length: line.range.count, position: position,
        isDerived: derivedFrom.map { position.eventId >= $0 } ?? false)
    }
  }

  /// What is wrong with the object, as a clause that continues its name; nil if nothing is.
  ///
  /// - Parameter isPart: whether it holds only some of the events that its name spans.
  func damage(of object: ArchiveObject, isPart: Bool) -> String? {
    if badCount > 0 {
      let which = bad.prefix(3).map(String.init).joined(separator: ", ")
      return badCount == 1
        ? "has a line that is not an event (line \(which))"
        : "has \(badCount) lines that are not events (the first: line \(which))"
    }
    if let misplaced {
      return misplacedCount == 1
        ? "has an event in the wrong place, \(misplaced)"
        : "has \(misplacedCount) events in the wrong place (the first: \(misplaced))"
    }
    if tornBytes > 0, !object.isOpen {
      return "is truncated: its last line is incomplete (\(tornBytes) bytes)"
    }
    let first = lines.first { $0.position != nil }?.position?.eventId
    let last = lines.last { $0.position != nil }?.position?.eventId
    guard let first, let last else { return object.isOpen || isPart ? nil : "is empty" }
    // A sink that began inside a batch lacks its first events: `verify` reports that.
    if first < object.firstId || object.lastId != nil && !isPart && first != object.firstId {
      return "begins with the event \(first), but its name says \(object.firstId)"
    }
    if let expected = object.lastId, isPart ? last > expected : last != expected {
      return "ends with the event \(last), but its name says \(expected)"
    }
    return nil
  }
}
