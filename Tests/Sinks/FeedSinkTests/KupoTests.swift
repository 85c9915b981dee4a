import EventPersistence
import Foundation
import HydraLog
import SimulatedNode
import Testing

@testable import FeedSink

/// Reads a feed by the rules of Kupo's source `--hydra-host`, and keeps the blocks that it makes.
private struct KupoReader {
  struct Block: Equatable {
    var number: UInt64
    var transactions: [String]
  }

  private(set) var blocks: [Block] = []
  private(set) var heads = 0
  private(set) var announced: [String] = []

  /// Takes a frame; throws if Kupo would end.
  mutating func take(_ text: String) throws {
    let frame = try TestConsumer.json(text)
    func fail(_ what: String) -> TestConsumer.Failure { .init("\(what): \(text.prefix(400))") }
    switch frame["tag"] as? String {
    case "HeadIsOpen":
      guard let utxo = frame["utxo"] as? [String: Any] else { throw fail("utxo") }
      for (reference, output) in utxo {
        let parts = reference.split(separator: "#")
        guard parts.count == 2, parts[0].count == 64, Int(parts[1]) != nil,
          let output = output as? [String: Any], output["address"] is String,
          output["value"] is [String: Any]
        else { throw fail("utxo of \(reference)") }
      }
      heads += 1
    case "TxValid":
      guard let id = frame["transactionId"] as? String, id.count == 64, id.allSatisfy(\.isHexDigit)
      else { throw fail("transactionId") }
      announced.append(id)
    case "SnapshotConfirmed":
      guard let snapshot = frame["snapshot"] as? [String: Any],
        let number = snapshot["number"] as? UInt64,
        let confirmed = snapshot["confirmed"] as? [[String: Any]]
      else { throw fail("snapshot") }
      let transactions = try confirmed.map { transaction in
        guard let hex = transaction["cborHex"] as? String, hex.allSatisfy(\.isHexDigit),
          (try? SlowAddressFilter.addresses(cborHex: hex)) != nil
        else { throw fail("cborHex") }
        return hex
      }
      blocks.append(Block(number: number, transactions: transactions))
    default: break
    }
  }
}

@Suite("Kupo's rules", .timeLimit(.minutes(2)))
struct KupoTests {
  private func read(_ directory: String, _ parameters: String = "") async throws -> KupoReader {
    let feed = try await Feed.open(PersistenceDirectory(path: directory))
    let consumer = try await feed.connect("/?history=yes\(parameters)")
    var kupo = KupoReader()
    for text in try await consumer.history() { try kupo.take(text) }
    await feed.sink.close()
    return kupo
  }

  /// The blocks that the events of a JSON log amount to.
  private func blocks(_ lines: [String]) throws -> [KupoReader.Block] {
    var requested: [String: Any]?
    return try lines.compactMap { line in
      let change = try #require(TestConsumer.json(line)["stateChanged"] as? [String: Any])
      switch change["tag"] as? String {
      case "SnapshotRequested":
        requested = (change["requestedSnapshot"] ?? change["snapshot"]) as? [String: Any]
        return nil
      case "SnapshotConfirmed":
        defer { requested = nil }
        guard let snapshot = change["snapshot"] as? [String: Any] ?? requested else { return nil }
        let confirmed = snapshot["confirmed"] as? [[String: Any]] ?? []
        return KupoReader.Block(
          number: try #require(snapshot["number"] as? UInt64),
          transactions: confirmed.compactMap { $0["cborHex"] as? String })
      default: return nil
      }
    }
  }

  @Test(
    "every block of a log comes whole, from the first event to the last", arguments: SampleLog.all)
  func samples(_ sample: String) async throws {
    let folder = try TestFolder()
    let lines = try await SampleLog.write(sample, times: 3, to: folder)
    let kupo = try await read(folder.path)
    #expect(kupo.blocks == (try blocks(lines)))
    #expect(kupo.heads == lines.count { $0.contains("\"tag\":\"HeadOpened\"") })
    // A snapshot's UTxO is nothing to Kupo.
    #expect(try await read(folder.path, "&snapshot-utxo=no").blocks == kupo.blocks)
  }

  @Test(
    "every block of a simulated log comes, whatever the log's format",
    arguments: [LogFormat.state, .sqliteJSON, .sqliteCBOR])
  func formats(_ format: LogFormat) async throws {
    let folder = try TestFolder()
    try await SampleLog.simulate(format, in: folder)
    let lines = try await SampleLog.lines(SampleLog.simulated)
    let kupo = try await read(folder.path)
    let expected = try blocks(lines)
    #expect(expected.count > 20 && expected.contains { $0.transactions.count > 2 })
    #expect(kupo.blocks == expected)
    #expect(kupo.announced.count == (try SampleLog.transactions(lines)).count)
  }

  @Test("a real CBOR log has every block", .enabled(if: SampleLog.canMakeDatabases))
  func cbor() async throws {
    let folder = try TestFolder()
    _ = try SampleLog.writeRows(to: folder)
    let kupo = try await read(folder.path)
    #expect(kupo.blocks.count == 1 && kupo.heads == 1 && kupo.announced.count == 1)
  }
}
