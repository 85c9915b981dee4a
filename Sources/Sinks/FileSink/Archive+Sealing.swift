import Compression
import EventPersistence
import Foundation

extension Archive {
  /// Packs the plain segments before `name`: no event is appended to them any more.
  func sealAll(before name: SegmentName) throws(SinkError) {
    guard options.compression == .zstd else { return }
    while let first = plain.first, first < name { try seal(first) }
  }

  /// Packs a segment. At whatever step a crash comes, one whole copy is there, and the next `open` goes on:
  /// the packed one takes its name only once it is on disk, and the plain one goes behind that.
  func seal(_ name: SegmentName) throws(SinkError) {
    guard options.compression == .zstd, plain.contains(sorted: name) else { return }
    if tail?.name == name { tail = nil }
    let plainFile = try File(file(name), O_RDONLY)
    let raw = EventBuffer(capacity: Int(try plainFile.status().st_size))
    raw.fill(try plainFile.read(into: raw.free, at: 0))
    let packed = Compression.zstd.pack(raw.bytes)
    let rebuild = Rebuild(path)
    try rebuild.begin()
    let temporary = "\(rebuild.folder)/\(name.sealedText)"
    let file = try File(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    let result = packed.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try file.write(bytes, at: 0) }
    }
    try result.get()
    try file.sync()
    try Folder.rename(temporary, "\(events)/\(name.sealedText)")
    try Folder.sync(events)
    try Folder.remove("\(events)/\(name.text)")
    plain.remove(sorted: name)
    setSize(of: name, packed.count)
    unpackedSizes[name] = raw.count
  }
}
