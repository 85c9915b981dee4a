import EventPersistence
import Foundation

extension Archive {
  /// The first event of the segment that `position` lies in, of the archive at `path`. Looks at names and
  /// one segment, and takes nothing: the archive may be another driver's.
  static func segmentStart(of position: Position, in path: String) throws(SinkError) -> Position? {
    let files = try segments(in: path)
    guard let index = files.lastIndex(where: { $0.name.firstId <= position.eventId }) else {
      return nil
    }
    let (name, file) = files[index]
    let first = try first(name, file)
    // A twin of the position may stand in the segment before.
    if name.ordinal > 0, name.firstId == position.eventId, index > 0, let first,
      !first.agrees(with: position)
    {
      return try Self.first(files[index - 1].name, files[index - 1].file)
    }
    return first
  }

  /// The last event of an id below `id`, of the archive at `path`. Reads one segment, and takes nothing.
  static func position(before id: UInt64, in path: String) throws(SinkError) -> Position? {
    for (name, file) in try segments(in: path).reversed() where name.firstId < id {
      let segment = try Segment(name, path: file)
      if let last = segment.positions.last(where: { $0.map { $0.eventId < id } ?? false }) {
        return last
      }
    }
    return nil
  }

  /// The segments of the archive at `path`, in log order, each with its file; of a plain and a packed one
  /// the packed.
  static func segments(in path: String) throws(SinkError) -> [(name: SegmentName, file: String)] {
    let events = "\(path)/events"
    guard Folder.exists(events) else { return [] }
    var files: [SegmentName: String] = [:]
    for text in try Folder.names(in: events) {
      guard let name = SegmentName(text) else { continue }
      if files[name] == nil || text == name.sealedText { files[name] = "\(events)/\(text)" }
    }
    return files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func first(_ name: SegmentName, _ file: String) throws(SinkError) -> Position? {
    if file.hasSuffix(SegmentName.sealedSuffix) {
      return try Segment(name, path: file).positions.first ?? nil
    }
    return try Segment.first(file)
  }

  /// Moves what is held behind `position` to `superseded/`, the last segment first, so that what is left
  /// is whole whenever that ends.
  func supersede(after position: Position?) throws(SinkError) {
    try Folder.make("\(path)/superseded")
    while let name = names.last {
      let file = file(name)
      let segment = try Segment(name, path: file)
      let cut = segment.lines.lastIndex { line in
        guard let line = line.position, let position else { return false }
        return line.eventId < position.eventId || line.agrees(with: position)
      }
      guard let cut else {
        let aside = Rebuild.asideName(file.name, in: path)
        try Folder.rename(file, "\(path)/superseded/\(aside)")
        forget(name)
        continue
      }
      guard cut + 1 < segment.lines.count else { break }
      try supersede(segment, behind: cut)
      break
    }
    try Folder.sync("\(path)/superseded")
    try Folder.sync(events)
    try ThroughMark.remove(path)
  }
}

extension Archive {
  /// Moves the lines behind the one at `cut` to `superseded/`. Where a crash comes between, they are in both
  /// places, and go again.
  private func supersede(_ segment: Segment, behind cut: Int) throws(SinkError) {
    let name = segment.name
    let aside = Rebuild.asideName(name.text, in: path)
    var rest = try SegmentOutput("\(path)/superseded/\(aside)")
    for line in segment.lines[(cut + 1)...] { try rest.add(segment.bytes(line)) }
    try rest.finish()
    try Folder.sync("\(path)/superseded")
    guard !plain.contains(sorted: name) else {
      let kept = try File(file(name), O_WRONLY)
      try kept.truncate(to: segment.lines[cut].range.upperBound + 1)
      try kept.sync()
      return
    }
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var kept = try SegmentOutput("\(rebuild.folder)/\(name.text)")
    for line in segment.lines[...cut] { try kept.add(segment.bytes(line)) }
    try kept.finish()
    try rebuild.commit(Rebuild.Steps(install: [name.text], remove: [name.sealedText]))
  }
}

extension Segment {
  /// The position of a plain segment's first line, read alone. Nil where it is no event.
  static func first(_ path: String) throws(SinkError) -> Position? {
    let file = try File(path, O_RDONLY)
    var count = 1 << 16
    while true {
      let bytes = try file.contents(count)
      if let end = bytes.firstIndex(of: 0x0A) {
        return bytes[..<end].withUnsafeBytes { Position(json: $0) }
      }
      guard bytes.count == count else { return nil }
      count *= 4
    }
  }
}
