import EventPersistence

/// The name of a segment file: the id of its batch's first event in 20 digits, and how many events of that id
/// stand before that one in the log. A listing is in log order, whatever the locale.
struct SegmentName: Hashable, Comparable, Sendable {
  var firstId: UInt64
  var twin: Int

  static let suffix = ".jsonl"
  static let sealedSuffix = ".jsonl.zst"

  var text: String { stem + Self.suffix }
  /// Of a segment that is complete and packed.
  var sealedText: String { stem + Self.sealedSuffix }

  private var stem: String { "\(BatchName.digits(firstId)).\(twin)" }

  init(firstId: UInt64, twin: Int) {
    self.firstId = firstId
    self.twin = twin
  }

  init(_ run: BatchRun) { self.init(firstId: run.first.eventId, twin: run.twin) }

  /// Nil where `text` is not the name of a segment, packed or not.
  init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let id = UInt64(parts[0]), let twin = Int(parts[1]), twin >= 0 else {
      return nil
    }
    self.init(firstId: id, twin: twin)
    guard self.text == text || sealedText == text else { return nil }
  }

  static func < (left: SegmentName, right: SegmentName) -> Bool {
    (left.firstId, left.twin) < (right.firstId, right.twin)
  }
}
