import Compression
import EventPersistence
import Foundation

extension Archive {
  /// For the detail view.
  var facts: [String: String] {
    var facts = [
      "segments": "\(names.count)", "bytes": "\(byteCount)",
      "segment under way": names.last.map { file($0).name } ?? "none",
    ]
    facts["last id"] = last.map { "\($0.eventId)" }
    facts["packed"] = packedText
    if let retired {
      facts["retired"] =
        "\(retired.segments) segments, \(retired.bytes) bytes, through \(retired.through)"
      facts["retained since"] = names.first.map { "\($0.firstId)" }
    }
    if let aside = try? Folder.names(in: "\(path)/superseded").count, aside > 0 {
      facts["set aside"] = "\(aside) files in \(path)/superseded"
    }
    return facts
  }

  /// How far the packed segments are packed, all of them: the head of each file says what it unpacks to. Each
  /// is looked at once.
  private var packedText: String? {
    let sealed = names.filter { !plain.contains(sorted: $0) }
    guard !sealed.isEmpty else { return nil }
    var (raw, packed) = (0, 0)
    for name in sealed {
      if unpackedSizes[name] == nil {
        let head = try? File(file(name), O_RDONLY).contents(Compression.zstdHeadBytes)
        unpackedSizes[name] = head.flatMap(Compression.zstdUnpackedSize)
      }
      guard let size = unpackedSizes[name] else { continue }
      raw += size
      packed += sizes[name] ?? 0
    }
    let ratio = (Double(raw) / Double(max(1, packed)) * 10).rounded() / 10
    return "\(sealed.count) segments, \(ratio) : 1"
  }
}
