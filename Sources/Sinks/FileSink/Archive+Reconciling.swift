import EventPersistence
import Foundation

extension Archive {
  /// Compares entries that are not behind all that is held with what is there, and repairs what differs.
  ///
  /// Where all of it is there, nothing is written. Costs reading the segments that the entries belong to,
  /// each once for a replay that goes through them.
  func reconcile(_ batch: EventBatch, _ range: Range<Int>) throws(SinkError) {
    var rest = range
    // The last segment that begins before the first entry, or nothing: then it comes before them all.
    var index = names.lastIndex { $0.firstId < batch.entries[rest.lowerBound].position.eventId }
    if index == nil, names.first?.firstId == batch.entries[rest.lowerBound].position.eventId {
      index = 0
    }
    while !rest.isEmpty {
      let end = try endOfStretch(batch, rest, at: index)
      var segment: Segment?
      if let index, end > rest.lowerBound { segment = try load(index) }
      let isSame = merge(segment, batch, rest.lowerBound..<end).isSame
      let isLast = end == rest.upperBound
      let endsRight = isLast ? true : try isEndOfSegment(index)
      guard isSame, endsRight else {
        try rebuild(from: index ?? 0, batch, rest)
        return
      }
      rest = end..<rest.upperBound
      index = index.map { $0 + 1 } ?? 0
    }
  }

  /// Where the entries end that belong into the segment at `index`, or, with nil, before the first one.
  private func endOfStretch(_ batch: EventBatch, _ range: Range<Int>, at index: Int?)
    throws(SinkError) -> Int
  {
    let following = index.map { $0 + 1 } ?? 0
    guard following < names.count else { return range.upperBound }
    let next = names[following]
    let entries = batch.entries[range]
    let end = entries.firstIndex { $0.position.eventId >= next.firstId } ?? range.upperBound
    guard next.twin > 0 else { return end }
    // The twins before the one that the next segment begins with are still here.
    let twins = entries[end...].prefix { $0.position.eventId == next.firstId }
    if let first = try Segment.first(next, path: "\(events)/\(next.text)")?.position {
      return twins.firstIndex { first.agrees(with: $0.position) } ?? twins.endIndex
    }
    // It is damaged: those that are here now belong here.
    guard let index else { return end }
    let held = try load(index).lines.suffix(next.twin).compactMap(\.position)
    return twins.firstIndex { entry in !held.contains { $0.agrees(with: entry.position) } }
      ?? twins.endIndex
  }

  /// Whether the segment behind the one at `index` begins where it should, as seen from an event that comes
  /// for it: then all before it has come.
  private func isEndOfSegment(_ index: Int?) throws(SinkError) -> Bool {
    guard let index, index + 1 < names.count else { return true }
    let next = names[index + 1]
    guard let first = try Segment.first(next, path: "\(events)/\(next.text)") else { return true }
    let segment = try load(index)
    var filling = SegmentRule.Filling()
    filling.lastTwins = Array(
      repeating: Position(eventId: segment.name.firstId), count: segment.name.twin)
    filling = segment.filling(rule, after: filling)
    return rule.begins(first.position, bytes: first.bytes, &filling) && filling.name == next
  }

  private func load(_ index: Int) throws(SinkError) -> Segment {
    let name = names[index]
    if let loaded, loaded.name == name, index < names.count - 1 || loaded.byteCount == filling.bytes
    {
      return loaded
    }
    let segment = try Segment(name, path: "\(events)/\(name.text)")
    loaded = segment
    return segment
  }

  private func merge(_ segment: Segment?, _ batch: EventBatch, _ range: Range<Int>) -> Merge {
    let entries = batch.entries
    return Merge(
      held: segment?.positions ?? [], events: entries[range].map(\.position)[...]
    ) { line, event in
      let entry = entries[range.lowerBound + event]
      let held = segment!.bytes(segment!.lines[line])
      let isEqual =
        held.count == entry.length
        && memcmp(held.baseAddress!, batch.buffer.bytes.baseAddress! + entry.offset, held.count)
          == 0
      return isEqual || entry.isDerived && Self.isJSON(held)
    }
  }

  /// Whether all of a line is JSON: its position alone tells little of the rest.
  private static func isJSON(_ line: UnsafeRawBufferPointer) -> Bool {
    let data = Data(
      bytesNoCopy: UnsafeMutableRawPointer(mutating: line.baseAddress!), count: line.count,
      deallocator: .none)
    return (try? JSONSerialization.jsonObject(with: data)) != nil
  }

  // MARK: - Rebuilding

  /// Writes the segments anew from `index` on, with the entries among their lines, through the one that the
  /// last entry belongs into. Where the next one should begin elsewhere, that is seen to once its own
  /// events come: so a batch costs a few segments, and the last one leaves all as it should be.
  private func rebuild(from index: Int, _ batch: EventBatch, _ range: Range<Int>)
    throws(SinkError)
  {
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var output = Output(rule: rule, folder: rebuild.folder)
    var steps = Rebuild.Steps()
    var replaced: [String] = []
    var rest = range
    var index = index
    if index == 0 {
      // Entries before all that is held are a stretch of their own.
      let end = try endOfStretch(batch, rest, at: nil)
      for entry in batch.entries[rest.lowerBound..<end] { try output.add(batch, entry) }
      rest = end..<rest.upperBound
    }
    while index < names.count {
      let name = names[index]
      // A new segment of the same name would take this one's place, and its lines with it.
      if rest.isEmpty, !output.names.isEmpty, !output.names.contains(name.text) { break }
      let end = try endOfStretch(batch, rest, at: index)
      let segment = try load(index)
      let merge = merge(segment, batch, rest.lowerBound..<end)
      if output.filling.last == nil { output.twinsBefore = name.twin }
      for piece in merge.pieces {
        switch piece {
        case .held(let line): try output.add(segment, segment.lines[line])
        case .event(let event): try output.add(batch, batch.entries[rest.lowerBound + event])
        }
      }
      // A merge that changes nothing ends with its last event; the lines behind it stay, too.
      if merge.isSame {
        for line in segment.lines[merge.pieces.count...] { try output.add(segment, line) }
      }
      replaced.append(name.text)
      if merge.dropsHeld {
        steps.setAside[name.text] = Rebuild.asideName(name.text, in: path)
      }
      rest = end..<rest.upperBound
      index += 1
    }
    try output.finish()
    steps.install = output.names.reversed()
    steps.remove = replaced.filter { !output.names.contains($0) && steps.setAside[$0] == nil }
    try rebuild.commit(steps)
    try readNames()
    try readTail()
  }

  /// New segments as they are written.
  private struct Output {
    let rule: SegmentRule
    let folder: String
    var filling = SegmentRule.Filling()
    /// How many events with the first one's id stand in segments before.
    var twinsBefore = 0
    var names: [String] = []
    private var file: File?
    private var buffer: [UInt8] = []
    private var written = 0

    init(rule: SegmentRule, folder: String) {
      self.rule = rule
      self.folder = folder
    }

    mutating func add(_ batch: EventBatch, _ entry: EventBatch.Entry) throws(SinkError) {
      try add(
        UnsafeRawBufferPointer(
          rebasing: batch.buffer.bytes[entry.offset..<entry.offset + entry.length]),
        entry.position)
    }

    mutating func add(_ segment: Segment, _ line: Segment.Line) throws(SinkError) {
      try add(segment.bytes(line), line.position)
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ position: Position?)
      throws(SinkError)
    {
      let isFirst = filling.last == nil
      // A damaged line that nobody asked about stays where it is.
      if let position, rule.begins(position, bytes: bytes.count + 1, &filling) {
        if isFirst, twinsBefore > 0 {
          filling.lastTwins = Array(repeating: position, count: twinsBefore + 1)
        }
        try finish()
        names.append(filling.name.text)
        file = try File("\(folder)/\(filling.name.text)", O_WRONLY | O_CREAT | O_TRUNC)
        written = 0
      } else if position == nil {
        filling.bytes += bytes.count + 1
      }
      buffer.append(contentsOf: bytes)
      buffer.append(0x0A)
      if buffer.count >= 1 << 20 { try flush() }
    }

    private mutating func flush() throws(SinkError) {
      guard let file, !buffer.isEmpty else { return }
      let offset = written
      let result = buffer.withUnsafeBytes { bytes in
        Result { () throws(SinkError) in try file.write(bytes, at: offset) }
      }
      try result.get()
      written += buffer.count
      buffer.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws(SinkError) {
      try flush()
      try file?.sync()
    }
  }
}
