import EventPersistence
import EventPersistenceTesting
import Testing

@testable import SecondaryStatus

@Suite("warnings about a log")
struct PrimaryWarningTests {
  private static func survey(
    _ format: LogFormat?, bytes: UInt64?, archived: UInt64 = 0, state: Survey.State = .live
  ) -> Survey {
    var survey = Survey(state: state, format: format, bytes: bytes.map { $0 + archived })
    if archived > 0 {
      survey.archives = [
        Survey.Archive(path: "state-9", firstEventId: 0, lastEventId: 9, bytes: archived)
      ]
    }
    return survey
  }

  private func kinds(_ survey: Survey, freeBytes: UInt64?) -> [PrimaryWarning.Kind] {
    PrimaryWarning.all(of: survey, freeBytes: freeBytes).map(\.kind)
  }

  @Test("less free space than the live log takes is one, and archives do not count")
  func lowDisk() {
    let survey = Self.survey(.sqliteCBOR, bytes: 1000, archived: 10_000)
    #expect(kinds(survey, freeBytes: 1000) == [])
    #expect(kinds(survey, freeBytes: 999) == [.lowDisk])
    #expect(kinds(survey, freeBytes: nil) == [], "unknown is no warning")
    #expect(kinds(Self.survey(.state, bytes: 1000), freeBytes: 0) == [.lowDisk])
  }

  @Test("a live log of 500 MB is one")
  func largeLog() {
    #expect(kinds(Self.survey(.state, bytes: 499_999_999), freeBytes: .max) == [])
    #expect(kinds(Self.survey(.state, bytes: 500_000_000), freeBytes: .max) == [.largeLog])
    #expect(
      kinds(Self.survey(.state, bytes: 499_999_999, archived: 1 << 40), freeBytes: .max) == [])
    #expect(
      kinds(Self.survey(.sqliteJSON, bytes: 1 << 30), freeBytes: 1) == [.lowDisk, .largeLog])
  }

  @Test("a log that cannot be read has other troubles")
  func unreadable() {
    #expect(kinds(Self.survey(nil, bytes: nil), freeBytes: 0) == [])
    #expect(kinds(Self.survey(.state, bytes: 1 << 40, state: .unreadable), freeBytes: 0) == [])
  }

  @Test(
    "each says what a rotation of that release does",
    arguments: [
      (LogFormat.state, "state-ID"), (.untimed, "from 0.22 on can do that"),
      (.bare, "from 0.22 on can do that"), (.sqliteJSON, "2.1 and 2.2 delete them"),
      (.sqliteCBOR, "old-state/hydra-ID.db"),
    ])
  func sentences(format: LogFormat, words: String) throws {
    let warning = try #require(
      PrimaryWarning.all(of: Self.survey(format, bytes: 600_000_000), freeBytes: nil).first)
    #expect(warning.message.contains(words), "\(warning.message)")
    #expect(warning.message.contains("600 MB"))
  }

  @Test("a look has them, and they are its severity, in the document too")
  func observed() async throws {
    let state = TemporaryState()
    let source = MemorySource(SampleEvents.make(3))
    func look(_ free: UInt64) async -> Observation {
      await Observer(
        source: source, persistenceDir: "/hydra", state: state.directory, secondaries: [],
        freeBytes: { $0 == "/hydra" ? free : nil }
      ).look()
    }
    let survey = await source.survey()
    try #require(survey.format != nil && survey.bytes.map { $0 > 0 } ?? false)
    #expect(await look(.max).primarySeverity == .ok)
    let observation = await look(0)
    #expect(observation.freeBytes == 0)
    #expect(observation.primarySeverity == .warning)
    let document = StatusDocument(observation)
    #expect(document.primary.warnings?.map(\.kind) == [.lowDisk])
    #expect(document.json.contains("\"kind\":\"low-disk\""))
  }
}
