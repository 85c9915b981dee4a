/// The state of a secondary, in one word: the table of states, in the order in which they are
/// tried.
package enum SecondaryState: String, Sendable, Hashable, Codable, CaseIterable {
  case unknown
  case newLog = "new-log"
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
  /// Whether a healthy secondary has it every day: changes among these states are not journaled.
  var isEveryday: Bool {
    switch self {
    case .ok, .new, .lagging, .catchingUp: true
    default: false
    }
  }
}
