internal import SecondaryStatus
import EventPersistence

/// How the table of secondaries is sorted and which row is selected: by name, so that it stays while rows
/// move.
struct SecondaryTable: Sendable, Hashable {
  enum Order: String, Sendable, Hashable, CaseIterable {
    case configured, name, lag, behind, rate, state
  }

  var selectedName: String?
  var top = 0
  var order = Order.configured
  var isReversed = false

  /// The rows in the order in which they are drawn. Of equals, the configured order stands.
  func sorted(_ secondaries: [Observed.Secondary]) -> [Observed.Secondary] {
    guard order != .configured || isReversed else { return secondaries }
    let indexed = secondaries.enumerated().sorted { left, right in
      switch precedes(left.element.report, right.element.report) {
      case true?: !isReversed
      case false?: isReversed
      case nil: left.offset < right.offset
      }
    }
    let rows = indexed.map(\.element)
    return order == .configured && isReversed ? rows.reversed() : rows
  }

  /// Nil: equal. The largest and the worst come first; what is not known comes before it.
  private func precedes(_ left: SecondaryReport, _ right: SecondaryReport) -> Bool? {
    func descending<Value: Comparable>(_ left: Value, _ right: Value) -> Bool? {
      left == right ? nil : left > right
    }
    switch order {
    case .configured: return nil
    case .name: return left.name == right.name ? nil : left.name < right.name
    case .lag: return descending(left.lagEvents ?? .max, right.lagEvents ?? .max)
    case .behind:
      return descending(left.lagSeconds ?? .infinity, right.lagSeconds ?? .infinity)
    case .rate: return descending(left.ratePerSecond ?? 0, right.ratePerSecond ?? 0)
    case .state: return descending(left.severity, right.severity)
    }
  }
}
