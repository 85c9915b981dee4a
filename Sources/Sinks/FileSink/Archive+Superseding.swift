import EventPersistence
import Foundation

extension Archive {
  /// The first event of the segment that `position` lies in, of the archive at `path`. Looks at names and
  /// one line, and takes nothing: the archive may be another driver's.
  static func segmentStart(of position: Position, in path: String) throws(SinkError) -> Position? {
    let events = "\(path)/events"
    guard Folder.exists(events) else { return nil }
    let names = try Folder.names(in: events).compactMap(SegmentName.init).sorted()
    guard let index = names.lastIndex(where: { $0.firstId <= position.eventId }) else { return nil }
    let name = names[index]
    let first = try Segment.first(name, path: "\(events)/\(name.text)")?.position
    // A twin of the position may stand in the segment before.
    if name.twin > 0, name.firstId == position.eventId, index > 0, let first,
      !first.agrees(with: position)
    {
      return try Segment.first(names[index - 1], path: "\(events)/\(names[index - 1].text)")?
        .position
    }
    return first
  }

  /// The last event of an id below `id`, of the archive at `path`. Reads one segment, and takes nothing.
  static func position(before id: UInt64, in path: String) throws(SinkError) -> Position? {
    let events = "\(path)/events"
    guard Folder.exists(events) else { return nil }
    let names = try Folder.names(in: events).compactMap(SegmentName.init).sorted()
    for name in names.reversed() where name.firstId < id {
      let segment = try Segment(name, path: "\(events)/\(name.text)")
      if let last = segment.positions.last(where: { $0.map { $0.eventId < id } ?? false }) {
        return last
      }
    }
    return nil
  }

  /// Moves what is held behind `position` to `superseded/`, the last segment first, so that what is left
  /// is whole whenever that ends.
  func supersede(after position: Position?) throws(SinkError) {
    try Folder.make("\(path)/superseded")
    while let name = names.last {
      let file = "\(events)/\(name.text)"
      let segment = try Segment(name, path: file)
      let cut = segment.lines.lastIndex { line in
        guard let line = line.position, let position else { return false }
        return line.eventId < position.eventId || line.agrees(with: position)
      }
      let aside = Rebuild.asideName(name.text, in: path)
      guard let cut else {
        try Folder.rename(file, "\(path)/superseded/\(aside)")
        names.removeLast()
        continue
      }
      guard cut + 1 < segment.lines.count else { break }
      let end = segment.lines[cut].range.upperBound + 1
      let rest = try File("\(path)/superseded/\(aside)", O_WRONLY | O_CREAT | O_EXCL)
      try rest.write(UnsafeRawBufferPointer(rebasing: segment.bytes[end...]), at: 0)
      try rest.sync()
      try Folder.sync("\(path)/superseded")
      let kept = try File(file, O_WRONLY)
      try kept.truncate(to: end)
      try kept.sync()
      break
    }
    try Folder.sync("\(path)/superseded")
    try Folder.sync(events)
    try Span.remove(path)
  }
}

extension Segment {
  /// A segment's first line, read alone: its position, and its bytes with the line feed. Nil where it is no
  /// event.
  static func first(_ name: SegmentName, path: String) throws(SinkError)
    -> (position: Position, bytes: Int)?
  {
    let file = try File(path, O_RDONLY)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let result = buffer.withUnsafeMutableBytes { bytes in
        Result { () throws(SinkError) in try file.read(into: bytes, at: 0) }
      }
      let count = try result.get()
      if let end = buffer[..<count].firstIndex(of: 0x0A) {
        return buffer[..<end].withUnsafeBytes { Position(json: $0) }.map { ($0, end + 1) }
      }
      guard count == buffer.count else { return nil }
      buffer = [UInt8](repeating: 0, count: buffer.count * 4)
    }
  }
}
