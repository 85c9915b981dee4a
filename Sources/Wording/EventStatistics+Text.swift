package import SecondaryStatus

extension EventStatistics {
  /// A table, the largest first, and what could be done.
  package var lines: [String] {
    guard events > 0 else { return ["no events"] }
    var rows = tags.map { tag in
      [
        Visible.text(tag.tag ?? "-"), Quantity.count(tag.count), Quantity.bytes(tag.bytes),
        tag.percent, tag.bar(of: 10, "█"), Quantity.bytes(tag.largestBytes),
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

  /// What could be done about what was found, in sentences.
  package var advice: [String] {
    var advice: [String] = []
    let snapshots = tags.filter { $0.tag?.contains("Snapshot") ?? false }.reduce(0) {
      $0 + $1.share
    }
    if snapshots >= 0.3 {
      advice.append(
        "Each confirmed snapshot holds the whole UTxO set of the head, so that the log grows with it. "
          + "Consumers of a feed need not get it: snapshot-utxo=no.")
    }
    let isLarge = bytes >= PrimaryWarning.largeBytes
    if isLarge || snapshots >= 0.3 {
      advice.append(
        (isLarge ? "A node reads its whole log when it starts. " : "")
          + "To free the disk, let the node rotate its log more often (hydra-node's "
          + "--persistence-rotate-after), and delete the rotated logs that hydra-sinks archives "
          + "--deletable prints.")
    }
    return advice
  }
}

extension EventStatistics.Tag {
  /// Its share: `48.2 %`.
  package var percent: String {
    let tenths = Int((share * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// Its share as up to `count` times `block`.
  package func bar(of count: Int, _ block: String) -> String {
    String(repeating: block, count: Int((share * Double(count)).rounded()))
  }
}
