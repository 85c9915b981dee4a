import Compression
import EventArchive
import EventPersistence

/// The open folder of a file sink: what it holds, and where events go.
///
/// A segment holds the stored events of one batch of the rule and is named after the batch, so that
/// the batch alone determines an event's segment. Used by one sink at a time, only from its thread.
final class Archive {
  let lock: FolderLock
  let segments: SegmentFolder
  private let path: String
  private let options: FileSink.Options
  private let now: @Sendable () -> EventTime

  /// The last event held.
  private var last: Position?
  private var through: ThroughMark
  /// The segment last appended to.
  private var tail: SegmentTail?
  /// The last batch that was checked for earlier segments that reach into it.
  private var settled: SegmentName?
  private var retirement: Retirement
  private var origin: Origin

  /// The last event held, or the last of the unselected events after it.
  var holdsThrough: Position? { through.position ?? last }

  init(
    _ options: FileSink.Options, lock: FolderLock? = nil, now: @escaping @Sendable () -> EventTime
  ) throws(SinkError) {
    let path = options.root
    self.path = path
    self.options = options
    self.now = now
    try ArchiveClaim.checkPlace(options)
    try Folder.make(options.path)
    // One driver has the archive, whatever the generation.
    self.lock =
      if let lock { lock } else { try ArchiveClaim.take("\(options.path)/lock") }
    if path != options.path {
      try Folder.make(path)
      try Self.checkIsOurs(path)
      try Folder.sync(options.path)
    }
    try Manifest.settle(options)
    origin = try Origin.read(path) ?? Origin()
    segments = try SegmentFolder(path)
    retirement = try Retirement(options.retain, of: segments)
    last = try segments.repairEnd()
    through = ThroughMark(path, last: last)
    if let last = segments.list.last {
      try packAll(before: last.name)
      // Its end is known now: its lines take no memory until events of it come again.
      _ = try reach(last.name)
      segments.unload()
    }
  }

  /// Refuses the folder of a later generation if something else is in it.
  private static func checkIsOurs(_ path: String) throws(SinkError) {
    if try Folder.exists(Manifest.file(path)) { return }
    if try Folder.names(in: path).isEmpty { return }
    throw SinkError(
      .stop, code: "not ours",
      "\(path), where the node's next log is to be stored, has files but no "
        + "\(Manifest.fileName). Move them to another place.")
  }

  // MARK: - Storing

  /// Stores a batch, except that what was appended to a segment last is not synchronized.
  func store(_ batch: EventBatch) throws(SinkError) {
    guard let run = batch.run else {
      preconditionFailure("a sink with a rule gets the batch of its events")
    }
    let name = SegmentName(run)
    try packAll(before: name)
    if !batch.entries.isEmpty, !retirement.covers(name, batch) { try put(batch, run, into: name) }
    if run.isComplete { try pack(name) }
    if let file = tail?.file { try checkPlace(of: file) }
    try through.note(batch, last: last)
  }

  /// After this, all that was stored would survive a crash. Only then is what is old removed.
  func synchronize() throws(SinkError) {
    try tail?.synchronize()
    try retirement.apply(to: segments, at: now())
  }

  /// Nothing is appended to the segment last appended to, until it is reached again.
  private func leaveTail() throws(SinkError) {
    try tail?.synchronize()
    tail = nil
  }

  private func put(
    _ batch: EventBatch, _ run: BatchRun, into name: SegmentName
  ) throws(SinkError) {
    let others = try overlapping(name, run, batch)
    guard others.earlier.isEmpty, others.later.isEmpty else {
      try rewrite(batch, nil, name, earlier: others.earlier, later: others.later)
      return try packAll(before: name)
    }
    guard let tail = try reach(name) else {
      return try append(batch, batch.entries.indices, to: name, isLast: run.isComplete)
    }
    let start = tail.firstAfter(batch)
    let known = batch.entries.startIndex..<start
    if !known.isEmpty { try rewrite(batch, known, name) }
    if start < batch.entries.endIndex {
      try append(batch, start..<batch.entries.endIndex, to: name, isLast: run.isComplete)
    }
  }

  /// The end of the segment; nil if it does not exist. One that was packed and is complete is unpacked only
  /// to add something.
  private func reach(_ name: SegmentName) throws(SinkError) -> SegmentTail? {
    if let tail, tail.name == name { return tail }
    try leaveTail()
    guard segments.list[name] != nil else { return nil }
    let segment = try segments.load(name)
    // A driver that was ended may have written events, and not synchronized them: they are not written again.
    try File(segments.file(name)).sync()
    tail = SegmentTail(of: segment, segment.canGrow ? try File.toWrite(segments.file(name)) : nil)
    return tail
  }

  /// A batch with at least this many bytes of lines is packed at once, as a frame of its own.
  static let packedAtOnceBytesMin = 256 << 10

  /// - Parameter isLast: whether nothing will be appended after it.
  private func append(
    _ batch: EventBatch, _ range: Range<Int>, to name: SegmentName, isLast: Bool
  ) throws(SinkError) {
    try noteOrigin(batch.entries[range])
    let byteCount = batch.lineRanges(of: range).reduce(0) { $0 + $1.count }
    let isPackedAtOnce =
      options.compression == .zstd && (isLast || byteCount >= Self.packedAtOnceBytesMin)
    if !isPackedAtOnce { segments.releasePacker() }
    if segments.list[name]?.isPacked == true {
      let packed = try reach(name).flatMap { $0.file == nil ? nil : $0.packed }
      if !isPackedAtOnce || packed == nil {
        try leaveTail()
        if let packed { try segments.unpack(name, packed) } else { try segments.unpack(name) }
      }
    }
    if isPackedAtOnce, let plain = segments.list[name], !plain.isPacked,
      isLast || plain.byteCount <= byteCount
    {
      return try pack(name, with: batch, range, isLast: isLast)
    }
    let entry = segments.list[name]
    let reached = try reach(name)
    let newFile = segments.newFile(name, isPacked: isPackedAtOnce)
    var tail =
      if let reached { reached } else {
        SegmentTail(ofNew: name, try File.new(newFile), isPacked: isPackedAtOnce)
      }
    do throws(SinkError) {
      try tail.append(
        batch, range, isLast: isLast, isPackedAtOnce ? segments.framePacker() : nil)
      if entry == nil { try Folder.sync("\(path)/events") }
    } catch {
      if entry == nil { try? Folder.remove(newFile) }
      throw error
    }
    self.tail = tail
    segments.changed(name, byteCount: tail.end, tail.packed)
    if segments.list.last?.name == name { last = tail.last }
  }

  /// Packs a plain segment together with entries that come after what it holds.
  private func pack(
    _ name: SegmentName, with batch: EventBatch, _ range: Range<Int>, isLast: Bool
  ) throws(SinkError) {
    let held = try reach(name)
    if let file = held?.file { try checkPlace(of: file) }
    try leaveTail()
    try segments.pack(
      name, through: held?.end ?? 0, batch.lines(of: range), isLast: isLast)
    if segments.list.last?.name == name { last = batch.entries[range].last?.position }
  }

  private func checkPlace(of file: File) throws(SinkError) {
    guard !file.isInPlace() else { return }
    throw SinkError(
      .retry, code: "moved",
      "\(file.path) was moved or removed while it was written, or something was mounted over "
        + "it. hydra-sinks opens \(path) again.")
  }

  /// Compares entries that do not come after everything in their segment with its content, and
  /// rewrites the segment if something is missing or damaged. Writes nothing if all of it is held.
  ///
  /// - Parameters:
  ///   - range: the indices of these entries; nil: all of them.
  ///   - earlier: segments that begin before the batch, and hold events of it.
  ///   - later: segments that begin within it.
  private func rewrite(
    _ batch: EventBatch, _ range: Range<Int>?, _ name: SegmentName, earlier: [SegmentName] = [],
    later: [SegmentName] = []
  ) throws(SinkError) {
    let own = segments.list[name] == nil ? [] : [name]
    var held: [BatchRewriting.Held] = []
    let names = earlier + own + later
    for other in names {
      let segment = try segments.load(other)
      held.append(
        BatchRewriting.Held(
          begins: other < name ? .before : other == name ? .with : .within, lines: segment.lines,
          isWhole: segment.isWhole))
    }
    let rewriting = BatchRewriting(
      IncomingEvents(batch, range), over: held, endsWithLast: false)
    guard rewriting.isChange else { return }
    try noteOrigin(rewriting.taken)
    try leaveTail()
    try segments.replace(
      zip(names, zip(held, rewriting.rests)).map { name, old in
        // A line that is twice in one segment is damage, but the first of the two stays.
        let isDoubled = Set(old.0.lines).count < old.0.lines.count
        return SegmentFolder.Old(name, isSetAside: old.1.isSetAside || isDoubled)
      },
      with: zip(names, rewriting.rests).map { ($0, $1.before[...]) }
        + [(name, rewriting.lines[...])])
    last = try segments.repairEnd()
  }

  /// The other segments that hold events of the batch, if its limits have changed: those that begin
  /// before it, and those that begin within it.
  private func overlapping(
    _ name: SegmentName, _ run: BatchRun, _ batch: EventBatch
  ) throws(SinkError) -> (earlier: [SegmentName], later: [SegmentName]) {
    var later: [SegmentName] = []
    for other in segments.list.after(name) {
      guard try begins(other.name, before: batch) else { break }
      later.append(other.name)
    }
    var earlier: [SegmentName] = []
    guard settled != name else { return (earlier, later) }
    for other in segments.list.before(name).reversed() {
      guard let last = try lastPosition(of: other.name), last.eventId >= run.first.eventId,
        BatchRewriting.reaches(try segments.load(other.name).lines, into: IncomingEvents(batch))
      else { break }
      earlier.append(other.name)
    }
    settled = name
    return (earlier.reversed(), later)
  }

  /// Whether a segment that comes after the one of `batch` begins before the batch ends.
  private func begins(_ other: SegmentName, before batch: EventBatch) throws(SinkError) -> Bool {
    guard let last = batch.entries.last?.position, other.firstId <= last.eventId else {
      return false
    }
    guard other.firstId == last.eventId else { return true }
    // It begins with an event that has the last one's id: one of these, or one after them.
    guard let first = try segments.load(other).lines.first(where: { $0.position != nil }) else {
      return false
    }
    return batch.entries.suffix(SegmentTail.sharedIdsMax).contains {
      first.position!.agrees(with: $0.position)
    }
  }

  private func lastPosition(of name: SegmentName) throws(SinkError) -> Position? {
    if segments.list.last?.name == name { return last }
    return try segments.load(name).lastPosition
  }

  /// Before the events are stored, notes which of them are not as the node stored them.
  private func noteOrigin(
    _ entries: some BidirectionalCollection<EventBatch.Entry>
  ) throws(SinkError) {
    let noted = origin.noting(entries)
    guard noted != origin else { return }
    try noted.write(path)
    origin = noted
  }

  // MARK: - Packing

  /// Packs the segments before `name`: no event is appended to them again.
  private func packAll(before name: SegmentName) throws(SinkError) {
    for entry in segments.list.unfinished(before: name) { try pack(entry.name) }
  }

  private func pack(_ name: SegmentName) throws(SinkError) {
    guard options.compression == .zstd else { return }
    if tail?.name == name { try leaveTail() }
    try segments.pack(name)
  }

  // MARK: - Setting aside, and closing

  /// Moves what is held after `position` to `superseded/`. The archive must then be opened again.
  func supersede(after position: Position?) throws(SinkError) {
    try leaveTail()
    try segments.supersede(after: position)
    try ThroughMark.remove(path)
  }

  /// Notes how far events were read without any being selected. Everything stored is synchronized.
  func finish() { through.finish() }

  /// For the detail view.
  var facts: [String: String] {
    let list = segments.list
    var facts = [
      "segments": "\(list.count)", "bytes": "\(list.byteCount)",
      "segment under way": list.last?.fileName ?? "none",
    ]
    if options.generation > 1 { facts["folder"] = path }
    facts["last id"] = last.map { "\($0.eventId)" }
    facts["packed"] = segments.packedText()
    if let retired = retirement.retired {
      facts["retired"] =
        "\(retired.segments) segments, \(retired.bytes) bytes, through \(retired.through)"
      facts["retained since"] = list.first.map { "\($0.name.firstId)" }
    }
    if let aside = Superseded(path).count, aside > 0 {
      facts["set aside"] = "\(aside) files in \(path)/superseded"
    }
    return facts
  }
}
