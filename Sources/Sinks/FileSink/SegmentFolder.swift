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
  private var packer: FramePacker?

  private var events: String { "\(path)/events" }

  /// Lists the segments; finishes what a crash interrupted.
  init(_ path: String) throws(SinkError) {
    self.path = path
    try Folder.make("\(path)/events")
    try Folder.sync(path)
    try Rebuild(path).finish()
    list = try SegmentList(in: events)
    // A driver that was ended may have begun one of them just before.
    try Folder.sync(events)
    for entry in list.entries where entry.isPacked {
      // It was packed; a crash may have come before the plain one was removed.
      try Folder.remove("\(events)/\(entry.name.text)")
    }
  }

  func file(_ name: SegmentName) -> String { "\(events)/\(list[name]?.fileName ?? name.text)" }

  /// The file of a segment that does not exist yet.
  func newFile(_ name: SegmentName, isPacked: Bool) -> String {
    "\(events)/\(isPacked ? name.packedText : name.text)"
  }

  func load(_ name: SegmentName) throws(SinkError) -> Segment {
    let span = list.span(of: name)
    if let loaded, loaded.name == name, loaded.span == span { return loaded }
    loaded = nil
    let segment = try Segment(name, path: file(name), span: span)
    loaded = segment
    return segment
  }

  func unload() { loaded = nil }

  /// Notes that a segment was written and now has `byteCount` bytes, of these frames if it is packed.
  func changed(_ name: SegmentName, byteCount: Int, _ packed: ZstandardFile?) {
    if loaded?.name == name { loaded = nil }
    list.put(
      SegmentList.Entry(
        name: name, isPacked: packed != nil,
        lacksTable: packed.map { $0.frames.count > 1 && !$0.hasTable } ?? false,
        byteCount: byteCount, unpackedByteCount: packed?.unpackedByteCount))
  }

  /// Cuts off everything after the whole lines or frames of a segment, which end at `byteCount`.
  private func cut(_ segment: Segment, to byteCount: Int) throws(SinkError) {
    let file = try File.toWrite(file(segment.name))
    try file.truncate(to: byteCount)
    try file.sync()
    changed(segment.name, byteCount: byteCount, segment.packed)
  }

  /// Finds the last event held, in the last segment that has one, and cuts off what a crash left after it.
  func repairEnd() throws(SinkError) -> Position? {
    while let entry = list.last {
      let segment = try load(entry.name)
      let good = segment.lines[..<(segment.firstBadLine ?? segment.lines.count)]
      if segment.isWhole, good.count == segment.lines.count {
        guard let last = good.last else {
          try remove(entry.name)
          continue
        }
        if let packed = segment.packed {
          changed(entry.name, byteCount: entry.byteCount, packed)
          loaded = segment
        }
        return last.position
      } else if segment.damage == nil, good.count == segment.lines.count, let end = segment.end {
        // What is torn was never reported as stored, and comes again.
        try cut(segment, to: end)
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

  /// Packs a segment that is complete, or writes the table of one whose frames are there already.
  func pack(_ name: SegmentName) throws(SinkError) {
    guard let entry = list[name], entry.isUnfinished else { return }
    guard entry.isPacked else {
      return try pack(name, through: entry.byteCount, [], isLast: true)
    }
    let bytes: [UInt8] = try File(file(name)).contents(entry.byteCount)
    guard var packed = bytes.withUnsafeBytes({ ZstandardFile($0) }), packed.byteCount == bytes.count
    else { return }
    let file = try File.toWrite(file(name))
    try file.close(&packed)
    try file.sync()
    changed(name, byteCount: packed.byteCount, packed)
  }

  /// Packs a plain segment together with lines that are still in memory: these are never written plain.
  /// After a crash at any step, one whole copy exists and the next `open` continues: the packed one
  /// gets its name only once it is on disk, and the plain one is removed after that.
  ///
  /// - Parameters:
  ///   - held: how many bytes its plain file has.
  ///   - lines: what comes after them.
  ///   - isLast: whether it is complete with these.
  func pack(
    _ name: SegmentName, through held: Int, _ lines: [UnsafeRawBufferPointer], isLast: Bool
  ) throws(SinkError) {
    let rebuild = Rebuild(path)
    try rebuild.begin()
    let (plain, packer) = (try File(file(name)), framePacker())
    let file = try File.new("\(rebuild.folder)/\(name.packedText)")
    var packed = ZstandardFile()
    var rest = lines[...]
    let byteCount = lines.reduce(held) { $0 + $1.count }
    // Frames end at the same bytes, however many of these are in memory.
    while packed.unpackedByteCount < byteCount {
      let offset = packed.unpackedByteCount
      let piece = EventBuffer(capacity: min(Self.frameBytes, byteCount - offset))
      if offset < held {
        let room = piece.free[..<min(held - offset, piece.capacity)]
        piece.fill(
          try plain.read(into: UnsafeMutableRawBufferPointer(rebasing: room), from: offset))
        guard piece.count > 0 else { throw .file(plain.path, "read", EIO) }
      }
      while offset + piece.count >= held, !piece.free.isEmpty, let next = rest.popFirst() {
        let taken = min(next.count, piece.free.count)
        piece.append(UnsafeRawBufferPointer(rebasing: next[..<taken]))
        if taken < next.count {
          rest = [UnsafeRawBufferPointer(rebasing: next[taken...])] + rest
        }
      }
      try file.append([piece.bytes], to: &packed, packer)
      withExtendedLifetime(piece) {}
    }
    if isLast { try file.close(&packed) }
    try file.sync()
    try Folder.rename(file.path, "\(events)/\(name.packedText)")
    try Folder.sync(events)
    try Folder.remove(plain.path)
    changed(name, byteCount: packed.byteCount, packed)
  }

  /// How much of a plain segment is packed as one frame.
  private static let frameBytes = 2 << 20

  /// What packs frames, until `releasePacker`.
  func framePacker() -> FramePacker {
    if let packer { return packer }
    let new = FramePacker()
    packer = new
    return new
  }

  func releasePacker() { packer = nil }

  /// Unpacks a segment that grows, one of its frames after another, to append to it.
  func unpack(_ name: SegmentName, _ packed: ZstandardFile) throws(SinkError) {
    let rebuild = Rebuild(path)
    try rebuild.begin()
    let old = try File(file(name))
    let new = try File.new("\(rebuild.folder)/\(name.text)")
    var end = 0
    for frame in packed.frames {
      let bytes: [UInt8] = try old.contents(frame.byteCount, from: frame.offset)
      let lines: EventBuffer
      do throws(CompressionError) {
        let unpacked = try EventBuffer.unpacking(bytes, limit: Segment.bytesMax)
        if let damage = unpacked.damage { throw damage }
        lines = unpacked.buffer
      } catch {
        throw SinkError(
          .retry, code: "damaged",
          "\(old.path) was changed while it grew: at byte \(frame.offset), \(error). hydra-sinks "
            + "opens \(path) again.")
      }
      try new.write(lines.bytes, at: end)
      end += lines.count
    }
    try new.sync()
    var steps = Rebuild.Steps()
    steps.install = [name.text]
    steps.remove = [name.packedText]
    try rebuild.commit(steps)
    changed(name, byteCount: end, nil)
  }

  /// Unpacks a complete segment, to append to it.
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
        try cut(segment, to: lines.last!.range.upperBound + 1)
      }
      break
    }
    try superseded.sync()
    try Folder.sync(events)
  }

  // MARK: - Facts

  /// The compression ratio of all packed segments: the seek table of each file has its unpacked size, or
  /// the header of its only frame. Each is read once.
  func packedText() -> String? {
    var (count, raw, packed) = (0, 0, 0)
    for var entry in list.entries where entry.isPacked {
      count += 1
      if entry.unpackedByteCount == nil {
        entry.unpackedByteCount = try? unpackedByteCount(of: entry)
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

  private func unpackedByteCount(of entry: SegmentList.Entry) throws(SinkError) -> Int? {
    let file = try File(file(entry.name))
    let tail = try file.contents(Self.tailBytes, from: max(0, entry.byteCount - Self.tailBytes))
    let head = try file.contents(Compression.zstdHeadBytes)
    return tail.withUnsafeBytes { ZstandardFile.unpackedByteCount(inTableOf: $0) }
      ?? head.withUnsafeBytes { Compression.zstdUnpackedSize($0) }
  }

  /// The seek table of a segment of 1 GiB in frames of 256 KiB has 32.8 KB.
  private static let tailBytes = 64 << 10
}
