import EventPersistence
import Foundation

extension Archive {
  /// The node's folder is not ours to write in.
  static func refuse(_ path: String, inside directory: String?) throws(SinkError) {
    guard let directory else { return }
    let node = real(directory)
    let own = real(path)
    guard own == node || own.hasPrefix(node + "/") else { return }
    throw SinkError(
      .stop, code: "misplaced",
      "\(path) lies in the node's persistence directory \(directory), where nothing of ours may be. "
        + "Choose another path.")
  }

  /// The path without links, as far as it is there.
  private static func real(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    guard path.contains("/"), path != "/" else { return real(".") + "/" + path }
    return real(path.folder) + path[path.lastIndex(of: "/")!...]
  }

  static func take(_ path: String) throws(SinkError) -> FolderLock {
    let lock: FolderLock?
    do throws(StateError) {
      lock = try FolderLock.take(path)
    } catch {
      throw SinkError(.stop, code: "lock", error.message)
    }
    guard let lock else {
      throw SinkError(
        .held, code: "held",
        "Another driver stores in \(path.folder) (it holds \(path)). This one waits until it ends; "
          + "if it should not be there, see `fuser \(path)`.")
    }
    return lock
  }

  /// Lists the segments. Their sizes are looked at, their contents not.
  func readNames() throws(SinkError) {
    names = []
    byteCount = 0
    for text in try Folder.names(in: events) {
      guard let name = SegmentName(text) else { continue }
      var status = stat()
      guard stat("\(events)/\(text)", &status) == 0 else { continue }
      names.append(name)
      byteCount += Int(status.st_size)
    }
    names.sort()
  }

  /// Finds the last event held, in the last segment that has one, and cuts off what a crash left behind it.
  func readTail() throws(SinkError) {
    filling = SegmentRule.Filling()
    tail = nil
    loaded = nil
    while let name = names.last {
      let segment = try Segment(name, path: "\(events)/\(name.text)")
      if let bad = segment.firstBadLine {
        try setAside(segment, from: bad)
      } else if segment.tornBytes > 0 {
        // It was never said to be stored, and comes again.
        try cut(segment, to: segment.byteCount - segment.tornBytes)
      } else if segment.lines.isEmpty {
        try Folder.remove("\(events)/\(name.text)")
        names.removeLast()
      } else {
        try begin(with: segment)
        return
      }
    }
  }

  private func begin(with segment: Segment) throws(SinkError) {
    if segment.name.twin > 0, names.count > 1 {
      let before = names[names.count - 2]
      filling = try Segment(before, path: "\(events)/\(before.text)").filling(rule)
    }
    filling = segment.filling(rule, after: filling)
    loaded = segment
  }

  /// The segment goes to `superseded/` as it is; what is good in it stays.
  private func setAside(_ segment: Segment, from line: Int) throws(SinkError) {
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var steps = Rebuild.Steps()
    steps.setAside[segment.name.text] = Rebuild.asideName(segment.name.text, in: path)
    if line > 0 {
      let file = try File("\(rebuild.folder)/\(segment.name.text)", O_WRONLY | O_CREAT | O_TRUNC)
      let end = segment.lines[line].range.lowerBound
      try file.write(UnsafeRawBufferPointer(rebasing: segment.bytes[..<end]), at: 0)
      try file.sync()
      steps.install = [segment.name.text]
    }
    try rebuild.commit(steps)
    try readNames()
  }

  private func cut(_ segment: Segment, to count: Int) throws(SinkError) {
    let file = try File("\(events)/\(segment.name.text)", O_WRONLY)
    try file.truncate(to: count)
    try file.sync()
    byteCount -= segment.byteCount - count
  }
}

extension Segment {
  /// How full a segment with these lines is, behind what `before` says of the one before it. However its
  /// lines were cut, they are one segment.
  func filling(_ rule: SegmentRule, after before: SegmentRule.Filling = .init())
    -> SegmentRule.Filling
  {
    var filling = before
    filling.events = lines.count
    filling.bytes = lines.last.map { $0.range.upperBound + 1 } ?? 0
    for line in lines { line.position.map { filling.add($0) } }
    filling.run = filling.last.map(rule.run)
    return filling
  }
}
