/// How a secondary is, in one word: the table of states, in the order in which they are tried.
public enum SecondaryState: String, Sendable, Hashable, Codable, CaseIterable {
  case unknown
  case diverged
  case gap
  case replaying
  case replayStalled = "replay-stalled"
  case replayOrphaned = "replay-orphaned"
  case paused
  case rewound
  case driverLost = "driver-lost"
  case driverHung = "driver-hung"
  case new
  case ok
  case idle
  case stalled
  case fallingBehind = "falling-behind"
  case catchingUp = "catching-up"
  case lagging
}

extension SecondaryState {
  /// Whether a healthy secondary passes through it all day: changes among these are not journalled.
  var isEveryday: Bool {
    switch self {
    case .ok, .new, .lagging, .catchingUp: true
    default: false
    }
  }
}

/// How much somebody should care. `status` exits with the worst, an error before unknown before a warning.
public enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
  case ok, info, warning, unknown, error

  /// The program's exit code for it: 0, 0, 1, 3, 2.
  public var exitCode: Int32 {
    switch self {
    case .ok, .info: 0
    case .warning: 1
    case .unknown: 3
    case .error: 2
    }
  }
}

extension Severity: Comparable {
  /// By how much it matters: `ok < info < warning < unknown < error`.
  public static func < (left: Severity, right: Severity) -> Bool {
    let order = Severity.allCases
    return order.firstIndex(of: left)! < order.firstIndex(of: right)!
  }
}
