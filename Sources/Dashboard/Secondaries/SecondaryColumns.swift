import EventPersistence
internal import SecondaryStatus
internal import Wording

/// Which columns of the table fit, and how wide each is.
///
/// The widths depend on the head, the names and the kinds, never on values that change in every
/// frame, so that no column moves.
struct SecondaryColumns: Sendable, Hashable {
  enum Kind: Sendable, Hashable, CaseIterable {
    case name, kind, checkpoint, lag, behind, rate, eta, sparkline, state
  }

  struct Column: Sendable, Hashable {
    var kind: Kind
    var width: Int
  }

  var columns: [Column]
  /// Between two columns.
  var gap: Int

  /// The order in which columns are dropped when room is short: name, lag and state stay.
  private static let byImportance: [Kind] = [.behind, .rate, .eta, .checkpoint, .kind, .sparkline]

  init(room: Int, secondaries: [SecondaryObservation], head: UInt64?) {
    let id = max(10, Quantity.count(head ?? 0).count)
    let longestName = secondaries.map { $0.name.count }.max() ?? 0
    let longestKind = secondaries.map { $0.report.kind.rawValue.count }.max() ?? 0
    let widths: [Kind: Int] = [
      .name: min(max(4, longestName), room >= 150 ? 32 : room >= 60 ? 16 : 12),
      .kind: min(max(4, longestKind), 10), .checkpoint: id,
      .lag: max(room >= 60 ? 8 : 7, Quantity.count(head ?? 0).count), .behind: 9, .rate: 8,
      .eta: 8, .sparkline: room >= 118 ? 20 : 10,
    ]
    gap = room >= 140 ? 3 : room >= 60 ? 2 : 1
    let stateMin = room >= 118 ? 22 : room >= 60 ? 20 : 13
    var used = widths[.name]! + widths[.lag]! + stateMin + 2 * gap
    var chosen: Set<Kind> = [.name, .lag, .state]
    for kind in Self.byImportance {
      let more = widths[kind]! + gap
      guard used + more <= room else { continue }
      used += more
      chosen.insert(kind)
    }
    let state = max(0, room - used + stateMin)
    columns = Kind.allCases.filter(chosen.contains).map {
      Column(kind: $0, width: $0 == .state ? state : widths[$0]!)
    }
  }
}

extension SecondaryColumns.Kind {
  var title: String {
    switch self {
    case .name: "NAME"
    case .kind: "KIND"
    case .checkpoint: "CHECKPOINT"
    case .lag: "LAG"
    case .behind: "BEHIND"
    case .rate: "RATE"
    case .eta: "ETA"
    case .sparkline: "LAST MINUTE   MAX"
    case .state: "STATE"
    }
  }

  var isNumber: Bool {
    switch self {
    case .checkpoint, .lag, .behind, .rate, .eta: true
    case .name, .kind, .sparkline, .state: false
    }
  }

  var order: SecondaryTable.Sorting? {
    switch self {
    case .name: .name
    case .lag: .lag
    case .behind: .behind
    case .rate: .rate
    case .state: .state
    case .kind, .checkpoint, .eta, .sparkline: nil
    }
  }
}
