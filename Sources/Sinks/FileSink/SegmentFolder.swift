import Compression
import EventArchive
import EventPersistence
import Foundation

/// The segments of an archive that is open, and the only code that puts their files in place, packs them and
/// takes them away.
///
/// Used from one thread. At most two segments are in memory, and what becomes of them.
final class SegmentFolder {
  /// Of the archive.
  let path: String
  private(set) var list = SegmentList()
  /// What was set aside, to be told.
  var notes: [String] = []
  /// The segment that was read last.
  private var loaded: Segment?

  private var events: String { "\(path)/events" }

  /// Lists the segments; finishes what a crash interrupted.
  init(_ path: String) throws(SinkError) {
    self.path = path
    try Folder.make("\(path)/events")
    try Folder.sync(path)
    try Rebuild(path).finish()
    list = try SegmentList(in: events)
    for entry in list.entries where entry.isPacked {
      // It was packed, and a crash may have come before the plain one went.
      try Folder.remove("\(events)/\(entry.name.text)")
    }
  }

  /// The file of a segment, which may be a new one.
  func file(_ name: SegmentName) -> String { "\(events)/\(list[name]?.fileName ?? name.text)" }

  func load(_ name: SegmentName) throws(SinkError) -> Segment {
    let span = list.span(of: name)
    if let loaded, loaded.name == name, loaded.span == span { return loaded }
    loaded = nil
    let segment = try Segment(name, path: file(name), span: span)
    loaded = segment
    return segment
  }

  /// Takes note that a plain segment was appended to, and has `byteCount` bytes now.
  func grew(_ name: SegmentName, to byteCount: Int) {
    if loaded?.name == name { loaded = nil }
    list.put(SegmentList.Entry(name: name, isPacked: false, byteCount: byteCount))
  }

  /// Cuts off what stands after the lines of a plain segment that end at `byteCount`.
  func cut(_ name: SegmentName, to byteCount: Int) throws(SinkError) {
    let file = try File.toWrite(file(name))
    try file.truncate(to: byteCount)
    try file.sync()
    grew(name, to: byteCount)
  }

  /// Finds the last event held, in the last segment that has one, and cuts off what a crash left after it.
  func repairEnd() throws(SinkError) -> Position? {
    while let entry = list.last {
      let segment = try load(entry.name)
      let good = segment.lines[..<(segment.firstBadLine ?? segment.lines.count)]
      if segment.isWhole, good.count == segment.lines.count {
        if let last = good.last { return last.position }
        try remove(entry.name)
      } else if segment.damage == nil, good.count == segment.lines.count, !entry.isPacked {
        // What is torn was never said to be stored, and comes again.
        try cut(entry.name, to: good.last.map { $0.range.upperBound + 1 } ?? 0)
      } else {
        try replace([Old(entry.name, isSetAside: true)], with: [(entry.name, good)])
      }
    }
    return nil
  }

  func remove(_ name: SegmentName) throws(SinkError) {
    try Folder.remove(file(name))
    try Folder.sync(events)
    forget(name)
  }

  private func forget(_ name: SegmentName) {
    list.remove(name)
    if loaded?.name == name { loaded = nil }
  }

  /// Packs a plain segment. At whatever step a crash comes, one whole copy is there, and the next `open` goes
  /// on: the packed one takes its name only once it is on disk, and the plain one goes after that.
  func pack(_ name: SegmentName) throws(SinkError) {
    guard let entry = list[name], !entry.isPacked else { return }
    let raw: EventBuffer = try File(file(name)).contents()
    let packed = Compression.zstd.pack(raw.bytes)
    let rebuild = Rebuild(path)
    try rebuild.begin()
    let file = try File.new("\(rebuild.folder)/\(name.packedText)")
    let result = packed.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try file.write(bytes) }
    }
    try result.get()
    try file.sync()
    try Folder.rename(file.path, "\(events)/\(name.packedText)")
    try Folder.sync(events)
    try Folder.remove("\(events)/\(name.text)")
    list.put(
      SegmentList.Entry(
        name: name, isPacked: true, byteCount: packed.count, unpackedByteCount: raw.count))
  }

  /// Makes a packed segment a plain one, to append to.
  func unpack(_ name: SegmentName) throws(SinkError) {
    let segment = try load(name)
    try replace(
      [Old(segment.name, isSetAside: segment.damage != nil)], with: [(name, segment.lines[...])])
  }

  /// A segment that others take the place of.
  struct Old {
    var name: SegmentName
    /// Whether it has more than these: then it goes to `superseded/`.
    var isSetAside: Bool

    init(_ name: SegmentName, isSetAside: Bool) {
      self.name = name
      self.isSetAside = isSetAside
    }
  }

  /// Puts new plain segments in the place of old ones, all or none of them; one without lines is not made.
  func replace(
    _ old: [Old], with new: [(name: SegmentName, lines: ArraySlice<ArchiveLine>)]
  ) throws(SinkError) {
    loaded = nil
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var steps = Rebuild.Steps()
    var added: [SegmentList.Entry] = []
    for (name, lines) in new where !lines.isEmpty {
      let byteCount = try SegmentOutput.write(lines, to: "\(rebuild.folder)/\(name.text)")
      steps.install.append(name.text)
      added.append(SegmentList.Entry(name: name, isPacked: false, byteCount: byteCount))
    }
    for segment in old {
      guard let fileName = list[segment.name]?.fileName else { continue }
      if segment.isSetAside {
        steps.setAside[fileName] = Superseded(path).freeName(fileName)
      } else if !steps.install.contains(fileName) {
        steps.remove.append(fileName)
      }
    }
    try rebuild.commit(steps)
    for segment in old { list.remove(segment.name) }
    for entry in added { list.put(entry) }
    for (name, aside) in steps.setAside.sorted(by: { $0.key < $1.key }) {
      notes.append(
        "set aside \(events)/\(name), which was damaged or held something else than the log: it is "
          + "\(path)/superseded/\(aside) now")
    }
  }

  /// Moves what is held after `position` to `superseded/`, the last segment first, so that what is left is
  /// whole whenever that ends. With nil, everything.
  func supersede(after position: Position?) throws(SinkError) {
    let superseded = Superseded(path)
    try superseded.make()
    while let entry = list.last {
      let segment = try load(entry.name)
      let kept = segment.lines.lastIndex { line in
        guard let line = line.position, let position else { return false }
        return line.eventId < position.eventId || line.agrees(with: position)
      }
      guard let kept else {
        try superseded.move(file(entry.name))
        forget(entry.name)
        continue
      }
      let lines = segment.lines[...kept]
      guard lines.count < segment.lines.count else { break }
      // Where a crash comes between, the others are in both places, and go again.
      try superseded.add(segment.lines[(kept + 1)...], as: entry.name.text)
      if entry.isPacked {
        try replace([Old(entry.name, isSetAside: false)], with: [(entry.name, lines)])
      } else {
        try cut(entry.name, to: lines.last!.range.upperBound + 1)
      }
      break
    }
    try superseded.sync()
    try Folder.sync(events)
  }

  // MARK: - Facts

  /// How far the packed segments are packed, all of them: the head of each file says what it unpacks to. Each
  /// is looked at once.
  func packedText() -> String? {
    var (count, raw, packed) = (0, 0, 0)
    for var entry in list.entries where entry.isPacked {
      count += 1
      if entry.unpackedByteCount == nil {
        let head: [UInt8]? = try? File(file(entry.name)).contents(Compression.zstdHeadBytes)
        entry.unpackedByteCount = head.flatMap(Compression.zstdUnpackedSize)
        list.put(entry)
      }
      guard let size = entry.unpackedByteCount else { continue }
      raw += size
      packed += entry.byteCount
    }
    guard count > 0 else { return nil }
    let ratio = (Double(raw) / Double(max(1, packed)) * 10).rounded() / 10
    return "\(count) segments, \(ratio) : 1"
  }
}
