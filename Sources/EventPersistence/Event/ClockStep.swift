/// A place in a log at which its times fall: the node's clock was set back.
public struct ClockStep: Sendable, Hashable, Codable {
  /// The first event after it.
  public var eventId: UInt64
  /// The time of the event before it.
  public var from: EventTime
  /// The time of the first event after it.
  public var to: EventTime

  public init(eventId: UInt64, from: EventTime, to: EventTime) {
    self.eventId = eventId
    self.from = from
    self.to = to
  }
}

/// The times of a stretch of a log: they rise, except at its clock steps.
///
/// Only whoever passes every event finds the steps. Once they are known, a bisection finds the
/// first event of a time or later, because the latest time so far never falls.
package struct TimeCourse: Sendable, Hashable, Codable {
  /// The most steps that are kept. Beyond that, two neighbours become one, at the first one's place
  /// and from the later of both times: the search then begins too early rather than too late.
  static let stepsMax = 1000

  /// The time of its last event that has one.
  package private(set) var last: EventTime?
  /// The latest of its times.
  package private(set) var latest: EventTime?
  package private(set) var steps: [ClockStep] = []
  /// The id of its last event.
  package private(set) var through: UInt64?
  /// Whether events without a time follow one that has one: then their times cannot be told.
  private var isMixed: Bool?
  /// Whether events of the stretch could not be read: their times are not known.
  package var hasHole: Bool?

  package init() {}

  /// Adds the stretch's next event.
  package mutating func add(_ position: Position) {
    through = position.eventId
    guard let time = position.time else {
      if latest != nil { isMixed = true }
      return
    }
    if let last, time < last {
      steps.append(ClockStep(eventId: position.eventId, from: last, to: time))
      if steps.count > Self.stepsMax { merge() }
    }
    last = time
    latest = max(latest ?? time, time)
  }

  /// Whether `position` and all events before it are earlier than `time`, which the stretch has
  /// reached: no event after the stretch is. Events without a time count as earlier.
  package func isBefore(_ position: Position, _ time: EventTime) -> Bool {
    if let through, position.eventId > through { return false }
    if let own = position.time {
      if own >= time { return false }
    } else if isMixed == true {
      return false
    }
    return !steps.contains { $0.eventId <= position.eventId && $0.from >= time }
  }

  private mutating func merge() {
    steps = stride(from: 0, to: steps.count, by: 2).map { index in
      var step = steps[index]
      if index + 1 < steps.count {
        step.from = max(step.from, steps[index + 1].from)
        step.to = min(step.to, steps[index + 1].to)
      }
      return step
    }
  }
}
