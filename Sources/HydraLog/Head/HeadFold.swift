package import EventPersistence

/// The state of the Hydra Head, and of the node's network and chain, from one event after the other.
package struct HeadFold: Sendable, Hashable, Codable {
  private var head: HydraHead
  private var network: NetworkFold
  private var chain = ChainFold()

  /// - Parameters:
  ///   - isWholeLog: whether the first event to come is the first that the node wrote.
  ///   - head: what is known before that.
  package init(isWholeLog: Bool = false, head: HydraHead = HydraHead()) {
    network = NetworkFold(isWholeLog: isWholeLog)
    self.head = head
  }

  init(head: HydraHead, network: NetworkFold, chain: ChainFold) {
    self.head = head
    self.network = network
    self.chain = chain
  }

  /// The id of the head.
  package var id: String? { head.id }

  /// What the events so far tell.
  var result: HydraHead {
    var result = head
    result.isNetworkConnected = network.isConnected
    result.peersConnected = network.peersConnected
    result.isChainSynced = chain.isSynced
    result.chainDriftSeconds = chain.driftSeconds
    result.chainPoint = chain.point
    return result
  }

  /// Adds what only `other` tells, which began earlier in the log and has seen less of it since.
  mutating func complete(by other: HeadFold) {
    if network.peersConnected == nil, other.network.isConnected != nil { network = other.network }
    chain.complete(by: other.chain)
    if head.id != nil, head.id == other.head.id {
      head.parties = head.parties ?? other.head.parties
    }
  }

  /// Takes the next event, whose whole JSON is `json`.
  mutating func take(_ position: Position, _ json: UnsafeRawBufferPointer) {
    chain.take(position, json)
    network.take(position.tag, json)
    takeHead(position.tag, json)
  }

  /// Takes only what the next event tells of the head itself.
  package mutating func takeHead(_ tag: String?, _ json: UnsafeRawBufferPointer) {
    switch tag {
    case "TransactionAppliedToLocalUTxO":
      isOpen(json)
      if let count = head.transactions { head.transactions = count + 1 }
    case "SnapshotRequested", "SnapshotRequestDecided", "PartySignedSnapshot":
      isOpen(json)
    case "SnapshotConfirmed":
      isOpen(json)
      read(json) { $0.head.snapshotNumber = $1.number("snapshot/number") ?? $0.head.snapshotNumber }
    case "HeadInitialized":
      begin(json, .initializing)
    case "HeadOpened":
      begin(json, .open)
      head.snapshotNumber = 0
      head.transactions = 0
    case "HeadAborted": become(.aborted, json)
    case "HeadClosed": closed(.closed, json)
    case "HeadContested": closed(.contested, json)
    case "HeadIsReadyToFanout", "HeadFanoutReverted": become(.fanoutPossible, json)
    case "HeadFanoutInitiated", "HeadPartialFanoutSelected", "HeadPartialFannedOut":
      become(.fanningOut, json)
    case "HeadFannedOut": become(.final, json)
    case "Checkpoint": restore(json)
    default: break
    }
  }

  // MARK: - One constructor each

  /// Only an open head has such events, so the first one shows that it is open.
  private mutating func isOpen(_ json: UnsafeRawBufferPointer) {
    guard head.state != .open || head.id == nil else { return }
    become(.open, json)
  }

  private mutating func become(_ state: HydraHead.State, _ json: UnsafeRawBufferPointer) {
    head.state = state
    read(json) { $0.head.id = $1.text("headId") ?? $1.text("snapshot/headId") ?? $0.head.id }
  }

  private mutating func closed(_ state: HydraHead.State, _ json: UnsafeRawBufferPointer) {
    become(state, json)
    read(json) {
      $0.head.snapshotNumber = $1.number("snapshotNumber") ?? $0.head.snapshotNumber
      $0.head.contestationDeadline = $1.time("contestationDeadline")
    }
  }

  private mutating func begin(_ json: UnsafeRawBufferPointer, _ state: HydraHead.State) {
    let before = head
    head = HydraHead()
    become(state, json)
    read(json) { $0.head.parties = $1.count("parties") ?? $1.count("parameters/parties") }
    // In the first releases the opening of a head names neither; its initialization does.
    guard state == .open, head.id == nil || head.id == before.id else { return }
    head.id = before.id
    head.parties = head.parties ?? before.parties
  }

  /// A rotation's `Checkpoint` holds the whole state.
  private mutating func restore(_ json: UnsafeRawBufferPointer) {
    let states: [String: HydraHead.State] = [
      "Idle": .idle, "Initial": .initializing, "Open": .open, "Closed": .closed,
      "FanoutProgress": .fanningOut,
    ]
    read(json) { fold, fields in
      guard let tag = fields.text("state/headState/tag") else { return }
      let transactions = fold.head.transactions
      let contents = "state/headState/contents"
      let id = fields.text("\(contents)/headId")
      var head = HydraHead(id: id, state: states[tag])
      head.parties = fields.count("\(contents)/parameters/parties")
      head.contestationDeadline = fields.time("\(contents)/contestationDeadline")
      if head.state == .closed, fields.value("\(contents)/readyToFanoutSent") == .bool(true) {
        head.state = .fanoutPossible
      }
      for place in [
        "\(contents)/coordinatedHeadState/confirmedSnapshot", "\(contents)/confirmedSnapshot",
      ] {
        guard let kind = fields.text("\(place)/tag") else { continue }
        head.snapshotNumber =
          kind == "InitialSnapshot" ? 0 : fields.number("\(place)/snapshot/number")
      }
      if id != nil, id == fold.head.id { head.transactions = transactions }
      fold.head = head
    }
  }

  private mutating func read(
    _ json: UnsafeRawBufferPointer, _ body: (inout HeadFold, ChangeFields) -> Void
  ) {
    ChangeFields.read(json) { body(&self, $0) }
  }
}
