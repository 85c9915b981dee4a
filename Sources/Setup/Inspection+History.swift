internal import EventPersistence
internal import HydraLog
internal import Wording

extension Inspection {
  /// What each history has that the log no longer has, and which events neither has.
  func histories(_ log: PersistenceDirectory) async throws -> [Finding] {
    let survey = await log.survey()
    guard survey.state == .live, let first = survey.first else { return [] }
    var findings: [Finding] = []
    var seen: Set<String> = []
    for secondary in setup.configuration.secondaries {
      guard let name = secondary.history, seen.insert(name).inserted else { continue }
      let joined = try setup.joined(secondary, log)
      do throws(SourceError) {
        // A history that cannot be read is not part of the survey.
        _ = try await joined.status(of: nil)
        findings.append(finding(name, await joined.survey(), first))
      } catch {
        findings.append(
          Finding(subject: "history", severity: .error, sentence: "\(name) · \(error.message)"))
      }
    }
    return findings
  }

  private func finding(_ name: String, _ survey: Survey, _ first: Position) -> Finding {
    if !survey.missing.isEmpty {
      let ids = survey.missing.prefix(3).map { "\($0.from) to \($0.through)" }.joined(
        separator: ", ")
      let more = survey.missing.count > 3 ? ", and more" : ""
      return Finding(
        subject: "history", severity: .warning,
        sentence: "\(name) · neither it nor a log of the node has the events \(ids)\(more)")
    }
    let start = survey.first.map { $0.eventId } ?? first.eventId
    return Finding(
      subject: "history", severity: .ok,
      sentence: start < first.eventId
        ? "\(name) · begins at \(start); the node's log begins at \(first.eventId)"
        : "\(name) · not needed now: the node's log begins at \(first.eventId)")
  }
}
