internal import EventPersistence
import Foundation

/// The INI file that the AWS tools share.
enum SharedCredentialsFile {
  /// A bound, so that a wrong path does not fill the memory.
  static let byteCountMax = 1 << 20

  static func path(environment: [String: String]) -> String {
    if let path = environment["AWS_SHARED_CREDENTIALS_FILE"], !path.isEmpty { return path }
    return "\(environment["HOME"] ?? NSHomeDirectory())/.aws/credentials"
  }

  /// The text of a file; nil if it is none, or too long.
  static func text(of path: String) -> String? {
    (try? OpenFile(path).content(bytesMax: byteCountMax)).flatMap {
      String(bytes: $0, encoding: .utf8)
    }
  }

  /// The entries of `[name]`; nil if there is no such section.
  static func profile(_ name: String, in text: String) -> [String: String]? {
    var entries: [String: String]?
    var isInside = false
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("[") {
        isInside =
          line.dropFirst().prefix { $0 != "]" }.trimmingCharacters(in: .whitespaces) == name
        if isInside, entries == nil { entries = [:] }
      } else if isInside, let equals = line.firstIndex(of: "=") {
        let key = line[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
        entries?[key] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      }
    }
    return entries
  }
}
