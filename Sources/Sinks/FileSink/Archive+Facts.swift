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
    if sealing.count > 0 {
      let ratio = (Double(sealing.raw) / Double(max(1, sealing.packed)) * 10).rounded() / 10
      facts["packed"] = "\(sealing.count) segments since the start, \(ratio) : 1"
    }
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
}
