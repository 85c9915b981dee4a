import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import SecondaryStatus

// Compiles and runs the code in the documentation. This file must contain each snippet of the
// documentation, line for line.

struct Printer: EventSink {
  let description = SinkDescription(kind: "printer", target: "stdout")

  func open() async throws(SinkError) -> Holdings { .unknown }

  func put(_ batch: EventBatch) async throws(SinkError) {
    for entry in batch.entries { print(entry.position) }
  }
}

@Suite("the documentation") struct DocumentationTests {
  @Test("the landing page runs a delivery in four steps")
  func delivery() async throws {
    let bench = Bench(SampleEvents.make(20))
    let (source, state) = (bench.source, bench.state)
    let secondary = Secondary(
      SecondaryConfiguration(
        name: "printer", persistenceDir: "/var/lib/hydra", sink: Printer()),
      source: source, folder: state.folder("printer"))
    let ends = await Combinator(secondaries: [secondary]).drive(until: .head)
    #expect(ends == ["printer": .reachedHead])
    let replay = Replay(
      of: secondary.configuration, source: source, folder: secondary.folder, requester: "op@node-1")
    let request = ReplayRequest(from: .id(10))
    let plan = try await replay.plan(request)
    let result = try await replay.execute(request, expecting: plan.id)
    #expect(result.record.state == .done && result.record.delivered == 10)
  }

  @Test("a source is read to its head")
  func reading() async throws {
    let source = MemorySource(SampleEvents.make(20))
    let reader = source.reader(from: .first)
    while let batch = try await reader.next(BatchLimits(), through: nil) {
      for entry in batch.entries { print(entry.position) }
    }
    #expect(try await reader.next(BatchLimits(), through: nil) == nil)
  }

  @Test("a secondary is driven alone, and its checkpoint is read")
  func driving() async throws {
    let bench = Bench(SampleEvents.make(20))
    let (source, state) = (bench.source, bench.state)
    let configuration = SecondaryConfiguration(
      name: "printer", persistenceDir: "/var/lib/hydra", sink: Printer())
    let secondary = Secondary(configuration, source: source, folder: state.folder("printer"))
    let end = await secondary.run(until: .head)
    #expect(end == .reachedHead)
    let checkpoint = try state.folder("printer").readCheckpoint()
    print(checkpoint?.eventId.map { "stored through \($0)" } ?? "nothing is stored yet")
    #expect(checkpoint?.eventId == 19)
  }

  @Test("a combinator appends to the primary, and its secondaries receive what they missed")
  func appending() async throws {
    let bench = Bench(SampleEvents.make(20))
    let (log, state) = (bench.source, bench.state)
    let secondary = Secondary(
      SecondaryConfiguration(
        name: "printer", persistenceDir: "/var/lib/hydra", sink: Printer()),
      source: log, folder: state.folder("printer"))
    let json = #"{"eventId":20,"stateChanged":{"tag":"TickObserved"}}"#
    let event = StateEvent(
      position: Position(eventId: 20, tag: "TickObserved"), json: Array(json.utf8))
    let combinator = Combinator(secondaries: [secondary], primary: log)
    await combinator.start()
    try await combinator.append(event)
    #expect(await log.events.count == 21)
    #expect(try secondary.folder.readCheckpoint()?.eventId == 19)
  }

  @Test("a lag machine judges one look")
  func judging() async throws {
    let survey = await MemorySource(SampleEvents.make(20)).survey()
    let description = SecondaryDescription(
      name: "printer", kind: "printer", target: "stdout", persistenceDir: "/var/lib/hydra")
    let checkpoint = Checkpoint(position: Position(eventId: 9), at: nil, highest: 9)
    var machine = LagMachine(description)
    let look = Look(moment: .now, checkpoint: .success(checkpoint), survey: survey)
    let report = machine.observe(look)
    print(report.state, report.lagEvents ?? 0)
    #expect(report.lagEvents == 10)
  }

  @Test("each snippet of the library's documentation is compiled here")
  func snippets() throws {
    let here = URL(fileURLWithPath: #filePath)
    let lines = Self.normalized(try String(contentsOf: here, encoding: .utf8))
    let sources = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    var count = 0
    for module in ["EventPersistence", "SecondaryStatus"] {
      let files = try #require(
        FileManager.default.enumerator(
          at: sources.appending(path: module), includingPropertiesForKeys: []))
      for case let file as URL in files where ["md", "swift"].contains(file.pathExtension) {
        for snippet in Self.snippets(of: try String(contentsOf: file, encoding: .utf8)) {
          count += 1
          #expect(
            lines.contains(Self.normalized(snippet)), "\(file.lastPathComponent):\n\(snippet)")
        }
      }
    }
    #expect(count >= 12)
  }

  /// The blocks of Swift in a page, or in the comments of a source file.
  static func snippets(of text: String) -> [String] {
    let bare = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let trimmed = line.drop { $0 == " " }
      return trimmed.hasPrefix("///") ? String(trimmed.dropFirst(3)) : String(line)
    }
    return bare.joined(separator: "\n").matches(of: /```swift\n((?s).*?)```/)
      .map { String($0.output.1) }
  }

  /// Its lines without indentation, empty ones left out.
  static func normalized(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
