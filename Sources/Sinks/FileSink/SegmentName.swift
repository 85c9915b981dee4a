internal import EventArchive
import EventPersistence

/// The name of a segment file: the id of its batch's first event in 20 digits, and how many events
/// of that id come before that one in the log. A listing is in log order, whatever the locale.
struct SegmentName: Hashable, Comparable, Sendable {
  var firstId: UInt64
  var ordinal: Int

  static let suffix = ".jsonl"
  static let packedSuffix = ".jsonl.zst"

  var text: String { stem + Self.suffix }
  /// The suffix of a complete, packed segment.
  var packedText: String { stem + Self.packedSuffix }

  private var stem: String { "\(BatchName.digits(firstId)).\(ordinal)" }

  init(firstId: UInt64, ordinal: Int) {
    self.firstId = firstId
    self.ordinal = ordinal
  }

  init(_ run: BatchRun) { self.init(firstId: run.first.eventId, ordinal: run.ordinal) }

  /// Nil if `text` is not the name of a segment, packed or not.
  init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let id = Position.id(parts[0]), let ordinal = Int(parts[1]),
      ordinal >= 0
    else {
      return nil
    }
    self.init(firstId: id, ordinal: ordinal)
    guard self.text == text || packedText == text else { return nil }
  }

  static func < (left: SegmentName, right: SegmentName) -> Bool {
    (left.firstId, left.ordinal) < (right.firstId, right.ordinal)
  }
}
