/// One primary and any number of secondaries, each of which gets every event of the primary at
/// least once.
///
/// Trouble with one secondary does not affect the others: each is driven in its own task, pulls
/// from the primary at its own pace, and is retried, stopped or waited for on its own.
///
/// ```swift
/// let combinator = Combinator(secondaries: [secondary], primary: log)
/// await combinator.start()
/// try await combinator.append(event)
/// ```
public struct Combinator: Sendable {
  public let secondaries: [Secondary]
  private let primary: (any EventLog)?
  private let clock: DriverClock

  /// - Parameters:
  ///   - secondaries: each with its source, all of which read the same log.
  ///   - primary: what `append` appends to; nil if another program writes the log.
  public init(
    secondaries: [Secondary], primary: (any EventLog)? = nil, clock: DriverClock = .system
  ) {
    self.secondaries = secondaries
    self.primary = primary
    self.clock = clock
  }

  /// Drives all secondaries at once, each in its own task. Returns how each ended, by name.
  ///
  /// With `.cancelled` it returns once the task is cancelled and each has stopped at the end of a
  /// batch. With `.head` it returns once each has reached the head that it found at its start, or
  /// has ended earlier.
  @discardableResult
  public func drive(
    until goal: DriveGoal = .cancelled,
    ended: @escaping @Sendable (String, DriveEnd) -> Void = { _, _ in }
  ) async -> [String: DriveEnd] {
    await withTaskGroup(of: (String, DriveEnd).self) { group in
      for secondary in secondaries {
        group.addTask { (secondary.name, await secondary.run(until: goal)) }
      }
      var ends: [String: DriveEnd] = [:]
      for await (name, end) in group {
        ends[name] = end
        ended(name, end)
      }
      return ends
    }
  }

  /// Delivers to each secondary what it has not stored, through the head. A program that embeds the
  /// combinator calls it before the first `append`.
  @discardableResult
  public func start() async -> [String: DriveEnd] { await drive(until: .head) }

  /// What `append` waits for.
  public enum Delivery: Sendable, Hashable {
    /// The event is in the primary.
    case primary
    /// The event is in the primary, and each secondary has stored it. They must be driven
    /// meanwhile: see `drive`.
    case secondaries
  }

  /// Appends `event` to the primary; the secondaries pull it from there.
  ///
  /// - Throws: `AppendError` if the event is not in the primary, or if it is and a secondary to
  ///   wait for is not driven; `CancellationError` while waiting.
  public func append(
    _ event: StateEvent, waitingFor delivery: Delivery = .primary
  ) async throws {
    guard let primary else { throw AppendError.notAppendable }
    try await primary.append(event)
    guard delivery == .secondaries else { return }
    for secondary in secondaries {
      while true {
        if let stored = await secondary.stored, stored.isAtOrBehind(event.position) { break }
        guard await secondary.isDriven else { throw AppendError.notDriven(secondary.name) }
        try Task.checkCancellation()
        await clock.sleep(for: .milliseconds(5))
      }
    }
  }
}

/// Why an event was not appended, or why waiting for it ended.
public enum AppendError: Error, Sendable, Hashable, CustomStringConvertible {
  case notAppendable
  /// The event is in the primary; this secondary receives it when it is driven again.
  case notDriven(String)

  public var description: String {
    switch self {
    case .notAppendable:
      "this combinator follows a log that another program writes; it cannot append to it"
    case .notDriven(let name):
      "the event is in the primary, but the secondary \(name) is not driven: drive it to deliver it"
    }
  }
}

extension Position {
  /// Whether a stored event at this position means that `event` is stored. Of twins the later one
  /// counts; if times do not distinguish them, only the event itself does.
  fileprivate func isAtOrBehind(_ event: Position) -> Bool {
    guard eventId == event.eventId else { return eventId > event.eventId }
    if agrees(with: event) { return true }
    guard let time, let other = event.time else { return false }
    return time > other
  }
}
