import EventPersistence

/// The state of the Hydra Head, from one event after the other.
struct HeadFold {
  private(set) var head = HydraHead()

  /// Takes the next event, whose whole JSON is `json`.
  mutating func take(tag: String?, _ json: UnsafeRawBufferPointer) {
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
    read(json) { $0.head.snapshotNumber = $1.number("snapshotNumber") ?? $0.head.snapshotNumber }
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
    _ json: UnsafeRawBufferPointer, _ body: (inout HeadFold, Fields) -> Void
  ) {
    var fold = self
    JSONDocument.withParsed(json) { body(&fold, Fields(document: $0)) }
    self = fold
  }

  /// The fields of `stateChanged`.
  private struct Fields {
    let document: JSONDocument

    func text(_ path: String) -> String? {
      guard case .string(let text) = document.value("/stateChanged/\(path)") else { return nil }
      return text
    }

    func number(_ path: String) -> UInt64? {
      guard case .unsigned(let number) = document.value("/stateChanged/\(path)") else { return nil }
      return number <= Position.idMax ? number : nil
    }

    func count(_ path: String) -> Int? {
      guard case .array(let count) = document.value("/stateChanged/\(path)") else { return nil }
      return count
    }
  }
}
