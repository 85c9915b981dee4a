package import EventPersistence

extension HydraHead {
  /// `Head 1a2b3c4d… Open · snapshot 8 112 · 3 parties · 41 205 tx`: what is known about it; nil if
  /// nothing is.
  package var text: String? {
    var parts: [String] = []
    let name = id.map { $0.count > 9 ? $0.prefix(8) + "…" : $0 }
    if name != nil || state != nil {
      parts.append((["Head", name, state?.rawValue].compactMap { $0 }).joined(separator: " "))
    }
    if let snapshotNumber { parts.append("snapshot \(Quantity.count(snapshotNumber))") }
    if let parties { parts.append(parties == 1 ? "1 party" : "\(parties) parties") }
    if let transactions { parts.append("\(Quantity.count(transactions)) tx") }
    return parts.isEmpty ? nil : parts.joined(separator: " · ")
  }
}
