internal import CommandSink
internal import EventPersistence
internal import SecondaryStatus
package import Wording

extension ConfiguredOnState {
  /// How long the program may run.
  package static let timeout = Duration.seconds(30)

  /// Runs the program, with `change` on its standard input and in its environment.
  func tell(
    _ change: StateChange, isolation: isolated (any Actor)? = #isolation
  ) async throws(SinkError) {
    try await ProgramRun(
      command: command, environment: change.environment, timeout: Self.timeout
    ).run(on: change.json)
  }
}

extension StateChange {
  /// The same in variables, for programs that read no JSON; empty where it is null.
  fileprivate var environment: [String: String] {
    [
      "HYDRA_SINKS_NODE": node ?? "", "HYDRA_SINKS_NAME": name ?? "",
      "HYDRA_SINKS_FROM": from ?? "", "HYDRA_SINKS_STATE": to,
      "HYDRA_SINKS_SEVERITY": severity.rawValue, "HYDRA_SINKS_TEXT": text,
    ]
  }
}

extension StatusDocument {
  /// The condition of a secondary, or of the primary; nil if there is no such secondary.
  func condition(of subject: String) -> StateNotices.Condition? {
    if subject == StateNotifier.primary {
      return StateNotices.Condition(state: primary.state.rawValue, severity: primary.severity)
    }
    return secondaries.first { $0.name == subject }.map {
      StateNotices.Condition(state: $0.state.rawValue, severity: $0.severity)
    }
  }
}

extension Setup {
  /// Runs each program of `on-state` once, with what is seen now and a text that says that it is a
  /// test: `check --on-state`.
  package func testOnState() async throws(Refusal) -> [Inspection.Finding] {
    var document = StatusDocument(try await observer(source()).look())
    document.node = node
    var findings: [Inspection.Finding] = []
    var tried: [[String]] = []
    for (subject, onState) in configuration.onStateSubjects where !tried.contains(onState.command) {
      guard let condition = document.condition(of: subject) else { continue }
      tried.append(onState.command)
      let name = subject == StateNotifier.primary ? nil : subject
      let due = StateNotices.Due(subject: subject, from: nil, to: condition, changes: 0)
      var change = StateChange(
        due, in: document, of: name, host: Requester.host,
        text: "a test of on-state: \(due.text(of: name, in: document))")
      change.isTest = true
      do throws(SinkError) {
        try await onState.tell(change)
        findings.append(
          Inspection.Finding(
            subject: "on-state", severity: .ok, sentence: "\(onState.command[0]) was told"))
      } catch {
        findings.append(
          Inspection.Finding(subject: "on-state", severity: .error, sentence: error.message))
      }
    }
    return findings
  }
}
