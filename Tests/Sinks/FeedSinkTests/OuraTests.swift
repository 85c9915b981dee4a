import EventPersistence
import Foundation
import HydraLog
import Testing

@testable import FeedSink

/// Reads a feed by the rules of Oura's `Hydra` source, and keeps the events that it passes on.
private struct OuraReader {
  struct Point: Equatable {
    var seq: UInt64
    /// 28 zero bytes if the frame names no head.
    var headId: String
  }

  private(set) var passed: [(seq: UInt64, tag: String, cborHex: String?)] = []
  private(set) var dropped = 0
  private(set) var point: Point?
  private var isSkipping = false

  /// At each connection it begins again and skips through the point that it has.
  mutating func connect() { isSkipping = point != nil }

  /// Takes a frame; throws if Oura would fail.
  mutating func take(_ text: String) throws {
    let frame = try TestConsumer.json(text)
    if frame["headId"] is NSNull { throw TestConsumer.Failure("headId is null: \(text)") }
    guard let seq = frame["seq"] as? UInt64, let tag = frame["tag"] as? String else {
      dropped += 1
      return
    }
    let headId = frame["headId"] as? String ?? String(repeating: "0", count: 56)
    guard headId.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
      throw TestConsumer.Failure("headId is not hex: \(text)")
    }
    let here = Point(seq: seq, headId: headId)
    if isSkipping {
      if here == point { isSkipping = false }
      return
    }
    let cborHex = (frame["transaction"] as? [String: Any])?["cborHex"] as? String
    guard tag != "TxValid" || cborHex != nil else {
      dropped += 1
      return
    }
    point = here
    passed.append((seq, tag, tag == "TxValid" ? cborHex : nil))
  }
}

@Suite("Oura's rules", .timeLimit(.minutes(2)))
struct OuraTests {
  /// The transactions that Oura passes on, over three disconnects in the middle of the log.
  private func transactions(of directory: String) async throws -> [String] {
    let feed = try await Feed.open(PersistenceDirectory(path: directory))
    var oura = OuraReader()
    let whole = try await feed.connect()
    let count = try await whole.history().count
    await whole.hangUp()
    #expect(count > 4)
    for quarter in 1...4 {
      oura.connect()
      let consumer = try await feed.connect("/?history=yes&name=oura")
      var taken = 0
      while taken < count * quarter / 4, let text = try await consumer.nextText() {
        try oura.take(text)
        taken += 1
      }
      if quarter < 4 {
        await consumer.hangUp()
      } else {
        let greeting = try #require(try await consumer.nextText())
        try oura.take(greeting)
      }
    }
    // Only the greeting, which has no seq.
    #expect(oura.dropped == 1)
    #expect(zip(oura.passed, oura.passed.dropFirst()).allSatisfy { $0.seq < $1.seq })
    await feed.sink.close()
    return oura.passed.compactMap(\.cborHex)
  }

  @Test(
    "every transaction of a log arrives, in order, over three disconnects",
    arguments: SampleLog.all)
  func samples(_ sample: String) async throws {
    let folder = try TestFolder()
    let lines = try await SampleLog.write(sample, times: 8, to: folder)
    let expected = try SampleLog.transactions(lines)
    if sample != "0.20.0" { #expect(!expected.isEmpty) }
    #expect(try await transactions(of: folder.path) == expected)
  }

  @Test("every transaction of a simulated CBOR log arrives with its bytes")
  func simulatedCBOR() async throws {
    let folder = try TestFolder()
    try await SampleLog.simulate(.sqliteCBOR, in: folder)
    let expected = try SampleLog.transactions(try await SampleLog.lines(SampleLog.simulated))
    #expect(!expected.isEmpty)
    #expect(try await transactions(of: folder.path) == expected)
  }

  @Test(
    "every transaction of a real CBOR log arrives with its bytes",
    .enabled(if: SampleLog.canMakeDatabases))
  func cbor() async throws {
    let folder = try TestFolder()
    let rows = try SampleLog.writeRows(to: folder)
    let tag = Array("TransactionAppliedToLocalUTxO".utf8).map { String(format: "%02x", $0) }
      .joined()
    let expected = rows.filter { $0.contains(tag) }
    #expect(!expected.isEmpty)
    let arrived = try await transactions(of: folder.path)
    #expect(arrived.count == expected.count)
    for (row, cborHex) in zip(expected, arrived) { #expect(row.contains(cborHex)) }
  }
}
