/// The name of a segment file: the id of its first event in 20 digits, and which of the events of that id
/// it is, 0 for the first. A listing is in log order, whatever the locale.
struct SegmentName: Hashable, Comparable, Sendable {
  var firstId: UInt64
  var twin: Int

  static let digits = 20
  static let suffix = ".jsonl"

  var text: String {
    let id = String(firstId)
    return String(repeating: "0", count: Self.digits - id.count) + id + ".\(twin)" + Self.suffix
  }

  init(firstId: UInt64, twin: Int) {
    self.firstId = firstId
    self.twin = twin
  }

  /// Nil where `text` is not the name of a segment.
  init?(_ text: String) {
    guard text.hasSuffix(Self.suffix) else { return nil }
    let parts = text.dropLast(Self.suffix.count).split(
      separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let id = UInt64(parts[0]), let twin = Int(parts[1]), twin >= 0 else {
      return nil
    }
    self.init(firstId: id, twin: twin)
    guard self.text == text else { return nil }
  }

  static func < (left: SegmentName, right: SegmentName) -> Bool {
    (left.firstId, left.twin) < (right.firstId, right.twin)
  }
}
