package import EventPersistence

/// Which changes of state `on-state` tells its program, and when; a value on its caller's clock.
///
/// A change is told once its new state has lasted for `settling`. A subject, which is a secondary or
/// the primary, has at most `runsMax` runs within `window`: what changes meanwhile is collapsed, and
/// the state of then is told, unless it is the one that was told before.
package struct StateNotices: Sendable {
  /// How long a state must last: a secondary whose driver just started passes through others.
  package static let settling = Duration.seconds(3)
  package static let window = Duration.seconds(600)
  /// Enough for a fault and its end, twice.
  package static let runsMax = 5
  /// How long after a run that failed the next one is.
  package static let retryAfter = Duration.seconds(60)
  /// How many runs in a row may fail before the change is given up.
  package static let attemptsMax = 5

  /// A state and its severity: both are told, so that either is a change.
  package struct Condition: Sendable, Hashable, Codable {
    package var state: String
    package var severity: Severity

    package init(state: String, severity: Severity) {
      self.state = state
      self.severity = severity
    }
  }

  /// A change that is to be told now.
  package struct Due: Sendable, Hashable {
    package var subject: String
    /// What was told before; nil: nothing was.
    package var from: Condition?
    package var to: Condition
    /// How many changes there were since; more than 1 if states in between were not told.
    package var changes: Int

    package init(subject: String, from: Condition?, to: Condition, changes: Int) {
      self.subject = subject
      self.from = from
      self.to = to
      self.changes = changes
    }
  }

  private struct Subject {
    var told: Condition?
    var seen: Condition
    var seenSince: Duration
    var limit: Severity
    var changes: Int
    /// When the runs within the window began.
    var runs: [Duration] = []
    var failures = 0

    /// Whether the limit is reached, or was: the end of a fault is told, too.
    var concerns: Bool { seen.severity >= limit || told.map { $0.severity >= limit } ?? false }

    /// When what was seen may be told; nil: it is told already.
    var dueAt: Duration? {
      guard seen != told, concerns else { return nil }
      var due = seenSince + StateNotices.settling
      if failures > 0, let last = runs.last { due = max(due, last + StateNotices.retryAfter) }
      guard runs.count >= StateNotices.runsMax else { return due }
      return max(due, runs[runs.count - StateNotices.runsMax] + StateNotices.window)
    }
  }

  private var subjects: [String: Subject] = [:]
  /// What earlier processes told.
  private let told: [String: Condition]
  /// The subjects of the last look.
  private var shown: Set<String> = []

  /// - Parameter told: what was told before, by subject, so that it is not told again.
  package init(told: [String: Condition] = [:]) { self.told = told }

  /// What was told last, by subject.
  package var latest: [String: Condition] {
    told.merging(subjects.compactMapValues(\.told)) { $1 }
  }

  /// Takes what one look showed. About a subject that it did not show, nothing is due.
  ///
  /// - Parameter seen: for each subject its condition, and the severity from which on it is told.
  package mutating func take(
    _ seen: [String: (condition: Condition, limit: Severity)], at now: Duration
  ) {
    shown = Set(seen.keys)
    for (name, (condition, limit)) in seen {
      var subject =
        subjects[name]
        ?? Subject(
          told: told[name], seen: condition, seenSince: now, limit: limit,
          changes: told[name] == condition ? 0 : 1)
      subject.limit = limit
      if subject.seen != condition {
        subject.seen = condition
        subject.seenSince = now
        subject.changes += 1
        subject.failures = 0
      }
      subject.runs.removeAll { $0 + Self.window <= now }
      // What is not worth a run is what the next change is told to come from.
      if subject.seen != subject.told, !subject.concerns,
        now - subject.seenSince >= Self.settling
      {
        subject.told = condition
        subject.changes = 0
      }
      subjects[name] = subject
    }
  }

  /// The change that has been due for the longest time; nil if none is.
  package func due(at now: Duration) -> Due? {
    let due = shown.compactMap { name in
      let subject = subjects[name]!
      return subject.dueAt.flatMap { at in at <= now ? (at: at, name: name, subject: subject) : nil
      }
    }
    return due.min { ($0.at, $0.name) < ($1.at, $1.name) }.map {
      Due(
        subject: $0.name, from: $0.subject.told, to: $0.subject.seen, changes: $0.subject.changes)
    }
  }

  /// Notes how the run for `due`, begun at `start`, ended.
  ///
  /// - Returns: whether the change is settled: told, or given up.
  @discardableResult
  package mutating func ran(_ due: Due, at start: Duration, wasTold: Bool) -> Bool {
    guard var subject = subjects[due.subject] else { return true }
    defer { subjects[due.subject] = subject }
    subject.runs.append(start)
    if !wasTold {
      subject.failures += 1
      guard subject.failures >= Self.attemptsMax else { return false }
    }
    subject.told = due.to
    subject.changes = 0
    subject.failures = 0
    return true
  }
}
