package import SecondaryStatus

extension SecondaryState {
  /// The words for a person.
  package var word: String {
    switch self {
    case .newLog: "new log"
    case .replayStalled: "replay stalled"
    case .replayOrphaned: "replay orphaned"
    case .driverLost: "driver lost"
    case .driverHung: "driver hung"
    case .fallingBehind: "falling behind"
    case .catchingUp: "catching up"
    default: rawValue
    }
  }

  /// What it means and what to do about it, in one line: the help.
  package var meaning: String {
    switch self {
    case .unknown: "its checkpoint or the primary cannot be read"
    case .newLog:
      "the node's log began anew; R begins the next generation, and keeps what is stored"
    case .diverged: "it has events that the node lost; R plans the repair"
    case .gap: "no log of the node has the next event; to continue: :replay NAME --clamp"
    case .replaying: "a replay is running"
    case .replayStalled: "a replay is running and makes no progress"
    case .replayOrphaned: "a replay has lost its driver; R resumes or cancels it"
    case .paused: "not driven, on purpose; P resumes it"
    case .rewound: "its checkpoint went back without a replay"
    case .driverLost: "its driver died; start it again, or D drives from here"
    case .driverHung: "its driver holds the lock, but no longer reports"
    case .new: "nothing stored yet, and no driver runs"
    case .ok: "it is at the head, or delays its last events on purpose to fill a batch"
    case .idle: "its driver ended normally before it reached the head; D drives it"
    case .stalled: "no progress although there is something to deliver; T tries it now"
    case .fallingBehind: "it stores more slowly than the node writes"
    case .catchingUp: "it stores faster than the node writes"
    case .lagging: "it is behind, and neither catches up nor falls behind"
    }
  }
}
