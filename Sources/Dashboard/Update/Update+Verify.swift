internal import SecondaryStatus
internal import Wording
import EventPersistence

extension Model {
  mutating func openVerify(_ name: String) -> [Command] {
    guard let secondary = secondary(name) else { return [] }
    guard ["file", "s3", "command"].contains(secondary.report.kind) else {
      tell("\(name) is of kind \(secondary.report.kind): nothing of it can be read back", .warning)
      return []
    }
    if verifying[name] != nil {
      dialog = .question(
        Question(
          title: "Verify \(name)", lines: ["It is being compared with the log."],
          back: "Go on", answers: [("Stop it", [.stopVerifying(name: name)])]))
    } else if let answer = verified[name] {
      dialog = .question(question(name, answer))
    } else {
      dialog = .question(
        Question(
          title: "Verify \(name)",
          lines: [
            "Reads all that \(name) holds, and the log beside it, and compares them event by event.",
            "Nothing is changed.",
          ],
          back: "Back", answers: [("Compare", [.verify(name: name)])]))
    }
    return []
  }

  /// What was found, and what can be done about it: first of all the replay that mends it.
  private func question(_ name: String, _ answer: VerifyAnswer) -> Question {
    var lines = answer.lines
    if let at = answer.at, let now, now.seconds(since: at) >= 10 {
      lines.append("So it was \(Quantity.duration(now.seconds(since: at))) ago.")
    }
    let mend = settings.isReadOnly ? nil : answer.repair
    let anew = ("Compare anew", [Command.verify(name: name)])
    var question = Question(
      title: "Verify \(name)", lines: lines, back: "Close",
      answers: (mend == nil ? [] : [("Plan the replay…", [])]) + [anew])
    question.severity = answer.severity
    // What is only told is closed by whatever key; to compare anew takes a choice.
    question.yes = mend == nil ? 0 : 1
    if let mend {
      question.plan = (
        name,
        ReplayRequest(
          from: .id(mend.lowerBound), through: .id(mend.upperBound), reason: "what verify found")
      )
    }
    return question
  }

  mutating func verifyAnswered(_ message: Message) {
    switch message {
    case .verifying(let name, let share, let faults):
      if verifying[name] == nil {
        verifying[name] = VerificationProgress(since: now)
        tell("\(name) is being compared with the log; V stops it", .info)
      }
      verifying[name]?.share = share
      verifying[name]?.faults = faults
    case .verified(let name, var answer):
      verifying[name] = nil
      answer.at = now
      verified[name] = answer
      let verdict = answer.lines.first ?? "\(name) was verified"
      guard dialog == nil, prompt == nil else {
        // Somebody who answers a question or types is not interrupted.
        tell("\(verdict); V shows it", answer.severity)
        return
      }
      notice = nil
      journal.note(verdict, answer.severity, at: now)
      dialog = .question(question(name, answer))
    default: break
    }
  }
}
