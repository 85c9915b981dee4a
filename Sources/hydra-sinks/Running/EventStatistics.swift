import EventPersistence
import Foundation
import SecondaryStatus
import Wording

/// What fills a log: the events of each tag, counted.
struct EventStatistics: Sendable, Encodable {
  struct Tag: Sendable, Encodable {
    /// Null for events without one.
    @Nullable var tag: String?
    var count: UInt64 = 0
    /// Of JSON, without line feeds.
    var bytes: UInt64 = 0
    var largestBytes: UInt64 = 0
    var largestEventId: UInt64 = 0
    /// Of all bytes, from 0 to 1.
    var share = 0.0
  }

  private(set) var events: UInt64 = 0
  private(set) var bytes: UInt64 = 0
  @Nullable private(set) var firstEventId: UInt64?
  @Nullable private(set) var lastEventId: UInt64?
  /// The largest first.
  var tags: [Tag] {
    byTag.values.map { tag in
      var tag = tag
      tag.share = bytes > 0 ? (Double(tag.bytes) / Double(bytes) * 10_000).rounded() / 10_000 : 0
      return tag
    }.sorted { ($0.bytes, $1.tag ?? "") > ($1.bytes, $0.tag ?? "") }
  }

  private var byTag: [String?: Tag] = [:]

  init() {
    firstEventId = nil
    lastEventId = nil
  }

  mutating func count(_ batch: EventBatch) {
    guard let first = batch.entries.first, let last = batch.entries.last else { return }
    if firstEventId == nil { firstEventId = first.position.eventId }
    lastEventId = last.position.eventId
    for entry in batch.entries {
      let length = UInt64(entry.length)
      events += 1
      bytes += length
      let name = entry.position.tag
      var tag = byTag[name] ?? Tag(tag: name)
      tag.count += 1
      tag.bytes += length
      if length > tag.largestBytes {
        tag.largestBytes = length
        tag.largestEventId = entry.position.eventId
      }
      byTag[name] = tag
    }
  }

  private enum CodingKeys: String, CodingKey { case events, bytes, firstEventId, lastEventId, tags }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(events, forKey: .events)
    try container.encode(bytes, forKey: .bytes)
    try container.encode(_firstEventId, forKey: .firstEventId)
    try container.encode(_lastEventId, forKey: .lastEventId)
    try container.encode(tags, forKey: .tags)
  }

  // MARK: - For people

  /// A table, the largest first, and what could be done.
  var lines: [String] {
    guard events > 0 else { return ["no events"] }
    var rows = tags.map { tag in
      [
        Visible.text(tag.tag ?? "-"), Quantity.count(tag.count), Quantity.bytes(tag.bytes),
        Self.percent(tag.share), Self.bar(tag.share), Quantity.bytes(tag.largestBytes),
        Quantity.count(tag.largestEventId),
      ]
    }
    rows.append(["all", Quantity.count(events), Quantity.bytes(bytes), "", "", "", ""])
    let table = Table(
      columns: [
        Table.Column(title: "TAG", alignment: .left),
        Table.Column(title: "EVENTS", alignment: .right),
        Table.Column(title: "BYTES", alignment: .right),
        Table.Column(title: "SHARE", alignment: .right),
        Table.Column(title: "", alignment: .left),
        Table.Column(title: "LARGEST", alignment: .right),
        Table.Column(title: "ITS ID", alignment: .right),
      ], rows: rows.map { $0.map { Table.Cell(text: $0) } })
    return table.lines(.standardOutput) + advice.flatMap { ["", $0] }
  }

  private static func percent(_ share: Double) -> String {
    String(format: "%.1f %%", share * 100)
  }

  /// Up to ten blocks.
  private static func bar(_ share: Double) -> String {
    String(repeating: "█", count: Int((share * 10).rounded()))
  }

  private var advice: [String] {
    var advice: [String] = []
    let snapshots = tags.filter { $0.tag?.contains("Snapshot") ?? false }.reduce(0) {
      $0 + $1.share
    }
    if snapshots >= 0.3 {
      advice.append(
        "Each confirmed snapshot holds the whole UTxO set of the head, so that the log grows with it. "
          + "Consumers of a feed need not get it: snapshot-utxo=no.")
    }
    if bytes >= PrimaryWarning.largeBytes {
      advice.append(
        "A node reads its whole log when it starts. Let it rotate its log (hydra-node's "
          + "--persistence-rotate-after); hydra-sinks archives then says which archives may go.")
    }
    return advice
  }
}
