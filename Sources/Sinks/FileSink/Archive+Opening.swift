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
    forgetAll()
    let texts = Set(try Folder.names(in: events))
    for text in texts {
      guard let name = SegmentName(text) else { continue }
      let isPlain = text == name.text
      if isPlain, texts.contains(name.sealedText) {
        // It was packed, and a crash came before it went.
        try Folder.remove("\(events)/\(text)")
        continue
      }
      var status = stat()
      guard stat("\(events)/\(text)", &status) == 0 else { continue }
      names.append(name)
      if isPlain { plain.append(name) }
      setSize(of: name, Int(status.st_size))
    }
    names.sort()
    plain.sort()
  }

  /// Finds the last event held, in the last segment that has one, and cuts off what a crash left behind it.
  func readTail() throws(SinkError) {
    last = nil
    tail = nil
    loaded = nil
    while let name = names.last {
      let segment = try Segment(name, path: file(name))
      if segment.damage != nil {
        try setAside(segment, from: 0)
      } else if let bad = segment.firstBadLine {
        try setAside(segment, from: bad)
      } else if segment.tornBytes > 0 {
        // It was never said to be stored, and comes again.
        try cut(segment, to: segment.byteCount - segment.tornBytes)
      } else if segment.lines.isEmpty {
        try Folder.remove(file(name))
        forget(name)
      } else {
        loaded = segment
        last = segment.lines.last?.position
        return
      }
    }
  }

  /// The segment goes to `superseded/` as it is; what is good in it stays.
  private func setAside(_ segment: Segment, from line: Int) throws(SinkError) {
    let rebuild = Rebuild(path)
    try rebuild.begin()
    var steps = Rebuild.Steps()
    let old = file(segment.name).name
    steps.setAside[old] = Rebuild.asideName(old, in: path)
    if line > 0 {
      var output = try SegmentOutput("\(rebuild.folder)/\(segment.name.text)")
      for line in segment.lines[..<line] { try output.add(segment.bytes(line)) }
      try output.finish()
      steps.install = [segment.name.text]
    }
    try rebuild.commit(steps)
    noteSetAside(steps)
    try readNames()
  }

  private func cut(_ segment: Segment, to count: Int) throws(SinkError) {
    guard plain.contains(sorted: segment.name) else {
      return try setAside(segment, from: segment.lines.count)
    }
    let file = try File("\(events)/\(segment.name.text)", O_WRONLY)
    try file.truncate(to: count)
    try file.sync()
    setSize(of: segment.name, count)
  }
}
