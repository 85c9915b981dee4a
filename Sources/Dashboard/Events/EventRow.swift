package import EventPersistence

/// One event in the stream: the content of its line.
package struct EventRow: Sendable, Hashable {
  package var position: Position
  /// What matters in it, in one line; foreign text.
  package var summary: String
  /// The size of its JSON.
  package var bytes: Int
  /// The hashes in its texts (ids of transactions, outputs, keys): see `HashPrefix`.
  package var hashes: [UInt32]
  /// Why events right before it are not shown: they are lost, or cannot be read. Nil: none are.
  package var lossBefore: String?

  /// Longer summaries are cut, so that a row's memory is bounded.
  package static let summaryBytesMax = 512

  package init(position: Position, summary: String, bytes: Int, hashes: [UInt32] = []) {
    self.position = position
    self.summary = Self.bounded(summary, Self.summaryBytesMax)
    self.bytes = bytes
    self.hashes = Array(hashes.prefix(HashPrefix.countMax))
  }

  static func bounded(_ text: String, _ bytesMax: Int) -> String {
    guard text.utf8.count > bytesMax else { return text }
    return String(decoding: text.utf8.prefix(bytesMax), as: UTF8.self) + "…"
  }
}

/// The answer to a `LoadRequest`.
package struct LoadedRows: Sendable, Hashable {
  package var request: LoadRequest
  /// In log order.
  package var rows: [EventRow]
  /// Whether there is nothing before them, or after them.
  package var atFirst: Bool
  package var atHead: Bool
  /// Why events right after them cannot be read; nil if none are known to be there.
  package var lossAfter: String?

  package init(
    request: LoadRequest, rows: [EventRow], atFirst: Bool, atHead: Bool, lossAfter: String? = nil
  ) {
    self.request = request
    self.rows = rows
    self.atFirst = atFirst
    self.atHead = atHead
    self.lossAfter = lossAfter
  }
}
