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

  func secondsLeft(at now: EventTime?) -> Double? {
    TimeLeft.seconds(share, since: since, at: now)
  }
}

/// The result of a verification, in sentences.
package struct VerifyAnswer: Sendable, Hashable {
  package var severity: Severity
  /// The verdict, then the findings.
  package var lines: [String]
  /// The ids of the replays that would repair the faults, in order.
  package var repairs: [ClosedRange<UInt64>]
  /// When it was found.
  package var at: EventTime?

  package init(
    severity: Severity, lines: [String], repairs: [ClosedRange<UInt64>] = [],
    at: EventTime? = nil
  ) {
    self.severity = severity
    self.lines = lines
    self.repairs = repairs
    self.at = at
  }

  /// Whether it is still what counts: no replay and no other verify has followed it.
  func isCurrent(_ last: Verified?) -> Bool {
    guard let last else { return true }
    return last.replayedAt == nil && at.map { $0 >= last.record.at } ?? true
  }

  /// Its repairs that no replay has delivered yet.
  ///
  /// - Parameter last: what is known by now.
  func open(_ last: Verified?) -> [ClosedRange<UInt64>] {
    guard let last, last.record.isFaulty else { return repairs }
    let open = repairs.filter { repair in
      last.record.repairs.contains { repair.overlaps($0.from...max($0.from, $0.through)) }
    }
    // What is known may be older than this.
    return open.isEmpty ? repairs : open
  }
}

extension Question {
  /// Asks before it compares `name` with the log; offers what mends the faults found last.
  static func verify(_ name: String, _ last: Verified?, now: EventTime?, isReadOnly: Bool)
    -> Question
  {
    var question = Question(
      title: "Verify \(name)",
      lines: (last.map { ["Last \($0.text(at: now))."] } ?? []) + [
        "Reads what \(name) holds and the log, and compares them event by event.",
        "Neither is changed.",
      ],
      back: "Back", answers: [("Compare", .commands([.verify(name: name)]))])
    var repairs: [VerifiedRecord.Repair] = []
    if let last, last.record.isFaulty, last.replayedAt == nil { repairs = last.record.repairs }
    if !isReadOnly, let (answer, line) = mending(name, repairs.map { $0.from...$0.through }) {
      question.lines += line
      question.form.buttons.append(answer.0)
      question.answers.append(answer.1)
    }
    return question
  }

  /// The answer that plans the first of these replays, and a line that says so if there are several.
  private static func mending(_ name: String, _ repairs: [ClosedRange<UInt64>])
    -> (answer: (String, Answer), line: [String])?
  {
    guard let next = repairs.first else { return nil }
    let line =
      "\(repairs.count) replays repair it. The next one: \(next.lowerBound) to \(next.upperBound)."
    return (
      ("Plan the replay…", .order(.replay(name: name, .repairing(next)))),
      repairs.count > 1 ? [line] : []
    )
  }

  static func stopVerifying(_ name: String) -> Question {
    Question(
      title: "Verify \(name)", lines: ["It is being compared with the log."], back: "Close",
      answers: [("Stop it", .commands([.stopVerifying(name: name)]))])
  }

  /// Shows the result, and what to do about it: first of all the replay that repairs it.
  static func verified(
    _ name: String, _ answer: VerifyAnswer, last: Verified?, now: EventTime?, isReadOnly: Bool
  ) -> Question {
    var lines = answer.lines
    if let at = answer.at, let now, now.seconds(since: at) >= 10 {
      lines.append("This result is \(Quantity.duration(now.seconds(since: at))) old.")
    }
    var answers: [(String, Answer)] = [
      ("Compare again", .commands([.verify(name: name)]))
    ]
    let mend = isReadOnly ? nil : mending(name, answer.open(last))
    if let mend {
      lines += mend.line
      answers.insert(mend.answer, at: 0)
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
    guard ["file", "s3", "jetstream", "command"].contains(kind) else {
      tell("\(name) is of kind \(kind), whose content cannot be read back", .warning)
      return []
    }
    let last = secondary.report.verified
    if verifying[name] != nil {
      dialog = .question(.stopVerifying(name))
    } else if let answer = verified[name], answer.isCurrent(last) {
      show(answer, of: name, last)
    } else {
      dialog = .question(.verify(name, last, now: now, isReadOnly: settings.isReadOnly))
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
    show(answer, of: name, secondary(name)?.report.verified)
  }

  private mutating func show(_ answer: VerifyAnswer, of name: String, _ last: Verified?) {
    dialog = .question(
      .verified(name, answer, last: last, now: now, isReadOnly: settings.isReadOnly))
  }
}
