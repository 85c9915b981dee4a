package import EventPersistence
internal import SecondaryStatus
internal import Wording

/// A running comparison of a secondary with the log.
struct VerificationProgress: Sendable, Hashable {
  /// How far it has come, from 0 to 1; nil if the total is not known.
  var share: Double?
  /// The faults found so far.
  var faults: UInt64 = 0
  /// When it began.
  var since: EventTime?

  /// The time left, computed from the progress so far; nil while that is too short.
  func secondsLeft(at now: EventTime?) -> Double? {
    guard let share, share >= 0.01, let since, let now else { return nil }
    let elapsed = now.seconds(since: since)
    return elapsed >= 1 ? elapsed * (1 - share) / share : nil
  }
}

/// The result of a verification, in sentences.
package struct VerifyAnswer: Sendable, Hashable {
  package var severity: Severity
  /// The verdict, then the findings.
  package var lines: [String]
  /// The ids of the replay that would repair the faults.
  package var repair: ClosedRange<UInt64>?
  /// When it was found.
  package var at: EventTime?

  package init(
    severity: Severity, lines: [String], repair: ClosedRange<UInt64>? = nil, at: EventTime? = nil
  ) {
    self.severity = severity
    self.lines = lines
    self.repair = repair
    self.at = at
  }

  /// Whether it is still what counts: no replay and no other verify has followed it.
  func isCurrent(_ last: Verified?) -> Bool {
    guard let last else { return true }
    return last.replayedAt == nil && at.map { $0 >= last.record.at } ?? true
  }
}

extension Question {
  /// Asks before it compares `name` with the log.
  static func verify(_ name: String, last: String? = nil) -> Question {
    Question(
      title: "Verify \(name)",
      lines: (last.map { ["Last \($0)."] } ?? []) + [
        "Reads what \(name) holds and the log, and compares them event by event.",
        "Neither is changed.",
      ],
      back: "Back", answers: [("Compare", .commands([.verify(name: name)]))])
  }

  static func stopVerifying(_ name: String) -> Question {
    Question(
      title: "Verify \(name)", lines: ["It is being compared with the log."], back: "Close",
      answers: [("Stop it", .commands([.stopVerifying(name: name)]))])
  }

  /// Shows the result, and what to do about it: first of all the replay that repairs it.
  static func verified(
    _ name: String, _ answer: VerifyAnswer, now: EventTime?, isReadOnly: Bool
  ) -> Question {
    var lines = answer.lines
    if let at = answer.at, let now, now.seconds(since: at) >= 10 {
      lines.append("This result is \(Quantity.duration(now.seconds(since: at))) old.")
    }
    let mend = isReadOnly ? nil : answer.repair
    var answers: [(String, Answer)] = [
      ("Compare again", .commands([.verify(name: name)]))
    ]
    if let mend {
      let order = Order.replay(name: name, .repairing(mend))
      answers.insert(("Plan the replay…", .order(order)), at: 0)
    }
    var question = Question(
      title: "Verify \(name)", lines: lines, back: "Close", answers: answers)
    question.severity = answer.severity
    // A mere message closes on any key; comparing again is a choice.
    question.form.yes = mend == nil ? 0 : 1
    return question
  }
}

extension Model {
  mutating func openVerify(_ name: String) -> [Command] {
    guard let secondary = secondary(name) else { return [] }
    let kind = secondary.report.kind
    guard ["file", "s3", "command"].contains(kind) else {
      tell("\(name) is of kind \(kind), whose content cannot be read back", .warning)
      return []
    }
    if verifying[name] != nil {
      dialog = .question(.stopVerifying(name))
    } else if let answer = verified[name], answer.isCurrent(secondary.report.verified) {
      dialog = .question(.verified(name, answer, now: now, isReadOnly: settings.isReadOnly))
    } else {
      dialog = .question(.verify(name, last: secondary.report.verified?.text(at: now)))
    }
    return []
  }

  mutating func verifying(_ name: String, share: Double?, faults: UInt64) {
    if verifying[name] == nil {
      verifying[name] = VerificationProgress(since: now)
      tell("\(name) is being compared with the log; V stops it", .info)
    }
    verifying[name]?.share = share
    verifying[name]?.faults = faults
  }

  mutating func verified(_ name: String, _ answer: VerifyAnswer) {
    verifying[name] = nil
    var answer = answer
    answer.at = answer.at ?? now
    verified[name] = answer
    let verdict = answer.lines.first ?? "\(name) was verified"
    guard dialog == nil, prompt == nil else {
      // A user who answers a question or types is not interrupted.
      tell("\(verdict); V shows it", answer.severity)
      return
    }
    notice = nil
    journal.note(verdict, answer.severity, at: now)
    dialog = .question(.verified(name, answer, now: now, isReadOnly: settings.isReadOnly))
  }
}
