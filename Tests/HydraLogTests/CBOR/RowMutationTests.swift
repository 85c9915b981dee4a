import EventPersistence
import EventPersistenceTesting
import Foundation
import SQLite
import SimulatedNode
import Testing

@testable import EventArchive
@testable import HydraLog

@Suite("Rows and their JSON, at random")
struct RowMutationTests {
  private var samples: [[UInt8]] {
    let real = Samples.areThere ? Samples.cborRows.map(\.row).filter { $0.count < 5000 } : []
    return ConstructorTests.rows + real
  }

  @Test(
    "of any bytes that are an event, the JSON tells the bytes", arguments: SeededRandom.seeds([1]))
  func rows(seed: UInt64) throws {
    var events = 0
    for bytes in Mutations(of: samples, words: ["StateEvent", "\u{18}\u{01}"], seed: seed) {
      guard let json = CBORText.json(bytes) else { continue }
      events += 1
      #expect((try? CBORText.row(of: json)) == bytes, "\(json)")
    }
    #expect(events > 100)
  }

  @Test(
    "any JSON is encoded or refused with a sentence, and what is encoded decodes to the same JSON",
    arguments: SeededRandom.seeds([1]))
  func json(seed: UInt64) throws {
    let lines = samples.compactMap { CBORText.json($0) }
    let others = Samples.areThere ? Samples.lines("2.3.0").filter { $0.utf8.count < 5000 } : []
    let events = others.enumerated().map { Samples.event($0, $1) }
    var encoded = 0
    for bytes in Mutations(
      of: lines + events, words: ["null", "1.5", "true", "\"tag\":", "\"undecoded\":", "ab"],
      seed: seed)
    {
      let json = String(decoding: bytes, as: UTF8.self)
      guard let row = try row(of: bytes) else { continue }
      encoded += 1
      let decoded = try #require(CBORText.json(row), "\(json)")
      #expect(try CBORText.row(of: decoded) == row, "\(json)")
      if json.contains("undecoded") { continue }
      let verdict = bytes.withUnsafeBytes { one in
        Array(decoded.utf8).withUnsafeBytes {
          EventContent.compare(one, $0, isStrict: false)
        }
      }
      switch verdict {
      case .same, .incomparable: break
      case .differs(let path): Issue.record("\(path): \(json) \(decoded)")
      }
    }
    #expect(encoded > 20)
  }

  /// The row of the event `json`; nil if it is refused with a sentence.
  private func row(of json: [UInt8]) throws -> [UInt8]? {
    do {
      return try CBORText.row(of: json)
    } catch let error as NodeEncodingError {
      #expect(!"\(error)".isEmpty)
      return nil
    }
  }

  @Test("each row of a simulated node is encoded to the same bytes again")
  func simulated() async throws {
    let count = Mutations(of: [[]], seed: 0).reduce(0) { sum, _ in sum + 1 }
    let folder = LogFolder()
    for seed in 1...2 {
      try await SimulatedNode(
        SimulatedNode.Options(
          directory: "\(folder.path)/\(seed)", format: .sqliteCBOR, count: count / 2,
          rotateAfter: count / 5, seed: UInt64(seed), payloadBytes: seed == 1 ? 700 : 4000)
      ).run()
      var rows = 0
      for file in try databases("\(folder.path)/\(seed)") {
        var decoder = NodeDecoder()
        var encoder = NodeEncoder()
        var json = ByteWriter(capacity: 0)
        var row = ByteWriter(capacity: 0)
        _ = try SQLiteDatabase(file).rows("SELECT event_data FROM events") {
          (statement) throws(SQLiteFailure) in
          let stored = try statement.bytes(0)
          json.truncate(to: 0)
          row.truncate(to: 0)
          #expect(decoder.event(stored, to: &json) != nil)
          #expect(throws: Never.self) { try encoder.event(json.bytes, to: &row) }
          #expect(row.bytes.isEqual(to: stored))
          rows += 1
        }
      }
      #expect(rows >= count / 2)
    }
  }

  private func databases(_ directory: String) throws -> [String] {
    let archives = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/old-state")
    return ["\(directory)/hydra.db"] + archives.map { "\(directory)/old-state/\($0)" }
  }
}
