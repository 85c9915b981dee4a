package import SecondaryStatus

extension StateNotices.Due {
  /// The longest text: an error of a sink may quote what a server said.
  private static let textMax = 1000

  /// The change in one line: `archive: stalled (before: ok): audit-loader: not found in PATH. …`
  ///
  /// - Parameters:
  ///   - name: the secondary's; nil for the primary.
  ///   - document: the look that showed it.
  package func text(of name: String?, in document: StatusDocument) -> String {
    let report = document.secondaries.first { $0.name == name }
    let subject = [document.node, name ?? "the node's log"].compactMap { $0 }
      .joined(separator: "/")
    let before = from.map { from in
      " (before: \(SecondaryState(rawValue: from.state)?.word ?? from.state))"
    }
    let why = report.map { $0.explanation } ?? document.primary.explanation
    let text = Visible.text(
      "\(subject): \(report?.word ?? to.state)\(before ?? "")" + (why.map { ": \($0)" } ?? ""))
    return text.count > Self.textMax ? text.prefix(Self.textMax - 1) + "…" : text
  }
}
