internal import Synchronization

/// The meters of the secondaries that a process drives, by name.
package final class DriveMeters: Sendable {
  private let meters = Mutex<[String: DriveMeter]>([:])

  package init() {}

  /// The meter of a secondary, which is the same for as long as the process lives: what it counts
  /// never goes back.
  func meter(of name: String) -> DriveMeter {
    meters.withLock { meters in
      if let known = meters[name] { return known }
      let new = DriveMeter()
      meters[name] = new
      return new
    }
  }

  /// What each has counted by now.
  package var counts: [String: DriveMeter.Counts] {
    meters.withLock { $0 }.mapValues(\.counts)
  }
}

/// What the drives of one secondary in this process did, counted since the process began.
///
/// It costs one lock a batch, and a dictionary's lookup an event.
package final class DriveMeter: Sendable {
  /// Events and bytes of one tag.
  package struct Amount: Sendable, Hashable {
    package var events: UInt64 = 0
    package var bytes: UInt64 = 0

    package init(events: UInt64 = 0, bytes: UInt64 = 0) {
      self.events = events
      self.bytes = bytes
    }
  }

  package struct Counts: Sendable, Hashable {
    /// When a drive last turned, on the machine's monotonic clock; nil while none is under way.
    package var beatAt: ContinuousClock.Instant?
    /// Whether the first drive got as far as to have its sink open, or to know why not.
    package var isSettled = false
    /// What was stored, by the tag of its events; beyond `namesMax` tags, under `other`.
    package var stored: [String: Amount] = [:]
    /// Attempts at a batch after its first.
    package var retries: UInt64 = 0
    /// Failures of the sink and of the log, by their code; beyond `namesMax` codes, under `other`.
    package var errors: [String: UInt64] = [:]
    /// How long storing a batch took, as often as it succeeded.
    package var batches = Histogram()

    package init() {}
  }

  /// How many attempts took at most so long: the buckets of a histogram, each of which counts those
  /// of the ones before it, too.
  package struct Histogram: Sendable, Hashable {
    /// The upper bounds in seconds: from a file on a local disk to the longest timeout.
    package static let bounds: [Double] = [
      0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10, 30, 120,
    ]

    package private(set) var counts = [UInt64](repeating: 0, count: bounds.count)
    package private(set) var count: UInt64 = 0
    package private(set) var sum = 0.0

    package init() {}

    package mutating func note(_ seconds: Double) {
      count += 1
      sum += seconds
      for index in Self.bounds.indices where seconds <= Self.bounds[index] { counts[index] += 1 }
    }
  }

  /// How many tags, and how many codes, are told apart.
  package static let namesMax = 64
  static let other = "other"

  private let state = Mutex(Counts())

  var counts: Counts { state.withLock { $0 } }

  /// A drive is under way, and turns.
  func beat() { state.withLock { $0.beatAt = .now } }

  /// The sink is open, or it is known why not.
  func settle() { state.withLock { $0.isSettled = true } }

  /// The drive has ended.
  func rest() {
    state.withLock {
      $0.beatAt = nil
      $0.isSettled = true
    }
  }

  /// An attempt after a failed one.
  func retried() { state.withLock { $0.retries += 1 } }

  func failed(_ code: String) {
    state.withLock { $0.errors[Self.name(code, in: $0.errors), default: 0] += 1 }
  }

  /// `batch` is stored; `seconds` is how long that took, nil if it was a part of what was asked for.
  func stored(_ batch: EventBatch, seconds: Double?) {
    var amounts: [String: Amount] = [:]
    for entry in batch.entries {
      amounts[entry.position.tag ?? Self.other, default: Amount()].add(entry.length)
    }
    state.withLock { counts in
      for (tag, amount) in amounts {
        counts.stored[Self.name(tag, in: counts.stored), default: Amount()].add(amount)
      }
      if let seconds { counts.batches.note(seconds) }
    }
  }

  private static func name<Value>(_ name: String, in known: [String: Value]) -> String {
    known[name] != nil || known.count < namesMax ? name : other
  }
}

extension DriveMeter.Amount {
  fileprivate mutating func add(_ byteCount: Int) {
    events += 1
    bytes += UInt64(byteCount)
  }

  fileprivate mutating func add(_ other: Self) {
    events += other.events
    bytes += other.bytes
  }
}
