import EventPersistence
import Foundation

/// The folder of a file sink, opened: what it holds, and where the next event goes.
///
/// Used by one sink at a time, from its thread alone.
final class Archive {
  let path: String
  let rule: SegmentRule
  let lock: FolderLock

  /// In log order.
  var names: [SegmentName] = []
  /// The last segment as it fills; also what the last event held is.
  var filling = SegmentRule.Filling()
  /// The last segment, open for writing; nil until something is written.
  var tail: File?
  var byteCount = 0
  /// The segment that was compared last.
  var loaded: Segment?
  /// Where the events that were put end, stored or not selected.
  private var span: Span?

  var events: String { "\(path)/events" }

  /// The last event held, or behind it the last of those of which none was selected.
  var holdsThrough: Position? { span?.through ?? filling.last }

  init(
    _ path: String, rule: SegmentRule, persistenceDirectory: String?, lock: FolderLock? = nil
  ) throws(SinkError) {
    self.path = path
    self.rule = rule
    try Self.refuse(path, inside: persistenceDirectory)
    guard Folder.exists(path.folder) else {
      throw SinkError(
        .stop, code: "ENOENT",
        "\(path.folder), where \(path) should be made, is not there. Create it, or mount what should "
          + "be there.")
    }
    try Folder.make(path)
    if let lock { self.lock = lock } else { self.lock = try Self.take("\(path)/lock") }
    if let manifest = try Manifest.read(path) {
      try manifest.check(rule, path: path)
    } else {
      guard !Folder.exists(events) else {
        throw SinkError(
          .stop, code: "no version",
          "\(events) is there and \(path)/\(Manifest.name) is not: what it holds is not known. Put "
            + "that file back, or choose another path.")
      }
      try Manifest(rule).write(path)
    }
    try Folder.make(events)
    try Folder.sync(path)
    try Rebuild(path).finish()
    try readNames()
    try readTail()
    span = Span.read(path, last: filling.last)
  }

  // MARK: - Storing

  func store(_ batch: EventBatch) throws(SinkError) {
    var start = batch.entries.startIndex
    while start < batch.entries.endIndex {
      let isNew = isBehindAll(batch, start)
      if isNew {
        try append(batch, start..<batch.entries.endIndex)
        break
      }
      let end =
        batch.entries[start...].indices.first { isBehindAll(batch, $0) } ?? batch.entries.endIndex
      try reconcile(batch, start..<end)
      start = end
    }
    if tail?.isInPlace() == false {
      throw SinkError(
        .retry, code: "moved",
        "\(tail?.path ?? path) was moved or removed while it was written, or something was mounted "
          + "over it. What is in \(path) now is looked at anew.")
    }
    try note(batch)
  }

  /// Whether an entry comes behind everything that is held.
  private func isBehindAll(_ batch: EventBatch, _ index: Int) -> Bool {
    guard let last = filling.last else { return true }
    let position = batch.entries[index].position
    guard position.eventId == last.eventId else { return position.eventId > last.eventId }
    guard !filling.lastTwins.contains(where: { $0.agrees(with: position) }) else { return false }
    // A twin that is missing comes before the one that is held, where the batch has that one later.
    return !batch.entries[(index + 1)...].prefix { $0.position.eventId == last.eventId }
      .contains { entry in filling.lastTwins.contains { $0.agrees(with: entry.position) } }
  }

  /// Writes entries behind the last segment, each run of neighbours with one call, and synchronises them.
  private func append(_ batch: EventBatch, _ range: Range<Int>) throws(SinkError) {
    if tail == nil, let last = names.last { tail = try File("\(events)/\(last.text)", O_WRONLY) }
    let before = (tail: tail, bytes: filling.bytes, segments: names.count)
    do throws(SinkError) {
      try write(batch, range)
    } catch {
      // What was not synchronised may be lost although it can be read: it is to come again.
      try? before.tail?.truncate(to: before.bytes)
      for name in names[before.segments...] { try? Folder.remove("\(events)/\(name.text)") }
      throw error
    }
  }

  private func write(_ batch: EventBatch, _ range: Range<Int>) throws(SinkError) {
    let segmentsBefore = names.count
    var pending = 0..<0
    var offset = filling.bytes
    for entry in batch.entries[range] {
      let line = entry.offset..<entry.offset + entry.length + 1
      let begins = rule.begins(entry.position, bytes: line.count, &filling)
      if begins || pending.upperBound != line.lowerBound {
        try write(batch, bytes: pending, at: &offset)
        pending = line
      } else {
        pending = pending.lowerBound..<line.upperBound
      }
      if begins {
        try tail?.sync()
        names.append(filling.name)
        tail = try File("\(events)/\(filling.name.text)", O_WRONLY | O_CREAT | O_EXCL)
        offset = 0
      }
      byteCount += line.count
    }
    try write(batch, bytes: pending, at: &offset)
    try tail?.sync()
    if names.count > segmentsBefore { try Folder.sync(events) }
  }

  private func write(_ batch: EventBatch, bytes range: Range<Int>, at offset: inout Int)
    throws(SinkError)
  {
    guard !range.isEmpty, let tail else { return }
    try tail.write(UnsafeRawBufferPointer(rebasing: batch.buffer.bytes[range]), at: offset)
    offset += range.count
  }

  // MARK: - What was looked at and not selected

  private func note(_ batch: EventBatch) throws(SinkError) {
    guard let last = filling.last, last.agrees(with: batch.last) else {
      // Only where it goes on: a replay of what lies before says nothing of the end.
      guard holdsThrough.map({ $0.eventId < batch.last.eventId }) ?? true else { return }
      var next = span ?? Span(through: batch.last, last: filling.last, unwritten: 0)
      next.through = batch.last
      next.last = filling.last
      next.unwritten += batch.spanCount
      span = next
      if next.unwritten >= Span.eventsMax { try writeSpan() }
      return
    }
    if span != nil {
      span = nil
      try Span.remove(path)
    }
  }

  private func writeSpan() throws(SinkError) {
    try span?.write(path)
    span?.unwritten = 0
  }

  /// Before closing. Where it cannot be written, some events are looked at again: no harm done.
  func noteSpan() {
    if let span, span.unwritten > 0 { try? writeSpan() }
  }

  // MARK: - Facts

  var facts: [String: String] {
    var facts = [
      "segments": "\(names.count)", "bytes": "\(byteCount)",
      "segment under way": names.last?.text ?? "none",
    ]
    facts["last id"] = filling.last.map { "\($0.eventId)" }
    if let aside = try? Folder.names(in: "\(path)/superseded").count, aside > 0 {
      facts["set aside"] = "\(aside) files in \(path)/superseded"
    }
    return facts
  }
}
