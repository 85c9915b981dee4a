package import EventPersistence

/// The name of a whole stored batch: `FIRSTID-LASTID[.k].jsonl[.zst|.gz]`.
///
/// Ids have 20 digits, so that a listing is in log order. If a batch begins with an event that
/// follows k others of its id (k from 1), its name has k, so that batches whose events share an id
/// never overwrite one another.
package struct BatchName: Sendable, Hashable {
  package var firstId: UInt64
  package var lastId: UInt64
  /// 0, or k as above.
  package var ordinal: Int
  /// How it is packed: empty, `.zst` or `.gz`.
  package var suffix: String

  package static let suffixes = ["", ".zst", ".gz"]

  package init(firstId: UInt64, lastId: UInt64, ordinal: Int = 0, suffix: String = "") {
    self.firstId = firstId
    self.lastId = lastId
    self.ordinal = ordinal
    self.suffix = suffix
  }

  /// The name of a batch that ends with `last`.
  package init(_ run: BatchRun, last: Position, suffix: String = "") {
    self.init(
      firstId: run.first.eventId, lastId: last.eventId, ordinal: run.ordinal, suffix: suffix)
  }

  /// Nil if `text` is not the name of a batch, exactly as `description` writes it.
  package init?(_ text: String) {
    guard let end = text.firstRange(of: ".jsonl"),
      Self.suffixes.contains(String(text[end.upperBound...]))
    else { return nil }
    let parts = text[..<end.lowerBound].split(separator: ".", omittingEmptySubsequences: false)
    let ids = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ids.count == 2, let first = Position.id(ids[0]), let last = Position.id(ids[1]),
      parts.count <= 2, let ordinal = parts.count == 2 ? Int(parts[1]) : 0
    else { return nil }
    self.init(
      firstId: first, lastId: last, ordinal: ordinal, suffix: String(text[end.upperBound...]))
    guard description == text, first <= last, ordinal >= 0 else { return nil }
  }

  /// An id with 20 digits.
  package static func digits(_ id: UInt64) -> String {
    let digits = String(id)
    return String(repeating: "0", count: 20 - digits.count) + digits
  }
}

extension BatchName: CustomStringConvertible {
  package var description: String {
    "\(Self.digits(firstId))-\(Self.digits(lastId))\(ordinal == 0 ? "" : ".\(ordinal)").jsonl\(suffix)"
  }
}

extension BatchName: Comparable {
  /// Log order; of two that begin with the same event, the longer one comes last.
  package static func < (left: BatchName, right: BatchName) -> Bool {
    (left.firstId, left.ordinal, left.lastId, left.suffix)
      < (right.firstId, right.ordinal, right.lastId, right.suffix)
  }
}
