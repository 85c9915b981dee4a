package import EventPersistence
package import SecondaryStatus
internal import Wording

/// A node of several, as the first view shows it.
package struct NodeRow: Sendable, Hashable {
  package enum Place: Sendable, Hashable {
    /// On this machine: it can be entered.
    case here
    /// On another machine: the command that watches it there.
    case elsewhere(command: String)
  }

  package var name: String
  package var place: Place
  /// The newest look; nil before the first.
  package var status: StatusDocument?
  /// When the look was taken or arrived: the look of a remote node that stopped reporting grows
  /// old.
  package var at: EventTime?
  /// How many events a second its head moves; nil if that is not known.
  package var ratePerSecond: Double?
  /// Why there is no newer look.
  package var trouble: String?
  /// The newest entries of its secondaries' journals, the latest first; none for a node on another
  /// machine.
  package var journal: [LogLine] = []

  /// How many of them a node has at most.
  static let journalMax = 40

  package init(
    name: String, place: Place, status: StatusDocument? = nil, at: EventTime? = nil,
    ratePerSecond: Double? = nil, trouble: String? = nil
  ) {
    self.name = name
    self.place = place
    self.status = status
    self.at = at
    self.ratePerSecond = ratePerSecond
    self.trouble = trouble
  }

  /// A look at a node on this machine.
  package init(_ observation: Observation, name: String, ratePerSecond: Double?) {
    self.init(
      name: name, place: .here, status: StatusDocument(observation), at: observation.at,
      ratePerSecond: ratePerSecond)
    journal = LogLine.newest(Self.journalMax, of: LogLine.lines(of: observation.secondaries))
  }

  /// `status --watch` prints at least every 10 s, and the poll is more frequent.
  static let freshSeconds = 15.0

  /// The age of the look, if it is too old to count as current.
  func staleness(at now: EventTime?) -> Double? {
    guard let at, let now else { return nil }
    let age = now.seconds(since: at)
    // On this machine trouble means that the running look hangs.
    return age > (place == .here && trouble != nil ? 0 : Self.freshSeconds) ? age : nil
  }

  /// The worst of the primary and the secondaries; unknown if nothing is known, or no longer known.
  func severity(at now: EventTime?) -> Severity {
    guard let status else { return .unknown }
    return staleness(at: now) == nil ? status.severity : max(status.severity, .unknown)
  }

  /// The worst secondary, if it is worse than the state of its primary.
  var worst: SecondaryReport? {
    guard let status else { return nil }
    let worst = status.secondaries.max { $0.severity < $1.severity }
    let primary = status.primary.state == .live ? Severity.info : status.primary.severity
    return worst.flatMap { $0.severity > max(primary, .info) ? $0 : nil }
  }

  /// The secondary with the largest lag.
  var mostLagging: SecondaryReport? {
    status?.secondaries.filter { $0.lagEvents != nil }.max { $0.lagEvents! < $1.lagEvents! }
  }

  /// Whether it has all of these lower-case words, and none of those after a `!`: in its name and address,
  /// its trouble, how bad it is, or the names, kinds and states of its secondaries.
  func matches(_ words: [Substring], now: EventTime?) -> Bool {
    let secondaries = (status?.secondaries ?? []).flatMap {
      [$0.name, $0.kind.rawValue, $0.word, $0.severity.rawValue]
    }
    let texts =
      [name, address, trouble ?? "", severity(at: now).rawValue]
      + [status?.primary.state.rawValue ?? ""] + secondaries
    return words.allSatisfy { word in
      let isNegated = word.first == "!"
      let wanted = String(isNegated ? word.dropFirst() : word)
      return texts.contains { Filter.contains($0, wanted) } != isNegated || wanted.isEmpty
    }
  }

  /// Where its log is, or how it is asked.
  var address: String {
    if case .elsewhere(let command) = place { return command }
    return status?.primary.persistenceDir ?? ""
  }
}
