import CardanoLedger
import EventPersistence
import Foundation
import Testing

@testable import FeedSink

@Suite("What a consumer wants of the outputs") struct OutputChoiceTests {
  /// The events of a sample, with a confirmation of its last requested snapshot, and with old and new
  /// forms of outputs that no sample has.
  private static func events(_ sample: String) async throws -> [StateEvent] {
    var lines = try await SampleLog.lines(sample)
    if let request = lines.last(where: { $0.contains("\"tag\":\"SnapshotRequested\"") }) {
      lines.append(request)
      lines.append(
        SampleLog.event(lines.count, #"{"headId":"ab","signatures":{},"tag":"SnapshotConfirmed"}"#))
    }
    return lines.map { SampleLog.event($0) }
  }

  @Test(
    "of the outputs with a transaction only those to the address, by a slow and simple rule",
    arguments: SampleLog.all)
  func addresses(_ sample: String) async throws {
    let events = try await Self.events(sample)
    let frames = WrittenFrames.of(events)
    var known: Set<String> = []
    for frame in frames {
      for match in frame.matches(of: /"cborHex":"([0-9a-f]+)"/) {
        known.formUnion((try? SlowAddressFilter.addresses(cborHex: String(match.1))) ?? [])
      }
    }
    // The real samples' transactions have few outputs, or none.
    if sample == SampleLog.simulated { #expect(known.count >= 2) }
    // One that is nobody's.
    let nobody = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"
    var kept: Set<Int> = []
    for text in known.sorted().prefix(40) + [nobody] {
      guard let address = try? PaymentAddress(text) else { continue }
      let filtered = WrittenFrames.of(events, OutputChoice(address: address))
      #expect(filtered == (try SlowAddressFilter.filter(frames, text)), "\(text)")
      kept.insert(filtered.count)
    }
    // Some have transactions, and some do not.
    if sample == SampleLog.simulated { #expect(kept.count > 1) }
  }

  @Test("a snapshot that is not sent counts as confirmed")
  func confirmed() throws {
    let choice = OutputChoice(
      address: try PaymentAddress("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"))
    let events = [
      #"{"tag":"SnapshotRequested","requestedSnapshot":{"number":1,"confirmed":[]}}"#,
      #"{"tag":"SnapshotConfirmed","headId":"ab","signatures":{}}"#,
      #"{"tag":"SnapshotConfirmed","headId":"ab","signatures":{}}"#,
      #"{"tag":"TransactionAppliedToLocalUTxO","headId":"ab","tx":{"txId":"ff"}}"#,
      #"{"tag":"NetworkConnected"}"#,
    ].enumerated().map { SampleLog.event(SampleLog.event($0.offset, $0.element)) }
    #expect(
      WrittenFrames.of(events, choice).map { $0.prefix(24) } == [#"{"tag":"NetworkConnected"#])
  }

  @Test("without the UTxO, a snapshot is otherwise the same", arguments: SampleLog.all)
  func samples(_ sample: String) async throws {
    let events = try await Self.events(sample)
    let whole = WrittenFrames.of(events)
    let less = WrittenFrames.of(events, OutputChoice(omitsUTxO: true))
    #expect(whole.count == less.count)
    var snapshots = 0
    for (whole, less) in zip(whole, less) {
      var expected = try TestConsumer.json(whole)
      if expected["tag"] as? String == "SnapshotConfirmed",
        var snapshot = expected["snapshot"] as? [String: Any]
      {
        snapshots += 1
        #expect(snapshot.removeValue(forKey: "utxo") != nil)
        expected["snapshot"] = snapshot
        #expect(try TestConsumer.json(less) as NSDictionary == expected as NSDictionary)
      } else {
        #expect(less == whole)
      }
    }
    if sample != "0.20.0" { #expect(snapshots > 0) }
  }

  @Test(
    "the rest of a snapshot stays as it is written, wherever its UTxO is",
    arguments: [
      (#"{"utxo":{"a":1},"number":1}"#, #"{"number":1}"#),
      (#"{ "utxo" : {"a":[1,2]} , "number" : 1 }"#, #"{ "number" : 1 }"#),
      (#"{"number":1,"utxo":{},"utxoToCommit":null}"#, #"{"number":1,"utxoToCommit":null}"#),
      (#"{"number":1.50, "utxo":{"utxo":2}}"#, #"{"number":1.50}"#),
      (#"{"utxo":{}}"#, "{}"), ("{}", "{}"),
      (#"{"confirmed":[{"utxo":1}]}"#, #"{"confirmed":[{"utxo":1}]}"#),
      (#"{"utxo":1,"a":2,"utxo":[],"b":3}"#, #"{"a":2,"b":3}"#),
    ])
  func places(_ snapshot: String, _ expected: String) throws {
    let frames = WrittenFrames.of(
      #"{"headId":"ab","signatures":{},"snapshot":\#(snapshot),"tag":"SnapshotConfirmed"}"#,
      OutputChoice(omitsUTxO: true))
    let frame = try #require(frames.first)
    #expect(frame.contains(#","snapshot":\#(expected)}"#), "\(frame)")
  }

  @Test("a snapshot may confirm more transactions than there is room for at first")
  func many() throws {
    let address = try PaymentAddress("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8")
    let bytes = address.bytes.map { String(format: "%02x", $0) }.joined()
    let other = #"{"cborHex":"84a10180a0f5f6"}"#
    let wanted = #"{"cborHex":"84a1018182581d\#(bytes)01a0f5f6"}"#
    for place in [nil, 0, 64, 4999] {
      var transactions = [String](repeating: other, count: 5000)
      if let place { transactions[place] = wanted }
      let frames = WrittenFrames.of(
        #"{"snapshot":{"confirmed":[\#(transactions.joined(separator: " , "))]},"tag":"SnapshotConfirmed"}"#,
        OutputChoice(address: address))
      #expect(frames.count == (place == nil ? 0 : 1))
    }
  }
}
