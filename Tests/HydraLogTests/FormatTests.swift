import EventPersistence
import Foundation
import SimulatedNode
import Testing

@testable import HydraLog

/// Logs of each format that a node has written, made by a simulated node.
@Suite("Each format of a log")
struct FormatTests {
  private static let count = 600

  private func simulate(_ format: LogFormat) async throws -> LogFolder {
    let folder = LogFolder()
    try await SimulatedNode(
      SimulatedNode.Options(
        directory: folder.path, format: format, count: Self.count, firstTime: Line.time(0))
    ).run()
    return folder
  }

  @Test(
    "all events are read in order, each with its id, its tag, its time and a summary",
    arguments: LogFormat.allCases)
  func events(format: LogFormat) async throws {
    let folder = try await simulate(format)
    let events = try await folder.directory.reader(from: .first).all()
    #expect(events.map(\.eventId) == Array(0..<UInt64(Self.count)))
    let isTimed = format != .bare && format != .untimed
    #expect(events.allSatisfy { ($0.position.time != nil) == isTimed })
    var silent: Set = ["NetworkConnected", "NetworkDisconnected"]
    // Its outputs are one item of the ledger's CBOR, and are not counted.
    if format == .sqliteCBOR { silent.insert("CommitApproved") }
    for event in events {
      let object = try JSONSerialization.jsonObject(with: Data(event.json)) as? NSDictionary
      #expect(object?["eventId"] as? Int == Int(event.eventId))
      let tag = try #require((object?["stateChanged"] as? NSDictionary)?["tag"] as? String)
      #expect(event.tag == tag)
      let line = event.json.withUnsafeBytes { EventSummary.line(for: $0, tag: tag) }
      #expect(!line.isEmpty || silent.contains(tag), "\(tag)")
    }
  }

  @Test(
    "a look shows the format, both ends and the Hydra Head",
    arguments: LogFormat.allCases)
  func survey(format: LogFormat) async throws {
    let folder = try await simulate(format)
    let survey = folder.directory.surveyNow()
    #expect(survey.state == .live)
    #expect(survey.format?.rawValue == format.rawValue)
    #expect(survey.first?.eventId == 0)
    #expect(survey.head?.eventId == UInt64(Self.count) - 1)
    #expect(survey.hydraHead?.id?.count == 56)
    #expect(survey.hydraHead?.chainPoint?.blockHash.count == 64)
    #expect(survey.hydraHead?.isChainSynced == true)
    #expect(survey.hydraHead?.peersConnected != nil)
  }

  @Test(
    "a line of each form is one event of the same content, in files that change their form",
    arguments: [LogFormat.bare, .untimed, .state])
  func lines(format: LogFormat) async throws {
    let folder = try await simulate(format)
    let whole = try await simulate(.state)
    let events = try await folder.directory.reader(from: .first).all()
    let expected = try await whole.directory.reader(from: .first).all()
    for (event, other) in zip(events, expected) {
      let change = try [event, other].map {
        try JSONSerialization.jsonObject(with: Data($0.json)) as? NSDictionary
      }.map { $0?["stateChanged"] as? NSDictionary }
      #expect(change[0] != nil && change[0] == change[1], "\(event.position)")
    }
    #expect(events.count == expected.count)
  }
}
