import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

// The code that the documentation shows, compiled and run here. A snippet of the documentation must stand in
// this file, line for line.

struct Printer: EventSink {
  let kind = "printer"
  let target = "stdout"
  let batching = Batching()

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
      SecondaryConfiguration(name: "printer", persistenceDir: "/var/lib/hydra") { Printer() },
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

  @Test("each snippet of the library's documentation is compiled here")
  func snippets() throws {
    let here = URL(fileURLWithPath: #filePath)
    let lines = Self.normalised(try String(contentsOf: here, encoding: .utf8))
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/EventPersistence")
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: []))
    var count = 0
    for case let file as URL in files where ["md", "swift"].contains(file.pathExtension) {
      for snippet in Self.snippets(of: try String(contentsOf: file, encoding: .utf8)) {
        count += 1
        #expect(lines.contains(Self.normalised(snippet)), "\(file.lastPathComponent):\n\(snippet)")
      }
    }
    #expect(count >= 4)
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
  static func normalised(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
