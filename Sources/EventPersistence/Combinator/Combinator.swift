/// One primary and any number of secondaries, each of which gets every event of the primary at least once.
///
/// A secondary's trouble is its own: each is driven in a task of its own, pulls from the primary at its own
/// pace, and is retried, stopped or waited for without holding up another.
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
  ///   - secondaries: each with its source, which all read the same log.
  ///   - primary: what `append` appends to; nil where another program writes the log.
  public init(
    secondaries: [Secondary], primary: (any EventLog)? = nil, clock: DriverClock = .system
  ) {
    self.secondaries = secondaries
    self.primary = primary
    self.clock = clock
  }

  /// Drives all secondaries at once, each in a task of its own; gives how each ended, by name.
  ///
  /// With `.cancelled` it returns once the task is cancelled and each has stopped at a batch's end; with
  /// `.head` once each has reached the head as it stood when that one started, or has ended before it.
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

  /// Lets each secondary re-observe what it has not stored, through the head: for whoever embeds the
  /// combinator, before the first `append`.
  @discardableResult
  public func start() async -> [String: DriveEnd] { await drive(until: .head) }

  /// What `append` waits for.
  public enum Delivery: Sendable, Hashable {
    /// The event is in the primary.
    case primary
    /// And each secondary has stored it. They have to be driven meanwhile: see `drive`.
    case secondaries
  }

  /// Appends `event` to the primary; the secondaries pull it from there.
  ///
  /// - Throws: `AppendError`: nothing of the event is in the primary, or it is and a secondary that was to
  ///   be waited for is not driven; `CancellationError` while waiting.
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

/// Why an event was not appended, or not waited for.
public enum AppendError: Error, Sendable, Hashable, CustomStringConvertible {
  case notAppendable
  /// The event is in the primary; this secondary will get it when it is driven again.
  case notDriven(String)

  public var description: String {
    switch self {
    case .notAppendable:
      "this combinator follows a log that another program writes; it cannot append to it"
    case .notDriven(let name):
      "the event is in the primary, but the secondary \(name) is not driven: drive it to deliver the event"
    }
  }
}

extension Position {
  /// Whether an event of this position, stored, means that `event` is stored: of twins the later counts,
  /// and where times do not tell them apart, only the event itself.
  fileprivate func isAtOrBehind(_ event: Position) -> Bool {
    guard eventId == event.eventId else { return eventId > event.eventId }
    if agrees(with: event) { return true }
    guard let time, let other = event.time else { return false }
    return time > other
  }
}
