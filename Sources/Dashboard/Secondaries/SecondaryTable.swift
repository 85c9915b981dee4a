import EventPersistence
internal import SecondaryStatus

/// How the table of secondaries is sorted, and which one is selected: by name, so that the
/// selection stays while rows move.
struct SecondaryTable: Sendable, Hashable {
  enum Sorting: String, Sendable, Hashable, CaseIterable {
    case configured, name, lag, behind, rate, state
  }

  var selectedName: String?
  var top = 0
  var order = Sorting.configured
  var isReversed = false

  mutating func move(_ move: Move, names: [String], height: Int) {
    let selected = selectedName.flatMap { names.firstIndex(of: $0) } ?? 0
    var scroll = Scroll(selected: selected, top: top)
    scroll.move(move, count: names.count, height: height)
    top = scroll.top
    if names.indices.contains(scroll.selected) { selectedName = names[scroll.selected] }
  }

  /// Sorts by `sorting`; nil: by the next column.
  mutating func sort(by sorting: Sorting?) {
    let all = Sorting.allCases
    let next = (all.firstIndex(of: order)! + 1) % all.count
    order = sorting ?? all[next]
    isReversed = false
  }

  /// Keeps the selection on an existing secondary.
  mutating func select(among names: [String]) {
    if selectedName.map({ !names.contains($0) }) ?? true { selectedName = names.first }
  }

  /// The rows in drawing order. Equal rows keep their configured order.
  func sorted(_ secondaries: [SecondaryObservation]) -> [SecondaryObservation] {
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

  /// Nil: equal. The largest and the worst come first; unknown values come before them.
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
