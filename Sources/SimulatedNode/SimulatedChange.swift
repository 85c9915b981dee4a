import EventPersistence

/// What a simulated node reports: the constructors of a hydra-node's `StateChanged` that a Head
/// produces when all goes well, and sometimes when it does not.
enum SimulatedChange {
  case networkConnected
  case peerConnected(Ledger.Host)
  case peerDisconnected(Ledger.Host)
  case nodeUnsynced(slot: UInt64, time: EventTime)
  case nodeSynced(slot: UInt64, time: EventTime)
  case tickObserved(Ledger.ChainPoint, time: EventTime)
  case headOpened(headId: UInt64, parties: [Ledger.Party], Ledger.ChainState)
  case transactionReceived(Ledger.Transaction)
  case transactionApplied(headId: UInt64, Ledger.Transaction)
  case txInvalid(headId: UInt64, Ledger.Transaction, Ledger.UTxO)
  case snapshotRequestDecided(number: UInt64)
  case snapshotRequested(Ledger.Snapshot, local: [Ledger.Transaction], deposit: UInt64?)
  case partySignedSnapshot(number: UInt64, Ledger.Party, signature: UInt64)
  case snapshotConfirmed(Ledger.Snapshot, signatures: [UInt64])
  case depositRecorded(Ledger.Deposit, id: UInt64, Ledger.ChainState)
  case depositActivated(Ledger.Deposit, id: UInt64, time: EventTime)
  case commitApproved(headId: UInt64, Ledger.UTxO)
  case commitFinalized(headId: UInt64, deposit: UInt64, version: UInt64, Ledger.ChainState)
  case decommitRecorded(headId: UInt64, Ledger.Transaction)
  case decommitApproved(headId: UInt64, Ledger.Transaction, Ledger.UTxO)
  case decommitFinalized(headId: UInt64, Ledger.UTxO, version: UInt64, Ledger.ChainState)
  case headClosed(headId: UInt64, number: UInt64, Ledger.ChainState, deadline: EventTime)
  case headContested(headId: UInt64, number: UInt64, Ledger.ChainState, deadline: EventTime)
  case headIsReadyToFanout(headId: UInt64)
  case headFannedOut(headId: UInt64, Ledger.UTxO, Ledger.ChainState)
  case checkpoint(Ledger.ChainState, time: EventTime)

  static let validationError = "BadInputsUTxO: the inputs were spent already"

  var tag: String {
    switch self {
    case .networkConnected: "NetworkConnected"
    case .peerConnected: "PeerConnected"
    case .peerDisconnected: "PeerDisconnected"
    case .nodeUnsynced: "NodeUnsynced"
    case .nodeSynced: "NodeSynced"
    case .tickObserved: "TickObserved"
    case .headOpened: "HeadOpened"
    case .transactionReceived: "TransactionReceived"
    case .transactionApplied: "TransactionAppliedToLocalUTxO"
    case .txInvalid: "TxInvalid"
    case .snapshotRequestDecided: "SnapshotRequestDecided"
    case .snapshotRequested: "SnapshotRequested"
    case .partySignedSnapshot: "PartySignedSnapshot"
    case .snapshotConfirmed: "SnapshotConfirmed"
    case .depositRecorded: "DepositRecorded"
    case .depositActivated: "DepositActivated"
    case .commitApproved: "CommitApproved"
    case .commitFinalized: "CommitFinalized"
    case .decommitRecorded: "DecommitRecorded"
    case .decommitApproved: "DecommitApproved"
    case .decommitFinalized: "DecommitFinalized"
    case .headClosed: "HeadClosed"
    case .headContested: "HeadContested"
    case .headIsReadyToFanout: "HeadIsReadyToFanout"
    case .headFannedOut: "HeadFannedOut"
    case .checkpoint: "Checkpoint"
    }
  }
}
