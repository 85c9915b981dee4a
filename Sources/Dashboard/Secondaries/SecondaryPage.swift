import EventPersistence

/// The detail of one secondary.
struct SecondaryPage: Sendable {
  enum Span: Sendable, Hashable, CaseIterable {
    case hour, day, week

    var seconds: Double {
      switch self {
      case .hour: 3600
      case .day: 86_400
      case .week: 7 * 86_400
      }
    }

    var label: String {
      switch self {
      case .hour: "the last hour"
      case .day: "the last day"
      case .week: "the last week"
      }
    }

    var next: Span {
      switch self {
      case .hour: .day
      case .day: .week
      case .week: .hour
      }
    }
  }

  var name: String
  var history: SecondaryHistory?
  /// Why there is none.
  var error: String?
  var span = Span.hour
  var scroll = TextScroll()
  /// When the history was last requested: it is read again every minute.
  var askedAt: EventTime?

  static let secondsBetweenReads = 60.0

  init(name: String, askedAt: EventTime?) {
    self.name = name
    self.askedAt = askedAt
  }

  mutating func nextSpan() { span = span.next }

  /// Requests the history if the shown one is old.
  mutating func advance(to time: EventTime) -> [Command] {
    guard let askedAt, time.seconds(since: askedAt) >= Self.secondsBetweenReads else { return [] }
    self.askedAt = time
    return [.loadHistory(name: name)]
  }

  /// The entries that were read with the history and are older than `newest`, and these.
  func journal(and newest: [JournalEntry]) -> [JournalEntry] {
    guard let first = newest.first, let history else { return newest }
    return history.journal.prefix { $0.at < first.at } + newest
  }

  mutating func take(_ history: SecondaryHistory) {
    guard history.name == name else { return }
    self.history = history
    error = nil
  }

  mutating func fail(_ why: String, of name: String) {
    if name == self.name { error = why }
  }
}
