/// One primary and any number of secondaries, each of which gets every event of the primary at least once.
public struct Combinator: Sendable {
  public let secondaries: [Secondary]

  public init(secondaries: [Secondary]) { self.secondaries = secondaries }

  /// Drives all secondaries at once, each in a task of its own; gives how each ended, by name.
  @discardableResult
  public func drive(until goal: DriveGoal = .cancelled) async -> [String: DriveEnd] { [:] }
}
