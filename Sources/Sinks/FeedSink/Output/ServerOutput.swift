/// How a hydra-node's API reports an event: the *server output* of that event's tag.
///
/// Its fields are those of the event, some under another name. The output omits a field that the
/// event lacks (in an older release, or because it is `null`): consumers fail on a `headId` that is
/// null. So `DecommitRequested` lacks `utxoToDecommit` if the event does (from 2.1 on): the node
/// computes it from the transaction.
struct ServerOutput {
  enum Form {
    /// The fields of the table, nothing else.
    case fields
    /// `TxValid`, with the transaction and its id.
    case transaction
    /// `TxInvalid`, whose transaction is one of its fields.
    case invalid
    /// `SnapshotConfirmed`, whose snapshot may be in an earlier event.
    case snapshot
  }

  /// Where a field's value comes from: the first of these that the event has.
  struct Field {
    var name: StaticString
    var sources: [(key: StaticString, level: EventSlices.Level)]
    /// The API's JSON for each JSON of the event, where it has its own: it omits the field for any
    /// other.
    var words: [(event: StaticString, output: StaticString)] = []
    /// The JSON if the event lacks it; nil: the output lacks the field, too.
    var absent: StaticString?

    init(_ name: StaticString, _ keys: StaticString..., absent: StaticString? = nil) {
      self.name = name
      self.absent = absent
      sources = (keys.isEmpty ? [name] : keys).map { ($0, .change) }
    }

    init(_ name: StaticString, inner key: StaticString) {
      self.name = name
      sources = [(key, .inner)]
    }
  }

  var tag: StaticString
  var fields: [Field]
  /// The object in the event whose members are wanted.
  var inner: StaticString?
  var form = Form.fields
  /// Sent only during the history.
  var isHistoryOnly = false

  init(_ tag: StaticString, _ fields: Field...) {
    self.tag = tag
    self.fields = fields
  }

  /// The output of an event; nil if it has none, as for each unknown tag.
  static func of(tag: String) -> ServerOutput? { table[tag] }

  /// The event that may hold the snapshot of a later `SnapshotConfirmed`.
  static let snapshotRequested = "SnapshotRequested"
  static let snapshotConfirmed = "SnapshotConfirmed"

  private static let table: [String: ServerOutput] = {
    let headId = Field("headId")
    var transaction = ServerOutput("TxValid", headId, Field("transactionId", inner: "txId"))
    transaction.inner = "tx"
    transaction.form = .transaction
    var invalid = ServerOutput(
      "TxInvalid", headId, Field("utxo"), Field("transaction"), Field("validationError"))
    invalid.form = .invalid
    // The node tells of the event's mode only whether it goes on by itself.
    var mode = Field("fanoutMode", inner: "tag")
    mode.words = [
      (#""AutoDrain""#, #""AutoFanningOut""#), (#""DistributingSelection""#, #""AutoFanningOut""#),
      (#""AwaitingSelection""#, #""AwaitingFanoutSelection""#),
    ]
    var partial = ServerOutput(
      "HeadPartiallyFannedOut", headId, Field("distributedUTxO", "distributedOutputs"),
      Field("remainingUTxO", "remainingOutputs"), mode)
    partial.inner = "mode"
    var confirmed = ServerOutput("SnapshotConfirmed", headId, Field("signatures"))
    confirmed.form = .snapshot
    var checkpoint = ServerOutput("EventLogRotated", Field("checkpoint", "state"))
    checkpoint.isHistoryOnly = true
    func deposit(_ tag: StaticString) -> ServerOutput {
      var output = ServerOutput(
        tag, Field("headId", inner: "headId"), Field("depositTxId"),
        Field("deadline", inner: "deadline"), Field("chainTime"))
      output.inner = "deposit"
      return output
    }
    func closing(_ tag: StaticString) -> ServerOutput {
      ServerOutput(tag, headId, Field("snapshotNumber"), Field("contestationDeadline"))
    }
    func synced(_ tag: StaticString) -> ServerOutput {
      ServerOutput(tag, Field("chainSlot"), Field("chainTime"), Field("drift"))
    }
    return [
      // Up to 1.3 an event and the output have the head's initial UTxO. Consumers of those nodes
      // require it (Kupo does to this day), and take an empty one.
      "HeadOpened": ServerOutput(
        "HeadIsOpen", headId, Field("parties"), Field("utxo", "initialUTxO", absent: "{}")),
      "HeadClosed": closing("HeadIsClosed"),
      "HeadContested": closing("HeadIsContested"),
      "HeadIsReadyToFanout": ServerOutput("ReadyToFanout", headId),
      // Up to 2.3 the outputs are called `utxo`.
      "HeadFannedOut": ServerOutput(
        "HeadIsFinalized", headId, Field("finalizedUTxO", "finalizedOutputs", "utxo")),
      "HeadPartialFannedOut": partial,
      "TransactionAppliedToLocalUTxO": transaction,
      "TxInvalid": invalid,
      snapshotConfirmed: confirmed,
      "DecommitRecorded": ServerOutput(
        "DecommitRequested", headId, Field("decommitTx"), Field("utxoToDecommit")),
      "DecommitInvalid": ServerOutput(
        "DecommitInvalid", headId, Field("decommitTx"), Field("decommitInvalidReason")),
      "DecommitApproved": ServerOutput(
        "DecommitApproved", headId, Field("decommitTxId"), Field("utxoToDecommit")),
      "DecommitFinalized": ServerOutput("DecommitFinalized", headId, Field("distributedUTxO")),
      "DepositRecorded": ServerOutput(
        "CommitRecorded", headId, Field("utxoToCommit", "deposited"),
        Field("pendingDeposit", "depositTxId"), Field("deadline")),
      "DepositActivated": deposit("DepositActivated"),
      "DepositExpired": deposit("DepositExpired"),
      "DepositRecovered": ServerOutput(
        "CommitRecovered", headId, Field("recoveredTxId", "depositTxId"),
        Field("recoveredUTxO", "recovered")),
      "CommitApproved": ServerOutput("CommitApproved", headId, Field("utxoToCommit")),
      "CommitFinalized": ServerOutput("CommitFinalized", headId, Field("depositTxId")),
      "LocalStateCleared": ServerOutput("SnapshotSideLoaded", headId, Field("snapshotNumber")),
      "IgnoredHeadInitializing": ServerOutput(
        "IgnoredHeadInitializing", headId, Field("contestationPeriod"), Field("parties"),
        Field("participants")),
      "NetworkConnected": ServerOutput("NetworkConnected"),
      "NetworkDisconnected": ServerOutput("NetworkDisconnected"),
      "NetworkVersionMismatch": ServerOutput(
        "NetworkVersionMismatch", Field("ourVersion"), Field("theirVersion")),
      "NetworkClusterIDMismatch": ServerOutput(
        "NetworkClusterIDMismatch", Field("clusterPeers"), Field("misconfiguredPeers")),
      "PeerConnected": ServerOutput("PeerConnected", Field("peer")),
      "PeerDisconnected": ServerOutput("PeerDisconnected", Field("peer")),
      "NodeUnsynced": synced("NodeUnsynced"),
      "NodeSynced": synced("NodeSynced"),
      "Checkpoint": checkpoint,
    ]
  }()
}

// Static strings and numbers only.
extension ServerOutput: Sendable {}
extension ServerOutput.Field: Sendable {}
