import EventPersistence
import Foundation

extension Archive {
  /// Compares entries that are not behind all that their segment holds with what is there, and writes the
  /// segment anew where something is missing or damaged. Where all of it is there, nothing is written.
  func reconcile(_ batch: EventBatch, _ range: Range<Int>, in name: SegmentName) throws(SinkError) {
    let segment = try load(name)
    let entries = batch.entries
    let merge = Merge(
      held: segment.positions, events: entries[range].map(\.position)[...],
      isWhole: batch.spanCount == entries.count,
      startsStretch: batch.followsOn(at: range.lowerBound)
    ) { line, event in
      let entry = entries[range.lowerBound + event]
      let held = segment.bytes(segment.lines[line])
      let isEqual =
        held.count == entry.length
        && memcmp(held.baseAddress!, batch.buffer.bytes.baseAddress! + entry.offset, held.count)
          == 0
      return isEqual || entry.isDerived && Self.isJSON(held)
    }
    if merge.isSame, segment.damage == nil { return }
    let isTaken = merge.pieces.contains { if case .event = $0 { true } else { false } }
    if isTaken { try noteOrigin(batch, range) }
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var output = try SegmentOutput("\(rebuild.folder)/\(name.text)")
    for piece in merge.pieces {
      switch piece {
      case .held(let line): try output.add(segment.bytes(segment.lines[line]))
      case .event(let event):
        let entry = entries[range.lowerBound + event]
        try output.add(
          UnsafeRawBufferPointer(
            rebasing: batch.buffer.bytes[entry.offset..<entry.offset + entry.length]))
      }
    }
    try output.finish()
    var steps = Rebuild.Steps(install: [name.text])
    let old = plain.contains(sorted: name) ? name.text : name.sealedText
    if merge.dropsHeld || segment.damage != nil || segment.tornBytes > 0 {
      steps.setAside[old] = Rebuild.asideName(old, in: path)
    } else if old != name.text {
      steps.remove = [old]
    }
    try commit(rebuild, steps)
  }

  /// Whether all of a line is JSON: its position alone tells little of the rest.
  private static func isJSON(_ line: UnsafeRawBufferPointer) -> Bool {
    let data = Data(
      bytesNoCopy: UnsafeMutableRawPointer(mutating: line.baseAddress!), count: line.count,
      deallocator: .none)
    return (try? JSONSerialization.jsonObject(with: data)) != nil
  }

  func commit(_ rebuild: Rebuild, _ steps: Rebuild.Steps) throws(SinkError) {
    tail = nil
    loaded = nil
    try rebuild.commit(steps)
    noteSetAside(steps)
    try readNames()
    try readTail()
  }

  func noteSetAside(_ steps: Rebuild.Steps) {
    for (name, aside) in steps.setAside.sorted(by: { $0.key < $1.key }) {
      notes.append(
        "set aside \(events)/\(name), which was damaged or held something else than the log: it is "
          + "\(path)/superseded/\(aside) now")
    }
  }

  /// Makes a packed segment a plain one, to append to.
  func unpack(_ name: SegmentName) throws(SinkError) {
    let segment = try load(name)
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var output = try SegmentOutput("\(rebuild.folder)/\(name.text)")
    for line in segment.lines { try output.add(segment.bytes(line)) }
    try output.finish()
    var steps = Rebuild.Steps(install: [name.text])
    if segment.damage == nil {
      steps.remove = [name.sealedText]
    } else {
      steps.setAside[name.sealedText] = Rebuild.asideName(name.sealedText, in: path)
    }
    try commit(rebuild, steps)
  }

  // MARK: - Batches that end elsewhere than they did

  /// Sees to it that no other segment holds events of the batch that `batch` belongs to.
  ///
  /// The limits of batches follow from the log, and change with it: where an archive of the node came back
  /// from which a batch begins earlier, or where its events have other sizes since it writes CBOR. Then the
  /// lines of the batch are gathered in its segment, with those of each segment that begins in it; what is
  /// too much there goes on to the next batch's, once that comes.
  func settle(_ name: SegmentName, _ run: BatchRun, _ batch: EventBatch) throws(SinkError) {
    var following: [SegmentName] = []
    for other in names[names.partitioningIndex { $0 > name }...] {
      guard try begins(other, before: batch) else { break }
      following.append(other)
    }
    var previous: [SegmentName] = []
    if settled != name {
      for other in names[..<index(of: name)].reversed() {
        guard let last = try lastPosition(of: other), last.eventId >= run.first.eventId,
          try !isBefore(other, run)
        else { break }
        previous.append(other)
      }
    }
    settled = name
    guard !following.isEmpty || !previous.isEmpty else { return }
    try gather(name, run, previous: previous.reversed(), following: following)
    try sealAll(before: name)
  }

  /// Whether a segment that comes behind the one of `batch` begins before the batch ends.
  private func begins(_ other: SegmentName, before batch: EventBatch) throws(SinkError) -> Bool {
    guard let last = batch.entries.last?.position, other.firstId <= last.eventId else {
      return false
    }
    guard other.firstId == last.eventId else { return true }
    // It begins with a twin: with one of these, or with one that comes behind them.
    let first = try load(other).positions.first { $0 != nil } ?? nil
    return batch.entries.suffix(64).contains { entry in
      first.map { $0.eventId == last.eventId && $0.agrees(with: entry.position) } ?? false
    }
  }

  private func lastPosition(of name: SegmentName) throws(SinkError) -> Position? {
    if let tail, tail.name == name { return tail.sharedIds.last }
    return try load(name).positions.last { $0 != nil } ?? nil
  }

  private func isBefore(_ other: SegmentName, _ run: BatchRun) throws(SinkError) -> Bool {
    if let tail, tail.name == other, tail.sharedIds.last?.eventId != run.first.eventId { return false }
    let segment = try load(other)
    return Self.split(segment, run) == segment.lines.count
  }

  /// The index of the first line that belongs to the batch `run` or behind it.
  private static func split(_ segment: Segment, _ run: BatchRun) -> Int {
    let first = run.first
    if let own = segment.positions.firstIndex(where: { $0.map { $0.agrees(with: first) } ?? false })
    {
      return own
    }
    return segment.positions.firstIndex {
      $0.map { $0.eventId > first.eventId || $0.eventId == first.eventId && run.ordinal == 0 } ?? false
    } ?? segment.lines.count
  }

  private func gather(
    _ name: SegmentName, _ run: BatchRun, previous: [SegmentName], following: [SegmentName]
  ) throws(SinkError) {
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var steps = Rebuild.Steps()
    var gathered: [(segment: Segment, line: Segment.Line)] = []
    let own = names.contains(sorted: name) ? [name] : []
    for other in previous + own + following {
      let segment = try Segment(other, path: file(other))
      let start = previous.contains(other) ? Self.split(segment, run) : 0
      gathered += segment.lines[start...].map { (segment, $0) }
      let old = plain.contains(sorted: other) ? other.text : other.sealedText
      if start > 0 {
        var kept = try SegmentOutput("\(rebuild.folder)/\(other.text)")
        for line in segment.lines[..<start] { try kept.add(segment.bytes(line)) }
        try kept.finish()
        steps.install.append(other.text)
      }
      if segment.damage != nil || segment.tornBytes > 0 {
        steps.setAside[old] = Rebuild.asideName(old, in: path)
      } else if old != name.text, !steps.install.contains(old) {
        steps.remove.append(old)
      }
    }
    // Segments that overlap may hold an event both: the first of each stays.
    let sorted = gathered.enumerated().sorted { left, right in
      let ids = (left.element.line.position?.eventId, right.element.line.position?.eventId)
      guard let a = ids.0, let b = ids.1, a != b else { return left.offset < right.offset }
      return a < b
    }
    var output = try SegmentOutput("\(rebuild.folder)/\(name.text)")
    var written: Set<Position> = []
    for (_, (segment, line)) in sorted {
      if let position = line.position, !written.insert(position).inserted { continue }
      try output.add(segment.bytes(line))
    }
    try output.finish()
    steps.install.append(name.text)
    try commit(rebuild, steps)
  }
}

/// A segment as it is written, in pieces of a MiB.
struct SegmentOutput {
  private let file: File
  private var buffer: [UInt8] = []
  private var written = 0

  init(_ path: String) throws(SinkError) {
    file = try File(path, O_WRONLY | O_CREAT | O_TRUNC)
  }

  /// Adds a line.
  mutating func add(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
    buffer.append(contentsOf: bytes)
    buffer.append(0x0A)
    if buffer.count >= 1 << 20 { try flush() }
  }

  private mutating func flush() throws(SinkError) {
    let (file, offset) = (file, written)
    let result = buffer.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try file.write(bytes, at: offset) }
    }
    try result.get()
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  mutating func finish() throws(SinkError) {
    try flush()
    try file.sync()
  }
}
