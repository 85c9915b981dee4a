import EventPersistence
import Foundation
import Testing

@testable import HydraLog

/// Every constructor of a node's `StateChanged`, without the samples of real nodes.
@Suite("Each constructor in CBOR")
struct ConstructorTests {
  private static let constructors: [(String, KeyValuePairs<String, MadeUpValue>)] = [
    ("NetworkConnected", [:]), ("NetworkDisconnected", [:]),
    ("PeerConnected", ["peer": .host]), ("PeerDisconnected", ["peer": .host]),
    (
      "NetworkVersionMismatch",
      [
        "ourVersion": .named("ProtocolVersion", .integer(1)),
        "theirVersion": .maybe(.named("ProtocolVersion", .integer(2))),
      ]
    ),
    (
      "NetworkClusterIDMismatch",
      ["clusterPeers": .text("a"), "misconfiguredPeers": .text("b\"\\")]
    ),
    (
      "HeadOpened",
      [
        "parameters": .parameters, "chainState": .chainState, "headId": .headId,
        "headSeed": .named("UnsafeHeadSeed", .hex), "parties": .list([.party]),
      ]
    ),
    ("TransactionReceived", ["tx": .transaction]),
    ("TransactionAppliedToLocalUTxO", ["headId": .headId, "tx": .transaction]),
    ("SnapshotRequestDecided", ["snapshotNumber": .number]),
    (
      "SnapshotRequested",
      [
        "requestedSnapshot": .snapshot, "newLocalTxs": .shortList([.transaction]),
        "newCurrentDepositTxId": .maybe(.hex),
      ]
    ),
    (
      "PartySignedSnapshot",
      ["snapshotNumber": .number, "party": .party, "signature": .signature]
    ),
    (
      "SnapshotConfirmed",
      ["headId": .headId, "snapshot": .maybe(.snapshot), "signatures": .signatures]
    ),
    (
      "DepositRecorded",
      [
        "chainState": .chainState, "headId": .headId, "depositTxId": .hex, "deposited": .utxo,
        "created": .time, "deadline": .time,
      ]
    ),
    ("DepositActivated", ["depositTxId": .hex, "chainTime": .time, "deposit": .deposit]),
    ("DepositExpired", ["depositTxId": .hex, "chainTime": .time, "deposit": .deposit]),
    (
      "DepositRecovered",
      ["chainState": .chainState, "headId": .headId, "depositTxId": .hex, "recovered": .utxo]
    ),
    ("CommitApproved", ["headId": .headId, "utxoToCommit": .utxo]),
    (
      "CommitFinalized",
      [
        "chainState": .chainState, "headId": .headId, "newVersion": .version, "depositTxId": .hex,
      ]
    ),
    ("DecommitRecorded", ["headId": .headId, "decommitTx": .transaction]),
    ("DecommitApproved", ["headId": .headId, "decommitTxId": .hex, "utxoToDecommit": .utxo]),
    (
      "DecommitInvalid",
      [
        "headId": .headId, "decommitTx": .transaction,
        "decommitInvalidReason": .tagged(
          "DecommitTxInvalid", ["localUTxO": .utxo, "validationError": .invalid]),
      ]
    ),
    (
      "DecommitFinalized",
      [
        "chainState": .chainState, "headId": .headId, "distributedUTxO": .utxo,
        "newVersion": .version,
      ]
    ),
    (
      "HeadClosed",
      [
        "headId": .headId, "snapshotNumber": .number, "chainState": .chainState,
        "contestationDeadline": .time,
      ]
    ),
    (
      "HeadContested",
      [
        "headId": .headId, "chainState": .chainState, "contestationDeadline": .time,
        "snapshotNumber": .number,
      ]
    ),
    ("HeadIsReadyToFanout", ["headId": .headId]), ("HeadFanoutReverted", ["headId": .headId]),
    ("HeadFanoutInitiated", ["headId": .headId, "remainingOutputs": .utxo]),
    (
      "HeadPartialFanoutSelected",
      ["headId": .headId, "remainingOutputs": .utxo, "selection": .utxo]
    ),
    (
      "HeadFannedOut",
      ["headId": .headId, "finalizedOutputs": .utxo, "chainState": .chainState]
    ),
    (
      "HeadPartialFannedOut",
      [
        "headId": .headId, "distributedOutputs": .utxo, "remainingOutputs": .utxo,
        "chainState": .chainState,
        "mode": .tagged("DistributingSelection", ["contents": .utxo]),
      ]
    ),
    ("ChainRolledBack", ["chainState": .chainState]),
    ("TickObserved", ["chainPoint": .point, "chainTime": .time]),
    (
      "IgnoredHeadInitializing",
      [
        "headId": .headId, "contestationPeriod": .period, "parties": .list([.party]),
        "participants": .list([.named("UnsafeOnChainId", .hex)]),
      ]
    ),
    (
      "TxInvalid",
      [
        "headId": .headId, "utxo": .utxo, "transaction": .transaction,
        "validationError": .invalid,
      ]
    ),
    ("LocalStateCleared", ["headId": .headId, "snapshotNumber": .number]),
    (
      "Checkpoint",
      [
        "state": .tagged(
          "NodeInSync",
          [
            "headState": .tagged(
              "Idle", ["contents": .record("IdleState", ["chainState": .chainState])]),
            "pendingDeposits": .map(key: nil, .deposit),
            "chainPointTime": .record(
              "ChainPointTime",
              ["currentSlot": .slot, "currentChainTime": .time, "drift": .seconds(2)]),
          ])
      ]
    ),
    ("NodeUnsynced", ["chainSlot": .slot, "chainTime": .time, "drift": .seconds(9)]),
    ("NodeSynced", ["chainSlot": .slot, "chainTime": .time, "drift": .seconds(1)]),
  ]

  static var rows: [[UInt8]] { constructors.indices.map(row) }

  private static func row(_ index: Int) -> [UInt8] {
    let (tag, fields) = constructors[index]
    return CBORText.row(UInt64(index), MadeUpValue.tagged(tag, fields).cbor())
  }

  @Test("no constructor of the schema is missing here")
  func complete() {
    #expect(Set(Self.constructors.map(\.0)) == Set(NodeTable.tags))
  }

  @Test("a row becomes the node's own JSON", arguments: constructors.indices)
  func json(index: Int) throws {
    let (tag, fields) = Self.constructors[index]
    let json = try #require(CBORText.json(Self.row(index)), "\(tag)")
    let event = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary
    let expected: NSDictionary = [
      "eventId": index, "stateChanged": MadeUpValue.tagged(tag, fields).json,
      "time": "2026-07-15T10:00:00Z",
    ]
    #expect(event == expected, "\(json)")
    #expect(try CBORText.row(of: json) == Self.row(index), "\(json)")
    let position = Self.row(index).withUnsafeBytes {
      RowEvents.position(id: Int64(index), bytes: $0)
    }
    #expect(position?.tag == tag && position?.time?.description == "2026-07-15T10:00:00Z")
  }

  @Test(
    "cut off at any byte or with any byte changed, a row is some event or none, and valid JSON",
    arguments: constructors.indices)
  func damaged(index: Int) {
    func isValid(_ row: [UInt8]) -> Bool {
      guard let json = CBORText.json(row) else { return true }
      return (try? JSONSerialization.jsonObject(with: Data(json.utf8))) != nil
    }
    let row = Self.row(index)
    for index in row.indices {
      #expect(isValid(Array(row[..<index])))
      var changed = row
      changed[index] ^= UInt8(1 << (index % 8))
      #expect(isValid(changed))
    }
  }

  @Test("a line says what each event is about", arguments: constructors.indices)
  func summary(index: Int) throws {
    // A ledger value is one item of the ledger's CBOR, whose outputs are not counted.
    let silent: Set = [
      "NetworkConnected", "NetworkDisconnected", "CommitApproved", "HeadPartialFanoutSelected",
      "HeadPartialFannedOut",
    ]
    let tag = Self.constructors[index].0
    let json = Array(try #require(CBORText.json(Self.row(index))).utf8)
    let line = json.withUnsafeBytes { EventSummary.line(for: $0, tag: tag) }
    #expect(!line.isEmpty || silent.contains(tag), "\(tag)")
  }
}
