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

  mutating func verifyAnswered(_ message: Message) {
    switch message {
    case .verifying(let name, let share, let faults):
      if verifying[name] == nil {
        verifying[name] = Verification(since: now)
        tell("\(name) is being compared with the log; V stops it", .info)
      }
      verifying[name]?.share = share
      verifying[name]?.faults = faults
    case .verified(let name, let answer):
      verifying[name] = nil
      tell(answer.lines.last ?? "\(name) was verified", answer.severity)
      // Somebody who answers a question or types is not interrupted: the log has the sentence.
      guard dialog == nil, prompt == nil else { return }
      let mend =
        answer.repair == nil || settings.isReadOnly ? [] : [("Plan the replay…", [Command]())]
      var question = Question(
        title: "Verify \(name)", lines: answer.lines, back: "Close", answers: mend)
      if let repair = answer.repair, !mend.isEmpty {
        question.plan = (
          name,
          ReplayRequest(
            from: .id(repair.lowerBound), through: .id(repair.upperBound),
            reason: "what verify found")
        )
      }
      dialog = .question(question)
    default: break
    }
  }
}
