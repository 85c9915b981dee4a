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
  var scroll = 0
  /// When the history was last asked for: it is read anew each minute.
  var askedAt: EventTime?

  static let secondsBetweenReads = 60.0

  init(name: String) { self.name = name }
}
