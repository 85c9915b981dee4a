import EventPersistence
import Foundation
import Testing

@testable import FeedSink

@Suite("Server outputs") struct ServerOutputTests {
  /// The table of the node's API, written independently: an output's tag, and the source of each
  /// field.
  static let table: [String: (tag: String, fields: [String: [String]])] = [
    "HeadOpened": (
      "HeadIsOpen", ["headId": ["headId"], "parties": ["parties"], "utxo": ["initialUTxO"]]
    ),
    "HeadClosed": (
      "HeadIsClosed",
      [
        "headId": ["headId"], "snapshotNumber": ["snapshotNumber"],
        "contestationDeadline": ["contestationDeadline"],
      ]
    ),
    "HeadContested": (
      "HeadIsContested",
      [
        "headId": ["headId"], "snapshotNumber": ["snapshotNumber"],
        "contestationDeadline": ["contestationDeadline"],
      ]
    ),
    "HeadIsReadyToFanout": ("ReadyToFanout", ["headId": ["headId"]]),
    "HeadFannedOut": (
      "HeadIsFinalized",
      ["headId": ["headId"], "finalizedUTxO": ["finalizedOutputs", "utxo"]]
    ),
    "HeadPartialFannedOut": (
      "HeadPartiallyFannedOut",
      [
        "headId": ["headId"], "distributedUTxO": ["distributedOutputs"],
        "remainingUTxO": ["remainingOutputs"], "fanoutMode": ["mode.tag"],
      ]
    ),
    "TransactionAppliedToLocalUTxO": (
      "TxValid", ["headId": ["headId"], "transactionId": ["tx.txId"]]
    ),
    "TxInvalid": (
      "TxInvalid",
      [
        "headId": ["headId"], "utxo": ["utxo"], "transaction": ["transaction"],
        "validationError": ["validationError"],
      ]
    ),
    "SnapshotConfirmed": (
      "SnapshotConfirmed",
      ["headId": ["headId"], "snapshot": ["snapshot"], "signatures": ["signatures"]]
    ),
    "DecommitRecorded": (
      "DecommitRequested",
      [
        "headId": ["headId"], "decommitTx": ["decommitTx"],
        "utxoToDecommit": ["utxoToDecommit"],
      ]
    ),
    "DecommitInvalid": (
      "DecommitInvalid",
      [
        "headId": ["headId"], "decommitTx": ["decommitTx"],
        "decommitInvalidReason": ["decommitInvalidReason"],
      ]
    ),
    "DecommitApproved": (
      "DecommitApproved",
      [
        "headId": ["headId"], "decommitTxId": ["decommitTxId"],
        "utxoToDecommit": ["utxoToDecommit"],
      ]
    ),
    "DecommitFinalized": (
      "DecommitFinalized", ["headId": ["headId"], "distributedUTxO": ["distributedUTxO"]]
    ),
    "DepositRecorded": (
      "CommitRecorded",
      [
        "headId": ["headId"], "utxoToCommit": ["deposited"], "pendingDeposit": ["depositTxId"],
        "deadline": ["deadline"],
      ]
    ),
    "DepositActivated": ("DepositActivated", deposit),
    "DepositExpired": ("DepositExpired", deposit),
    "DepositRecovered": (
      "CommitRecovered",
      [
        "headId": ["headId"], "recoveredTxId": ["depositTxId"], "recoveredUTxO": ["recovered"],
      ]
    ),
    "CommitApproved": ("CommitApproved", ["headId": ["headId"], "utxoToCommit": ["utxoToCommit"]]),
    "CommitFinalized": ("CommitFinalized", ["headId": ["headId"], "depositTxId": ["depositTxId"]]),
    "LocalStateCleared": (
      "SnapshotSideLoaded", ["headId": ["headId"], "snapshotNumber": ["snapshotNumber"]]
    ),
    "IgnoredHeadInitializing": (
      "IgnoredHeadInitializing",
      [
        "headId": ["headId"], "contestationPeriod": ["contestationPeriod"],
        "parties": ["parties"], "participants": ["participants"],
      ]
    ),
    "NetworkConnected": ("NetworkConnected", [:]),
    "NetworkDisconnected": ("NetworkDisconnected", [:]),
    "NetworkVersionMismatch": (
      "NetworkVersionMismatch", ["ourVersion": ["ourVersion"], "theirVersion": ["theirVersion"]]
    ),
    "NetworkClusterIDMismatch": (
      "NetworkClusterIDMismatch",
      ["clusterPeers": ["clusterPeers"], "misconfiguredPeers": ["misconfiguredPeers"]]
    ),
    "PeerConnected": ("PeerConnected", ["peer": ["peer"]]),
    "PeerDisconnected": ("PeerDisconnected", ["peer": ["peer"]]),
    "NodeUnsynced": ("NodeUnsynced", synced), "NodeSynced": ("NodeSynced", synced),
    "Checkpoint": ("EventLogRotated", ["checkpoint": ["state"]]),
  ]

  static let deposit = [
    "headId": ["deposit.headId"], "depositTxId": ["depositTxId"],
    "deadline": ["deposit.deadline"], "chainTime": ["chainTime"],
  ]
  static let synced = [
    "chainSlot": ["chainSlot"], "chainTime": ["chainTime"], "drift": ["drift"],
  ]

  @Test(
    "each event of a sample becomes the output of the table, to the field",
    arguments: SampleLog.all)
  func samples(_ sample: String) async throws {
    var outputs = 0
    for line in try await SampleLog.lines(sample) {
      let event = try TestConsumer.json(line)
      let change = try #require(event["stateChanged"] as? [String: Any])
      let tag = try #require(change["tag"] as? String)
      let frames = WrittenFrames.of([SampleLog.event(line)])
      guard let (outputTag, fields) = Self.table[tag] else {
        #expect(frames == [], "\(tag) has no output")
        continue
      }
      if tag == "SnapshotConfirmed", change["snapshot"] is NSNull || change["snapshot"] == nil {
        #expect(frames == [])
        continue
      }
      outputs += 1
      #expect(frames.count == 1, "\(tag)")
      let output = try TestConsumer.json(frames[0])
      var expected: [String: Any] = [
        "tag": outputTag, "seq": event["eventId"]!, "timestamp": event["time"]!,
      ]
      for (name, paths) in fields {
        expected[name] = paths.lazy.compactMap { Self.value($0, in: change) }.first
      }
      if tag == "HeadOpened" { expected["utxo"] = expected["utxo"] ?? [String: Any]() }
      expected["fanoutMode"] = (expected["fanoutMode"] as? String).flatMap { Self.modes[$0] }
      if tag == "TransactionAppliedToLocalUTxO" {
        let tx = try #require(change["tx"] as? [String: Any])
        expected["transaction"] = tx.filter { ["cborHex", "txId", "type"].contains($0.key) }
      }
      #expect(output as NSDictionary == expected as NSDictionary, "\(tag)")
    }
    #expect(outputs > 0)
  }

  /// What the API says of each mode of a fanout in parts.
  static let modes = [
    "AutoDrain": "AutoFanningOut", "DistributingSelection": "AutoFanningOut",
    "AwaitingSelection": "AwaitingFanoutSelection",
  ]

  @Test(
    "the mode of a fanout in parts is the API's, not the event's", arguments: modes.keys.sorted())
  func fanoutMode(_ mode: String) throws {
    let frames = WrittenFrames.of(
      #"{"headId":"ab","mode":{"contents":{"cborHex":"a0"},"tag":"\#(mode)"},"tag":"HeadPartialFannedOut"}"#
    )
    let output = try TestConsumer.json(frames[0])
    #expect(output["tag"] as? String == "HeadPartiallyFannedOut")
    #expect(output["fanoutMode"] as? String == Self.modes[mode])
    let later = WrittenFrames.of(#"{"mode":{"tag":"Other"},"tag":"HeadPartialFannedOut"}"#)
    #expect(try TestConsumer.json(later[0])["fanoutMode"] == nil)
  }

  @Test(
    "the opening of a head has its initial UTxO, or an empty one where the log does not tell it")
  func initialUTxO() {
    let utxo = #"{"ab#0" : {"address":"addr1","value":{"lovelace":12345678901234567890}}}"#
    #expect(
      WrittenFrames.of(#"{"tag":"HeadOpened","headId":"ab","initialUTxO":\#(utxo)}"#) == [
        #"{"tag":"HeadIsOpen","seq":7,"timestamp":"2026-07-15T10:00:07.123456789012Z","#
          + #""headId":"ab","utxo":\#(utxo)}"#
      ])
    #expect(
      WrittenFrames.of(#"{"tag":"HeadOpened","headId":"ab","parties":[]}"#) == [
        #"{"tag":"HeadIsOpen","seq":7,"timestamp":"2026-07-15T10:00:07.123456789012Z","#
          + #""headId":"ab","parties":[],"utxo":{}}"#
      ])
  }

  private static func value(_ path: String, in change: [String: Any]) -> Any? {
    var value: Any? = change
    for key in path.split(separator: ".") { value = (value as? [String: Any])?[String(key)] }
    return value is NSNull ? nil : value
  }

  @Test("a value goes out unchanged: digits, spaces and escapes")
  func verbatim() throws {
    let frames = WrittenFrames.of(
      #"{"drift":123456789012345678901234567890.000e1 , "chainSlot" : 7 ,"chainTime":"\u0041\n" ,"tag":"NodeSynced"}"#
    )
    #expect(
      frames == [
        #"{"tag":"NodeSynced","seq":7,"timestamp":"2026-07-15T10:00:07.123456789012Z","#
          + #""chainSlot":7,"chainTime":"\u0041\n","drift":123456789012345678901234567890.000e1}"#
      ])
  }

  @Test("fields that an event lacks are omitted, and so is a headId that is null")
  func absent() throws {
    let frames = WrittenFrames.of(#"{"tag":"HeadIsReadyToFanout","headId":null}"#)
    #expect(
      frames == [
        #"{"tag":"ReadyToFanout","seq":7,"timestamp":"2026-07-15T10:00:07.123456789012Z"}"#
      ])
    let untimed = SampleLog.event(#"{"eventId":3,"stateChanged":{"tag":"NetworkConnected"}}"#)
    #expect(WrittenFrames.of([untimed]) == [#"{"tag":"NetworkConnected","seq":3}"#])
  }

  @Test("the transaction of TxValid has its bytes, its id and its type")
  func transaction() throws {
    let frames = WrittenFrames.of(
      #"{"headId":"ab","tag":"TransactionAppliedToLocalUTxO","tx":{"cborHex":"84a0","description":"","txId":"ff","type":"Tx ConwayEra"}}"#
    )
    #expect(
      frames == [
        #"{"tag":"TxValid","seq":7,"timestamp":"2026-07-15T10:00:07.123456789012Z","headId":"ab","#
          + #""transactionId":"ff","transaction":{"cborHex":"84a0","txId":"ff","type":"Tx ConwayEra"}}"#
      ])
  }

  @Test("a confirmation without a snapshot gets that of the request, which counts once")
  func requested() throws {
    let events = [
      #"{"tag":"SnapshotConfirmed","headId":"ab","signatures":{}}"#,
      #"{"tag":"SnapshotRequested","requestedSnapshot":{"number":1}}"#,
      #"{"tag":"SnapshotRequested","snapshot":{"number":2}}"#,
      #"{"tag":"SnapshotConfirmed","headId":"ab","signatures":{},"snapshot":null}"#,
      #"{"tag":"SnapshotConfirmed","headId":"ab","signatures":{}}"#,
      #"{"tag":"SnapshotRequested","requestedSnapshot":{"number":3}}"#,
      #"{"tag":"SnapshotConfirmed","headId":"ab","signatures":{},"snapshot":{"number":4}}"#,
      #"{"tag":"SnapshotConfirmed","headId":"ab","signatures":{}}"#,
    ].enumerated().map { SampleLog.event(SampleLog.event($0.offset, $0.element)) }
    let outputs = try WrittenFrames.of(events).map(TestConsumer.json)
    #expect(outputs.map { $0["seq"] as? Int } == [3, 6])
    let numbers = outputs.map { ($0["snapshot"] as? [String: Any])?["number"] as? Int }
    #expect(numbers == [2, 4])
  }

  @Test("a rotation is sent only in the history")
  func rotation() throws {
    let event = SampleLog.event(SampleLog.event(7, #"{"tag":"Checkpoint","state":{"a":1}}"#))
    #expect(WrittenFrames.of([event]).count == 1)
    #expect(WrittenFrames.of([event], isHistory: false) == [])
  }
}
