public import EventPersistence

/// What came of a verification, in sentences.
public struct VerifyAnswer: Sendable, Hashable {
  public var severity: Severity
  public var lines: [String]
  /// The ids of the replay that would mend what was found.
  public var repair: ClosedRange<UInt64>?

  public init(severity: Severity, lines: [String], repair: ClosedRange<UInt64>? = nil) {
    self.severity = severity
    self.lines = lines
    self.repair = repair
  }
}

extension Model {
  mutating func openVerify(_ name: String) -> [Command] {
    guard let secondary = secondary(name) else { return [] }
    guard ["file", "s3", "command"].contains(secondary.report.kind) else {
      tell("\(name) is of kind \(secondary.report.kind): nothing of it can be read back", .warning)
      return []
    }
    if verifying.contains(name) {
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
      verifying.insert(name)
      let far = share.map { "\(Int($0 * 100)) %" } ?? "under way"
      let found = faults > 0 ? ", \(Quantity.count(faults)) faults so far" : ""
      tell("verifying \(name): \(far)\(found); V stops it", .info)
    case .verified(let name, let answer):
      verifying.remove(name)
      tell(answer.lines.last ?? "\(name) was verified", answer.severity)
      // Somebody who is answering a question is not interrupted: the log has the sentence.
      guard dialog == nil else { return }
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
