import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import SecondaryStatus

@Suite struct StatusDocumentTests {
  let state = TemporaryState()

  func document(_ secondaries: [SecondaryDescription], _ source: MemorySource) async
    -> StatusDocument
  {
    StatusDocument(
      await Observer(
        source: source, persistenceDir: "/hydra", state: state.directory,
        secondaries: secondaries
      ).look())
  }

  let cold = SecondaryDescription(
    name: "cold", kind: "file", target: "/srv/cold", persistenceDir: "/hydra")

  func names(in value: Any?) -> Set<String> { Set((value as? [String: Any] ?? [:]).keys) }

  @Test("every key of the contract is present, and unknown values are null")
  func keys() async throws {
    let text = await document([cold], MemorySource(SampleEvents.make(3))).json
    #expect(!text.contains("\n"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(
      names(in: json).isSuperset(of: ["version", "at", "stateDir", "primary", "secondaries"]))
    let primary = names(in: json["primary"])
    #expect(
      primary.isSuperset(of: [
        "persistenceDir", "state", "format", "firstEventId", "lastEventId", "lastEventTime",
        "bytes", "tornLines", "archives", "missing",
      ]))
    let secondary = try #require((json["secondaries"] as? [[String: Any]])?.first)
    let inner = names(in: secondary)
    #expect(
      inner.isSuperset(of: [
        "name", "kind", "checkpoint", "lagEvents", "lagSeconds", "ratePerSecond", "etaSeconds",
        "state", "stateSince", "severity", "lastError", "errorCode", "errorSince", "errorCount",
        "driver",
        "replay", "paused",
      ]))
    for key in [
      "checkpoint", "ratePerSecond", "etaSeconds", "lastError", "errorCode", "driver", "replay",
    ] {
      #expect(secondary[key] is NSNull, "\(key)")
    }
    #expect(secondary["lagEvents"] as? Int == 3)
    let at = try #require(json["at"] as? String)
    #expect(at.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
  }

  @Test("a document survives being written and read")
  func roundTrip() async throws {
    try state.folder.write(Checkpoint(position: Position(eventId: 1), at: .now, highest: 1))
    try state.directory.pause("cold", by: "a@h", reason: "why", until: nil)
    let document = await document([cold], MemorySource(SampleEvents.make(3)))
    let read = try JSONDecoder().decode(StatusDocument.self, from: Data(document.json.utf8))
    #expect(read.json == document.json)
  }

  @Test("the exit code is the worst: an error before the unknown before a warning")
  func exitCode() async throws {
    let log = MemorySource(SampleEvents.make(3))
    #expect(await document([cold], log).exitCode == 0)
    #expect(await document([], log).exitCode == 3, "no secondary at all")
    let gone = MemorySource()
    await gone.fail(SourceError(.missing, "no log"))
    #expect(await document([cold], gone).exitCode == 3, "no log at all")
    let closed = MemorySource()
    await closed.fail(SourceError(.unreadable, "closed"))
    #expect(await document([cold], closed).exitCode == 2)
    try state.plant("{", in: "checkpoint.json")
    #expect(await document([cold], log).exitCode == 3)
    let warm = SecondaryDescription(
      name: "warm", kind: "file", target: "/srv/warm", persistenceDir: "/hydra")
    try state.directory.folder("warm").write(
      Checkpoint(position: SampleEvents.make(1)[0].position, at: .now, highest: 9))
    #expect(await document([cold, warm], log).exitCode == 2, "rewound beside unknown")
    try state.directory.pause(
      "warm", by: "a@h", reason: nil, until: EventTime.now.advanced(bySeconds: -9))
    #expect(await document([warm], log).exitCode == 1)
    #expect(await document([cold, warm], log).exitCode == 3)
  }
}
