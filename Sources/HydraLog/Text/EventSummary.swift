import EventPersistence

/// One line with the most important facts of an event, for a table of events.
package enum EventSummary {
  /// The most characters in a line.
  static let charactersMax = 160

  /// The line of the event whose whole JSON is `json`: `snapshot 8 113 · 4 tx`. Empty if the event
  /// has nothing to show, or is not JSON.
  ///
  /// It has the event's text as in the log: the terminal makes foreign text visible.
  package static func line(for json: UnsafeRawBufferPointer, tag: String?) -> String {
    let parts = JSONDocument.withParsed(json) { document in
      if let recipe = tag.flatMap({ recipes[$0] }) {
        return recipe.compactMap { $0.text(document) }
      }
      return firstScalars(document)
    }
    let line = (parts ?? []).joined(separator: " · ")
    guard line.count > charactersMax else { return line }
    return line.prefix(charactersMax - 1) + "…"
  }

  /// Whether `tag` names a constructor of a release that is known.
  static func isKnown(_ tag: String?) -> Bool { tag.map { recipes[$0] != nil } ?? false }

  /// The summary of an event with an unknown tag: its first fields that are a text, a number or a
  /// boolean.
  private static func firstScalars(_ document: JSONDocument) -> [String] {
    let partsMax = 3
    let membersMax = 32
    var parts: [String] = []
    for index in 0..<membersMax where parts.count < partsMax {
      guard let member = document.member(SummaryPart.root, index) else { break }
      guard member.key != "tag", let text = SummaryPart.scalar(member.value) else { continue }
      parts.append("\(member.key) \(text)")
    }
    return parts
  }

  /// The facts for each constructor, of current and earlier releases.
  private static let recipes: [String: [SummaryPart]] = [
    "NetworkConnected": [],
    "NetworkDisconnected": [],
    "PeerConnected": [.host],
    "PeerDisconnected": [.host],
    "NetworkVersionMismatch": [
      .value("ours", ["ourVersion"]), .value("theirs", ["theirVersion"]),
    ],
    "NetworkClusterIDMismatch": [
      .value("cluster", ["clusterPeers"]), .value("misconfigured", ["misconfiguredPeers"]),
    ],

    "HeadInitialized": [.head, .parties, .period],
    "CommittedUTxO": [.party, .count(["committedUTxO"], "output")],
    "HeadAborted": [.head, .count(["utxo"], "output")],
    "HeadOpened": [.head, .parties, .period, .count(["initialUTxO"], "output")],
    "IgnoredHeadInitializing": [.head, .parties],
    "HeadClosed": [.snapshot, .contestation],
    "HeadContested": [.snapshot, .contestation],
    "HeadIsReadyToFanout": [.head],
    "HeadFanoutReverted": [.head],
    "HeadFanoutInitiated": [.head, .count(["remainingOutputs"], "output")],
    "HeadPartialFanoutSelected": [.count(["selection"], "output"), .remaining],
    "HeadFannedOut": [.head, .count(["finalizedOutputs", "utxo"], "output")],
    "HeadPartialFannedOut": [
      .count(["distributedOutputs"], "output"), .remaining, .value("", ["mode", "mode/tag"]),
    ],

    "TransactionReceived": [.transaction],
    "TransactionAppliedToLocalUTxO": [.transaction],
    "TxInvalid": [.transaction, .value("", ["validationError/reason"])],
    "SnapshotRequestDecided": [.snapshot],
    "SnapshotRequested": [
      .snapshot,
      .count(["requestedSnapshot/confirmed", "snapshot/confirmed", "requestedTxIds"], "tx"),
    ],
    "PartySignedSnapshot": [.snapshot, .party],
    "SnapshotConfirmed": [.snapshot, .count(["signatures/multiSignature"], "signature")],
    "LocalStateCleared": [.snapshot],

    "CommitRecorded": [.deposit, .count(["utxoToCommit"], "output"), .deadline],
    "CommitRecovered": [.deposit, .count(["recoveredUTxO"], "output")],
    "CommitApproved": [.count(["utxoToCommit"], "output")],
    "CommitFinalized": [.deposit, .version],
    "DepositRecorded": [.deposit, .count(["deposited"], "output"), .deadline],
    "DepositActivated": [.deposit, .deadline],
    "DepositExpired": [.deposit, .deadline],
    "DepositRecovered": [.deposit, .count(["recovered"], "output")],
    "DecommitRecorded": [.decommit],
    "DecommitApproved": [.decommit, .count(["utxoToDecommit"], "output")],
    "DecommitInvalid": [.decommit, .value("", ["decommitInvalidReason/tag"])],
    "DecommitFinalized": [.version, .count(["distributedUTxO"], "output")],

    "ChainRolledBack": [.value("slot", ["chainState/recordedAt/slot"])],
    "TickObserved": [.value("slot", ["chainPoint/slot", "chainSlot"])],
    "NodeUnsynced": [.value("slot", ["chainSlot"]), .value("drift", ["drift"])],
    "NodeSynced": [.value("slot", ["chainSlot"]), .value("drift", ["drift"])],
    "Checkpoint": [
      .value("head", ["state/headState/tag", "state/tag"]),
      .value("slot", ["state/chainPointTime/currentSlot", "state/currentSlot"]),
    ],
  ]
}
