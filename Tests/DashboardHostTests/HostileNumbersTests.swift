import Dashboard
import EventPersistenceTesting
import Foundation
import Testing

@testable import DashboardHost
@testable import EventPersistence
@testable import SecondaryStatus

@Suite("numbers that no writer of ours writes, in each file of the state")
struct HostileNumbersTests {
  private let state = TemporaryState()
  private let source = MemorySource(SampleEvents.make(30))

  private static let numbers = [
    "0", "-1", "2147483648", "9007199254740992", "4611686018427387904", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "1e300", "1e-300", "0.5", "\"NaN\"", "\"\"",
  ]
  private static let times = ["\"0000-01-01T00:00:00Z\"", "\"9999-12-31T23:59:60.999Z\"", "\"\""]

  /// Files as a driver leaves them, each with every number that it can have.
  private static var files: [String: Data] {
    let positions = SampleEvents.make(30).map(\.position)
    let checkpoint = Checkpoint(position: positions[9], at: .now, highest: 12)
    var driver = DriverReport(pid: getpid(), host: "here", startedAt: .now)
    (driver.ratePerSecond, driver.peakPerSecond) = (2, 3)
    (driver.batchingSeconds, driver.timeoutSeconds) = (60, 60)
    (driver.lastError, driver.errorSince, driver.retryAt) = ("exit 1", .now, .now)
    var replay = ReplayRecord(
      id: "r1", kind: .rewind, from: positions[3], through: positions[20], requestedBy: "a@b",
      reason: nil, at: .now, maxRate: 5, previousCheckpoint: checkpoint)
    (replay.position, replay.state, replay.startedAt) = (positions[7], .running, .now)
    (replay.driverPid, replay.delivered) = (getpid(), 5)
    let journal = [JournalEntry(.error, "exit 1", at: .now), JournalEntry(.state, "ok", at: .now)]
    let binding = Binding(
      kind: "file", target: "/srv/cold", persistenceDir: "/hydra", first: positions[0],
      createdAt: .now)
    return [
      "checkpoint.json": JSONFile.data(of: checkpoint), "driver.json": JSONFile.data(of: driver),
      "replay.json": JSONFile.data(of: replay), "replays.jsonl": JSONFile.data(of: replay),
      "journal.jsonl": journal.reduce(Data()) { $0 + JSONFile.data(of: $1) },
      "secondary.json": JSONFile.data(of: binding),
      "pause.json": JSONFile.data(of: PauseOrder(by: "a@b", at: .now, reason: nil, until: .now)),
    ]
  }

  /// `text` with each of its numbers and times in turn replaced by a hostile one.
  private static func variants(_ text: String) -> [String] {
    let number = text.matches(of: /[:,\[]([0-9.]+)(?=[,}\]])/).map {
      $0.output.1.startIndex..<$0.output.1.endIndex
    }
    let time = text.matches(of: /"[0-9]{4}-[^"]*Z"/).map(\.range)
    return number.flatMap { range in numbers.map { text.replacingCharacters(in: range, with: $0) } }
      + time.flatMap { range in times.map { text.replacingCharacters(in: range, with: $0) } }
  }

  private func plant(_ files: [String: Data]) throws {
    for (name, data) in files {
      try state.plant(String(decoding: data, as: UTF8.self), in: name)
    }
  }

  /// Looks twice, and draws what was found: the table, and the page of the secondary.
  @discardableResult
  private func look() async throws -> StatusDocument {
    let description = SecondaryDescription(
      name: "cold", kind: "file", target: "/srv/cold", persistenceDir: "/hydra")
    let observer = Observer(
      source: source, persistenceDir: "/hydra", state: state.directory, secondaries: [description])
    var model = Model(
      settings: Settings(persistenceDir: "/hydra", interval: .seconds(1)), width: 140, height: 60)
    _ = model.start()
    var document: StatusDocument?
    for _ in 0..<2 {
      let observation = await observer.look()
      _ = model.update(.tick(observation.at))
      _ = model.update(
        .observed(Observed(observation, trend: PrimaryTrend())))
      let json = Data(StatusDocument(observation).json.utf8)
      document = try JSONDecoder().decode(StatusDocument.self, from: json)
      _ = model.view().plainText
    }
    let folder = state.folder
    let history = SecondaryHistory(
      name: "cold", samples: [], journal: try folder.readJournal(last: 20))
    _ = model.update(.key(.enter))
    _ = model.update(.history(history))
    #expect(model.view().plainText.contains("Secondary cold"))
    return try #require(document)
  }

  @Test("are shown or refused, and end no program", arguments: files.keys.sorted())
  func stateFiles(name: String) async throws {
    let files = Self.files
    try plant(files)
    let lock = try state.folder.lock()
    defer { lock?.release() }
    #expect(try await look().secondaries[0].state == .replaying)
    let variants = Self.variants(String(decoding: files[name]!, as: UTF8.self))
    #expect(variants.count >= 3)
    for text in variants {
      try state.plant(text, in: name)
      try await look()
      // With a replay under way, the states after it in the table are not reached.
      unlink(state.folder.file("replay.json"))
      unlink(state.folder.file("pause.json"))
      if name != "pause.json", name != "replay.json" { try await look() }
      try state.folder.note(JournalEntry(.state, "ok", at: .now))
      try plant(files)
    }
  }

  @Test(
    "a number beyond the bounds is refused by name", arguments: ["4611686018427387905", "1e300"])
  func refusal(number: String) throws {
    try state.plant("{\"eventId\":\(number),\"highest\":-1}", in: "checkpoint.json")
    let error = #expect(throws: StateError.self) { try state.folder.readCheckpoint() }
    #expect(error?.message.contains("eventId") == true)
    try state.plant("{\"eventId\":4611686018427387904}", in: "checkpoint.json")
    #expect(try state.folder.readCheckpoint()?.eventId == Position.idMax)
  }
}
