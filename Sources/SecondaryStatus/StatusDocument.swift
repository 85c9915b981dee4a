package import EventPersistence
internal import Foundation

/// `status --json`: one look at a primary and its secondaries. Unknown values are null.
package struct StatusDocument: Sendable, Hashable, Codable {
  package struct Primary: Sendable, Hashable, Codable {
    package var persistenceDir: String
    package var state: Survey.State
    @Nullable package var format: LogFormat?
    /// The first event that is left, archives included.
    @Nullable package var firstEventId: UInt64?
    @Nullable package var lastEventId: UInt64?
    @Nullable package var lastEventTime: EventTime?
    @Nullable package var bytes: UInt64?
    @Nullable package var tornLines: Int?
    package var archives: [Archive]
    package var missing: [Survey.Missing]
    package var severity: Severity
    @Nullable package var explanation: String?
    /// Null in the document of a node on another machine about which nothing is known.
    @Nullable package var warnings: [PrimaryWarning]?
  }

  package struct Archive: Sendable, Hashable, Codable {
    package var path: String
    @Nullable package var firstEventId: UInt64?
    @Nullable package var lastEventId: UInt64?
    @Bounded package var bytes: UInt64
    /// Whether it is of a log that the node no longer has; it is not read.
    @Nullable package var isFormer: Bool?
  }

  /// The Hydra Head with the time that was left when it was looked at.
  package struct Head: Sendable, Hashable, Codable {
    package var state: HydraHead
    /// Until the contestation deadline; negative once it has passed.
    package var contestationSecondsLeft: Double?

    package init(_ state: HydraHead, at now: EventTime) {
      self.state = state
      contestationSecondsLeft = state.contestationDeadline.map {
        StatusDocument.rounded($0.seconds(since: now))
      }
    }

    private enum CodingKeys: String, CodingKey { case contestationSecondsLeft }

    package init(from decoder: any Decoder) throws {
      state = try HydraHead(from: decoder)
      contestationSecondsLeft = try decoder.container(keyedBy: CodingKeys.self)
        .decodeIfPresent(Double.self, forKey: .contestationSecondsLeft)
    }

    package func encode(to encoder: any Encoder) throws {
      try state.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(contestationSecondsLeft, forKey: .contestationSecondsLeft)
    }
  }

  package var version = 1
  /// The node's name, if there are several.
  package var node: String?
  package var at: EventTime
  package var stateDir: String
  package var primary: Primary
  /// The Hydra Head, from the log's tail.
  @Nullable package var head: Head?
  package var secondaries: [SecondaryReport]
  /// Why the state directory could not be read; null if it could.
  @Nullable package var stateError: String?

  package init(_ observation: Observation) {
    let survey = observation.survey
    at = observation.at
    stateDir = observation.stateDir
    primary = Primary(
      persistenceDir: observation.persistenceDir, state: survey.state, format: survey.format,
      firstEventId: survey.first?.eventId, lastEventId: survey.head?.eventId,
      lastEventTime: survey.head?.time, bytes: survey.bytes, tornLines: survey.tornLines,
      archives: survey.archives.map {
        Archive(
          path: $0.path, firstEventId: $0.firstEventId, lastEventId: $0.lastEventId,
          bytes: $0.bytes, isFormer: $0.isFormer)
      },
      missing: survey.missing, severity: observation.primarySeverity, explanation: survey.sentence,
      warnings: observation.warnings)
    head = survey.hydraHead.map { Head($0, at: observation.at) }
    secondaries = observation.secondaries.map { secondary in
      var report = secondary.report
      report.lagSeconds = report.lagSeconds.map(Self.rounded)
      report.ratePerSecond = report.ratePerSecond.map(Self.rounded)
      report.etaSeconds = report.etaSeconds.map(Self.rounded)
      return report
    }
    stateError = observation.stateTrouble?.message
  }

  /// The document of a node on another machine about which nothing is known.
  ///
  /// - Parameter place: how it was asked, in place of its directory.
  package init(unreachable place: String, because why: String, at: EventTime) {
    self.at = at
    stateDir = ""
    primary = Primary(
      persistenceDir: place, state: .unreadable, archives: [], missing: [], severity: .unknown,
      explanation: why, warnings: nil)
    head = nil
    secondaries = []
    stateError = why
  }

  /// To a thousandth: smaller digits are noise of the clocks.
  fileprivate static func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }

  /// One line of JSON, keys sorted, without a line feed.
  package var json: String {
    String(decoding: JSONFile.data(of: self).dropLast(), as: UTF8.self)
  }

  /// The worst of the primary and of every secondary. No secondary at all is unknown, and so is a
  /// state directory that cannot be read.
  package var severity: Severity {
    var all = [primary.severity] + secondaries.map(\.severity)
    if secondaries.isEmpty || stateError != nil { all.append(.unknown) }
    return all.max()!
  }

  /// The exit code of `status`: 0, 1, 2 or 3.
  package var exitCode: Int32 { severity.exitCode }

  private enum CodingKeys: String, CodingKey {
    case version, node, at, stateDir, primary, head, secondaries, stateError
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(version, forKey: .version)
    try container.encodeIfPresent(node, forKey: .node)
    try container.encode(at.text(fractionDigits: 3), forKey: .at)
    try container.encode(stateDir, forKey: .stateDir)
    try container.encode(primary, forKey: .primary)
    try container.encode(_head, forKey: .head)
    try container.encode(secondaries, forKey: .secondaries)
    try container.encode(_stateError, forKey: .stateError)
  }
}
