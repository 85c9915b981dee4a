import Compression
import EventArchive
import EventPersistence
import Foundation

/// The segments of an open archive, and the only code that creates, packs and removes their files.
///
/// Used from one thread. At most two segments and their new forms are in memory.
final class SegmentFolder {
  /// The path of the archive.
  let path: String
  private(set) var list = SegmentList()
  /// Notes of what was set aside.
  var notes: [String] = []
  /// The segment last read.
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
      // It was packed; a crash may have come before the plain one was removed.
      try Folder.remove("\(events)/\(entry.name.text)")
    }
  }

  /// The file of a segment, which may not exist yet.
  func file(_ name: SegmentName) -> String { "\(events)/\(list[name]?.fileName ?? name.text)" }

  func load(_ name: SegmentName) throws(SinkError) -> Segment {
    let span = list.span(of: name)
    if let loaded, loaded.name == name, loaded.span == span { return loaded }
    loaded = nil
    let segment = try Segment(name, path: file(name), span: span)
    loaded = segment
    return segment
  }

  /// Notes that a plain segment was appended to and now has `byteCount` bytes.
  func grew(_ name: SegmentName, to byteCount: Int) {
    if loaded?.name == name { loaded = nil }
    list.put(SegmentList.Entry(name: name, isPacked: false, byteCount: byteCount))
  }

  /// Cuts off everything after the lines of a plain segment, which end at `byteCount`.
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
        // A torn line was never reported as stored, and comes again.
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

  /// Packs a plain segment. After a crash at any step, one whole copy exists and the next `open`
  /// continues: the packed one gets its name only once it is on disk, and the plain one is removed
  /// after that.
  func pack(_ name: SegmentName) throws(SinkError) {
    guard let entry = list[name], !entry.isPacked else { return }
    let plain: EventBuffer = try File(file(name)).contents()
    try pack(name, [plain.bytes])
  }

  /// Packs a segment whose last lines are still in memory: they are never written plain.
  ///
  /// - Parameters:
  ///   - held: how many bytes its plain file has, with what is before these lines; 0 if it has none.
  ///   - lines: places in `buffer`, each with whole lines.
  func pack(
    _ name: SegmentName, after held: Int, _ lines: [Range<Int>], of buffer: EventBuffer
  ) throws(SinkError) {
    let plain = held == 0 ? nil : EventBuffer(try File(file(name)).contents(held))
    guard plain?.count ?? 0 == held else { throw .file(file(name), "read", EIO) }
    let new = lines.map { UnsafeRawBufferPointer(rebasing: buffer.bytes[$0]) }
    try pack(name, (plain.map { [$0.bytes] } ?? []) + new)
    if loaded?.name == name { loaded = nil }
  }

  private func pack(
    _ name: SegmentName, _ parts: [UnsafeRawBufferPointer]
  ) throws(SinkError) {
    let rebuild = Rebuild(path)
    try rebuild.begin()
    let (packed, unpackedByteCount) = Self.packed(parts)
    let file = try File.new("\(rebuild.folder)/\(name.packedText)")
    let written = packed.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try file.write(bytes) }
    }
    try written.get()
    try file.sync()
    try Folder.rename(file.path, "\(events)/\(name.packedText)")
    try Folder.sync(events)
    try Folder.remove("\(events)/\(name.text)")
    list.put(
      SegmentList.Entry(
        name: name, isPacked: true, byteCount: packed.count,
        unpackedByteCount: unpackedByteCount))
  }

  /// The bytes of `parts`, one after another, packed as one frame. The library is faster when
  /// all of them are in one place, by more than copying them there takes.
  private static func packed(
    _ parts: [UnsafeRawBufferPointer]
  ) -> (bytes: [UInt8], unpackedByteCount: Int) {
    if parts.count == 1 { return (Compression.zstd.pack(parts[0]), parts[0].count) }
    let whole = EventBuffer(joining: parts)
    return (Compression.zstd.pack(whole.bytes), whole.count)
  }

  /// Unpacks a segment, to append to it.
  func unpack(_ name: SegmentName) throws(SinkError) {
    let segment = try load(name)
    try replace(
      [Old(segment.name, isSetAside: segment.damage != nil)], with: [(name, segment.lines[...])])
  }

  /// A segment that others replace.
  struct Old {
    var name: SegmentName
    /// Whether it has lines that they lack: then it goes to `superseded/`.
    var isSetAside: Bool

    init(_ name: SegmentName, isSetAside: Bool) {
      self.name = name
      self.isSetAside = isSetAside
    }
  }

  /// Replaces old segments with new plain ones, all or none of them; does not make one without
  /// lines.
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
        steps.setAside[fileName] = try Superseded(path).freeName(fileName)
      } else if !steps.install.contains(fileName) {
        steps.remove.append(fileName)
      }
    }
    try rebuild.commit(steps)
    for segment in old { list.remove(segment.name) }
    for entry in added { list.put(entry) }
    for (name, aside) in steps.setAside.sorted(by: { $0.key < $1.key }) {
      notes.append(
        "set aside \(events)/\(name), which was damaged or differed from the log: it is "
          + "\(path)/superseded/\(aside) now")
    }
  }

  /// Moves what is held after `position` to `superseded/`, the last segment first, so that the rest
  /// is whole at every step. With nil, everything.
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
      // After a crash here the others are in both places, and are moved again.
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

  /// The compression ratio of all packed segments: the header of each file has its unpacked size.
  /// Each is read once.
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
