package import EventPersistence

extension HydraHead {
  /// `Head 1a2b3c4d… Open · snapshot 8 112 · 3 parties · 41 205 tx`: what is known about the head;
  /// nil if nothing is.
  package var text: String? {
    let parts = [stateText, snapshotText, partiesText, transactionsText].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: " · ")
  }

  /// One fact of the head, the network or the chain.
  package struct Fact: Sendable, Hashable {
    package var text: String
    /// Whether somebody should look after it.
    package var isWarning = false
    /// From 1 (the first to leave out where there is little room) on.
    package var weight: Int
  }

  /// What a node's users look for first, with a "?" for what the log does not tell.
  ///
  /// - Parameter now: the clock against which the time until the contestation deadline is counted.
  package func facts(at now: EventTime) -> [Fact] {
    var facts = [Fact(text: stateText ?? "Head ?", weight: 7)]
    func add(_ text: String?, isWarning: Bool = false, _ weight: Int) {
      if let text { facts.append(Fact(text: text, isWarning: isWarning, weight: weight)) }
    }
    add(contestationText(at: now), 6)
    add(snapshotText, 3)
    add(partiesText, 1)
    add(transactionsText, 2)
    let isLacking = peersConnected.map { $0 < peersExpected } ?? false
    add(peersText, isWarning: isNetworkConnected == false || isLacking, 5)
    add(chainText, isWarning: isChainSynced == false, 4)
    return facts
  }

  /// As many of the facts as fit into `columns`, the more important first, in their order.
  package func facts(at now: EventTime, columns: Int) -> [Fact] {
    let all = facts(at: now)
    var left = columns
    var chosen: Set<Int> = []
    for fact in all.sorted(by: { $0.weight > $1.weight }) {
      let width = DisplayWidth.of(fact.text) + (chosen.isEmpty ? 0 : 3)
      guard width <= left || chosen.isEmpty else { break }
      left -= width
      chosen.insert(fact.weight)
    }
    return all.filter { chosen.contains($0.weight) }
  }

  // MARK: - One fact each

  private var stateText: String? {
    let name = id.map { $0.count > 9 ? $0.prefix(8) + "…" : $0 }
    guard name != nil || state != nil else { return nil }
    return ["Head", name, state?.rawValue].compactMap { $0 }.joined(separator: " ")
  }

  private var snapshotText: String? { snapshotNumber.map { "snapshot \(Quantity.count($0))" } }
  private var partiesText: String? { parties.map { $0 == 1 ? "1 party" : "\($0) parties" } }
  private var transactionsText: String? { transactions.map { "\(Quantity.count($0)) tx" } }

  private func contestationText(at now: EventTime) -> String? {
    guard let contestationDeadline,
      [.closed, .contested, .fanoutPossible].contains(state)
    else { return nil }
    let left = contestationDeadline.seconds(since: now)
    return left > 0
      ? "contestation ends in \(Quantity.duration(left.rounded(.up)))"
      : "contestation ended \(Quantity.duration((-left).rounded(.down))) ago"
  }

  /// Each party runs a node, this one among them.
  private var peersExpected: Int { max(0, (parties ?? 1) - 1) }

  private var peersText: String {
    if isNetworkConnected == false { return "network down" }
    guard let peersConnected else { return "peers ?" }
    if peersConnected < peersExpected { return "\(peersConnected) of \(peersExpected) peers" }
    return peersConnected == 1 ? "1 peer" : "\(peersConnected) peers"
  }

  private var chainText: String {
    let drift = chainDriftSeconds.map { ", drift \(Quantity.duration($0))" } ?? ""
    return switch isChainSynced {
    case true?: "chain synced\(drift)"
    case false?: "chain not synced\(drift)"
    case nil: "chain ?\(drift)"
    }
  }
}
