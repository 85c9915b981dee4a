public import Logging

/// Writes down how secondaries are, so that a dashboard that is opened at nine shows what happened at three:
/// a sample a minute into `history`, and each change of state that somebody may want to know of into the
/// happenings.
///
/// It is kept by whoever drives. Several may keep it for one secondary: a minute's sample takes the place of
/// the other, and a change that is noted twice in a row is one happening.
public struct Chronicle: Sendable {
  /// How often to look: a state counts once two looks in a row agree on it.
  public static let interval = Duration.seconds(5)

  private struct Entry: Sendable {
    /// What was noted last; nil before the first look.
    var noted: SecondaryState?
    /// What the last look said, and when that began.
    var seen: SecondaryState?
    var seenAt: EventTime
    var minute: Int64?
  }

  private let state: StateDirectory
  private let names: Set<String>
  private var entries: [String: Entry] = [:]

  /// - Parameter names: the secondaries to write about.
  public init(state: StateDirectory, names: Set<String>) {
    self.state = state
    self.names = names
  }

  /// Takes one observation in, and writes what is new: a few reads and writes a change, one write a minute.
  ///
  /// - Returns: what could not be written. A trouble here is no reason to stop delivering.
  public mutating func note(_ observation: Observation) -> [StateError] {
    var troubles: [StateError] = []
    for secondary in observation.secondaries where names.contains(secondary.report.name) {
      do throws(StateError) {
        try note(secondary, observation)
      } catch {
        troubles.append(error)
      }
    }
    return troubles
  }

  private mutating func note(_ secondary: SecondaryObservation, _ observation: Observation)
    throws(StateError)
  {
    let report = secondary.report
    let folder = state.folder(report.name)
    // A folder comes into being with its first drive, not by being looked at.
    guard folder.exists else { return }
    var entry = entries[report.name] ?? Entry(seenAt: observation.at)
    defer { entries[report.name] = entry }
    if entry.seen != report.state {
      entry.seen = report.state
      entry.seenAt = report.stateSince ?? observation.at
    } else if entry.noted != report.state {
      let before = entry.noted ?? secondary.lastNotedState
      entry.noted = report.state
      if before != report.state, !(report.state.isEveryday && before?.isEveryday ?? true) {
        let code = secondary.driver?.errorCode.map { ": \($0)" } ?? ""
        let text = report.state.rawValue + (report.state.isEveryday ? "" : code)
        try folder.note(Happening(.state, text, at: entry.seenAt))
      }
    }
    let sample = HistoryRing.Sample(
      report, headId: observation.survey.head?.eventId, at: observation.at)
    guard sample.minute != entry.minute else { return }
    entry.minute = sample.minute
    try folder.history.append(sample)
  }

  /// Looks and writes until the task is cancelled.
  public mutating func keep(
    _ observer: Observer, log: Logger,
    sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) async {
    var said: Set<StateError> = []
    while !Task.isCancelled {
      let troubles = Set(note(await observer.look()))
      // The same trouble is said once, not each five seconds.
      for trouble in troubles.subtracting(said) { log.error("\(trouble.message)") }
      said = troubles
      do { try await sleep(Self.interval) } catch { return }
    }
  }
}

extension SecondaryState {
  /// Whether a healthy secondary passes through it all day: changes among these are not written down.
  var isEveryday: Bool {
    switch self {
    case .ok, .new, .lagging, .catchingUp: true
    default: false
    }
  }
}

extension Happening {
  /// The state that a change of state was to; nil for other happenings.
  public var stateNoted: SecondaryState? {
    guard kind == .state else { return nil }
    return SecondaryState(rawValue: String(text.prefix { $0 != ":" }))
  }
}

extension SecondaryObservation {
  /// The last state that was written down, by whomever.
  fileprivate var lastNotedState: SecondaryState? {
    happenings.last { $0.kind == .state }?.stateNoted
  }
}
