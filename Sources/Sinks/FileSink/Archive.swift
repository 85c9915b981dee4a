import Compression
import EventPersistence
import Foundation

/// The folder of a file sink, opened: what it holds, and where events go.
///
/// A segment holds the stored events of one batch of the rule and is named after the batch, so that the
/// batch alone says into which segment an event goes. Used by one sink at a time, from its thread alone. At
/// most two segments are in memory, and what becomes of them.
final class Archive {
  let path: String
  let options: FileSink.Options
  let lock: FolderLock
  let now: @Sendable () -> EventTime

  /// In log order.
  var names: [SegmentName] = []
  /// Those that are not packed, in log order.
  var plain: [SegmentName] = []
  /// Of files, by segment.
  private(set) var sizes: [SegmentName: Int] = [:]
  /// Of all files.
  private(set) var byteCount = 0
  /// The last event held.
  var last: Position?
  /// The segment that was appended to last.
  var tail: Tail?
  /// The segment that was compared last.
  var loaded: Segment?
  /// The batch for which it was looked at last whether its segment overlaps others.
  var settled: SegmentName?
  /// Where the events that were put end, stored or not selected.
  var span: ThroughMark?
  /// What was let go of.
  var retired: Retired?
  var origin: Origin
  /// Of the oldest segment, the time of its last event: for `retain`.
  var oldestTime: (name: SegmentName, time: EventTime)?
  /// Of packed segments, how many bytes they unpack to, where that was looked at.
  var unpackedSizes: [SegmentName: Int] = [:]
  /// What was let go of or set aside, to be told.
  var notes: [String] = []

  /// Where a segment ends that is appended to.
  struct Tail {
    var name: SegmentName
    var file: File
    var end: Int
    /// The events of the last id in it, in log order.
    var sharedIds: [Position] = []
    /// Whether a line is no event or goes back: then nothing may be added behind it.
    var endsDamaged = false
  }

  var events: String { "\(path)/events" }

  /// The last event held, or behind it the last of those of which none was selected.
  var holdsThrough: Position? { span?.through ?? last }

  init(
    _ options: FileSink.Options, lock: FolderLock? = nil, now: @escaping @Sendable () -> EventTime
  ) throws(SinkError) {
    let path = options.path
    self.path = path
    self.options = options
    self.now = now
    try Self.refuse(path, inside: options.persistenceDirectory)
    guard Folder.exists(path.folder) else {
      throw SinkError(
        .stop, code: "ENOENT",
        "\(path.folder), where \(path) should be made, is not there. Create it, or mount what should "
          + "be there.")
    }
    try Folder.make(path)
    if let lock { self.lock = lock } else { self.lock = try Self.take("\(path)/lock") }
    if let manifest = try Manifest.read(path) {
      try manifest.check(options)
      try manifest.adding(options.selection)?.write(path)
    } else {
      guard !Folder.exists("\(path)/events") else {
        throw SinkError(
          .stop, code: "no version",
          "\(path)/events is there and \(path)/\(Manifest.name) is not: what it holds is not known. "
            + "Put that file back, or choose another path.")
      }
      try Manifest(options).write(path)
    }
    origin = try Origin.read(path)
    retired = try Retired.read(path)
    try Folder.make(events)
    try Folder.sync(path)
    try Rebuild(path).finish()
    try readNames()
    try finishRetiring()
    try readTail()
    if let last = names.last { try sealAll(before: last) }
    span = ThroughMark.read(path, last: last)
  }

  /// The file of a segment that is there.
  func file(_ name: SegmentName) -> String {
    "\(events)/\(plain.contains(sorted: name) ? name.text : name.sealedText)"
  }

  func setSize(of name: SegmentName, _ size: Int) {
    byteCount += size - (sizes[name] ?? 0)
    sizes[name] = size
  }

  /// The segment's file is gone.
  func forget(_ name: SegmentName) {
    setSize(of: name, 0)
    sizes[name] = nil
    names.remove(sorted: name)
    plain.remove(sorted: name)
    if loaded?.name == name { loaded = nil }
    if tail?.name == name { tail = nil }
  }

  func forgetAll() {
    names = []
    plain = []
    sizes = [:]
    byteCount = 0
  }

  /// The index of the first segment that is not before `name`.
  func index(of name: SegmentName) -> Int { names.partitioningIndex { $0 >= name } }

  // MARK: - Storing

  func store(_ batch: EventBatch) throws(SinkError) {
    guard let run = batch.run else {
      preconditionFailure("a sink with a rule is told which batch its events belong to")
    }
    let name = SegmentName(run)
    try sealAll(before: name)
    if !batch.entries.isEmpty, !isRetired(name, batch) {
      try settle(name, run, batch)
      try put(batch, into: name)
    }
    if run.isComplete { try seal(name) }
    if tail?.file.isInPlace() == false {
      throw SinkError(
        .retry, code: "moved",
        "\(tail?.file.path ?? path) was moved or removed while it was written, or something was "
          + "mounted over it. What is in \(path) now is looked at anew.")
    }
    try note(batch)
    try retire()
  }

  private func put(_ batch: EventBatch, into name: SegmentName) throws(SinkError) {
    guard let tail = try reach(name) else {
      try append(batch, batch.entries.indices, to: name)
      return
    }
    let start =
      tail.endsDamaged
      ? batch.entries.endIndex
      : batch.entries.indices.first { Self.isBehind(tail.sharedIds, batch, $0) }
        ?? batch.entries.endIndex
    let known = batch.entries.startIndex..<start
    if !known.isEmpty { try reconcile(batch, known, in: name) }
    if start < batch.entries.endIndex {
      try append(batch, start..<batch.entries.endIndex, to: name)
    }
  }

  /// Where the segment ends; nil where it is not there. A packed one is compared first, and unpacked only
  /// where something is to be added.
  private func reach(_ name: SegmentName) throws(SinkError) -> Tail? {
    if let tail, tail.name == name { return tail }
    guard names.indices.contains(index(of: name)), names[index(of: name)] == name else {
      return nil
    }
    let segment = try load(name)
    var reached = Tail(
      name: name, file: try File(file(name), plain.contains(sorted: name) ? O_WRONLY : O_RDONLY),
      end: segment.lines.last.map { $0.range.upperBound + 1 } ?? 0)
    let lastId = segment.positions.last { $0 != nil }??.eventId
    reached.sharedIds = segment.positions.compactMap(\.self).filter { $0.eventId == lastId }
    reached.endsDamaged = segment.positions.contains { $0 == nil } || segment.firstBadLine != nil
    if plain.contains(sorted: name) { tail = reached }
    return reached
  }

  /// Whether an entry comes behind everything that its segment holds, of which `twins` is the end.
  private static func isBehind(_ sharedIds: [Position], _ batch: EventBatch, _ index: Int) -> Bool {
    guard let last = sharedIds.last else { return true }
    let position = batch.entries[index].position
    guard position.eventId == last.eventId else { return position.eventId > last.eventId }
    guard !sharedIds.contains(where: { $0.agrees(with: position) }) else { return false }
    if isInTheWay(sharedIds, batch, index) { return false }
    // A twin that is missing comes before the one that is held, where the batch has that one later.
    return !batch.entries[(index + 1)...].prefix { $0.position.eventId == last.eventId }
      .contains { entry in sharedIds.contains { $0.agrees(with: entry.position) } }
  }

  /// Whether one of `twins` is no event of the log, whose events of that id begin at `index`: it is to be left
  /// out, not to be followed.
  private static func isInTheWay(_ sharedIds: [Position], _ batch: EventBatch, _ index: Int) -> Bool {
    let entries = batch.entries
    // Of what is not selected, or stands before the batch, nothing is known: the log may have lost it.
    guard batch.spanCount == entries.count,
      index > entries.startIndex || batch.followsOn(at: index)
    else { return false }
    let own = entries[index...].prefix { $0.position.eventId == sharedIds.last?.eventId }
    return sharedIds.contains { ordinal in !own.contains { $0.position.agrees(with: ordinal) } }
  }

  /// Writes entries behind a segment, each run of neighbours with one call, and synchronises them.
  private func append(_ batch: EventBatch, _ range: Range<Int>, to name: SegmentName)
    throws(SinkError)
  {
    try noteOrigin(batch, range)
    let isNew = !names.contains(sorted: name)
    if !isNew, !plain.contains(sorted: name) { try unpack(name) }
    if tail?.name != name {
      if isNew {
        tail = Tail(
          name: name, file: try File("\(events)/\(name.text)", O_WRONLY | O_CREAT | O_TRUNC), end: 0
        )
      } else {
        tail = nil
        _ = try reach(name)
      }
    }
    guard var tail else { preconditionFailure("the segment \(name.text) is there") }
    let before = tail.end
    do throws(SinkError) {
      // What is torn was never said to be stored, and comes now.
      if try tail.file.status().st_size > before { try tail.file.truncate(to: before) }
      for lines in batch.slices(range) {
        try tail.file.write(
          UnsafeRawBufferPointer(rebasing: batch.buffer.bytes[lines]), at: tail.end)
        tail.end += lines.count
      }
      try tail.file.sync()
      if isNew { try Folder.sync(events) }
    } catch {
      // What was not synchronised may be lost although it can be read: it is to come again.
      try? tail.file.truncate(to: before)
      if isNew { try? Folder.remove("\(events)/\(name.text)") }
      throw error
    }
    for entry in batch.entries[range].suffix(64) {
      if tail.sharedIds.last?.eventId != entry.position.eventId { tail.sharedIds = [] }
      tail.sharedIds.append(entry.position)
    }
    self.tail = tail
    if isNew {
      names.insert(name, at: index(of: name))
      plain.insert(name, at: plain.partitioningIndex { $0 >= name })
    }
    setSize(of: name, tail.end)
    if loaded?.name == name { loaded = nil }
    if names.last == name { last = tail.sharedIds.last }
  }

  func load(_ name: SegmentName) throws(SinkError) -> Segment {
    if let loaded, loaded.name == name { return loaded }
    loaded = nil
    let segment = try Segment(name, path: file(name))
    // One that begins with a twin of the same id says nothing of the ids in this one.
    let next = names.partitioningIndex { $0.firstId > name.firstId }
    if next < names.count { segment.idMax = names[next].firstId }
    loaded = segment
    return segment
  }
}

extension EventBatch {
  /// The buffer's ranges of the lines of these entries, neighbours joined.
  fileprivate func slices(_ range: Range<Int>) -> [Range<Int>] {
    var slices: [Range<Int>] = []
    for entry in entries[range] {
      let line = entry.offset..<entry.offset + entry.length + 1
      if let last = slices.last, last.upperBound == line.lowerBound {
        slices[slices.count - 1] = last.lowerBound..<line.upperBound
      } else {
        slices.append(line)
      }
    }
    return slices
  }
}

extension Array {
  /// The first index whose element `belongs` holds for; it holds for all behind it, too.
  func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension [SegmentName] {
  func contains(sorted name: SegmentName) -> Bool {
    let index = partitioningIndex { $0 >= name }
    return index < count && self[index] == name
  }

  mutating func remove(sorted name: SegmentName) {
    let index = partitioningIndex { $0 >= name }
    if index < count, self[index] == name { remove(at: index) }
  }
}
