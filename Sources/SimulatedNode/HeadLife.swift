import EventPersistence

/// The lives of one Head after another, as a function of a seed and an id.
///
/// The event with id n follows from the seed and n alone: a node that stops and continues writes
/// the same as one that never stopped, and any event can be made on its own. A life is 128 rounds
/// of 16 events: one that opens the Head, 126 that end with a confirmed snapshot each, one that
/// closes it.
struct HeadLife {
  static let roundEvents: UInt64 = 16
  static let lifeRounds: UInt64 = 128
  static let partyCount: UInt64 = 3

  var seed: UInt64
  /// The intended mean size of an event.
  var payloadBytes: Int
  /// Changes the content where ids are reused; 0 at first.
  var salt: UInt64 = 0

  /// Chosen so that the mean of the sizes in JSON comes out near `payloadBytes`.
  private var transactionBytes: Int { max(150, (payloadBytes - 320) * 3 / 8) }
  private var utxoCount: Int { max(0, (payloadBytes - 620) / 80) }

  func change(_ id: UInt64, at time: EventTime) -> SimulatedChange {
    let round = Round(life: self, number: id / Self.roundEvents)
    let slot = Int(id % Self.roundEvents)
    switch id / Self.roundEvents % Self.lifeRounds {
    case 0: return round.opening(slot, id, time)
    case Self.lifeRounds - 1: return round.closing(slot, id, time)
    default: return round.open(slot, id, time)
    }
  }

  /// The node's own `Checkpoint`: the first event of the log after a rotation.
  func checkpoint(_ id: UInt64, at time: EventTime) -> SimulatedChange {
    let round = Round(life: self, number: id / Self.roundEvents)
    return .checkpoint(round.chainState(id, count: utxoCount), time: time)
  }

  /// Sixteen events, seen from any of them.
  private struct Round {
    var life: HeadLife
    var number: UInt64

    private var lifeNumber: UInt64 { number / lifeRounds }
    private var headId: UInt64 { Noise.of(life.seed, 1, lifeNumber) }
    private var snapshotNumber: UInt64 { number % lifeRounds }
    private var version: UInt64 { snapshotNumber / 8 }
    private var kind: UInt64 { snapshotNumber % 8 }
    private var noise: UInt64 { Noise.of(life.seed, 2, number, life.salt) }
    private var transactionCount: Int { kind == 3 || kind == 7 ? 2 : Int(noise % 3) + 2 }
    private var transactions: [Ledger.Transaction] {
      (0..<transactionCount).map { transaction(UInt64($0)) }
    }

    private func transaction(_ index: UInt64) -> Ledger.Transaction {
      let seed = Noise.of(life.seed, 3, number, index, life.salt)
      let size = life.transactionBytes
      return Ledger.Transaction(seed: seed, byteCount: size / 2 + Int(seed % UInt64(size)))
    }

    private func utxo(_ salt: UInt64, _ count: Int) -> Ledger.UTxO {
      Ledger.UTxO(seed: Noise.of(life.seed, 4, number, salt, life.salt), count: count)
    }

    private func party(_ index: UInt64) -> Ledger.Party {
      Ledger.Party(seed: Noise.of(life.seed, 5, index))
    }

    private var parties: [Ledger.Party] { (0..<partyCount).map(party) }

    private func point(_ id: UInt64) -> Ledger.ChainPoint {
      Ledger.ChainPoint(slot: 48_000_000 + id * 5, seed: Noise.of(life.seed, 6, id, life.salt))
    }

    func chainState(_ id: UInt64, count: Int = 2) -> Ledger.ChainState {
      Ledger.ChainState(point: point(id), spendable: utxo(0, count))
    }

    private var snapshot: Ledger.Snapshot {
      Ledger.Snapshot(
        headId: headId, version: version, number: snapshotNumber, confirmed: transactions,
        utxo: utxo(1, life.utxoCount), toCommit: kind == 3 ? utxo(2, 1) : nil,
        toDecommit: kind == 7 ? utxo(3, 1) : nil)
    }

    private func signature(_ index: UInt64) -> UInt64 {
      Noise.of(life.seed, 7, number, index, life.salt)
    }
    private var depositId: UInt64 { Noise.of(life.seed, 8, number) }

    private func deposit(_ time: EventTime) -> Ledger.Deposit {
      // Depends on the round, not the event, so that the deposit activated is the one recorded.
      let created = EventTime(seconds: 1_780_000_000 + Int64(number) * 20)
      return Ledger.Deposit(
        headId: headId, created: created, deadline: created.advanced(bySeconds: 7200),
        deposited: utxo(2, 1))
    }

    private func quiet(_ id: UInt64, _ time: EventTime) -> SimulatedChange {
      let chance = Noise.of(life.seed, 9, id, life.salt) % 64
      let peer = Ledger.Host(number: Noise.of(life.seed, 10, number) % (partyCount - 1))
      if chance == 0 { return .peerDisconnected(peer) }
      if chance == 1 { return .peerConnected(peer) }
      if chance == 2 { return .txInvalid(headId: headId, transaction(99), utxo(9, 1)) }
      return .tickObserved(point(id), time: time)
    }

    func opening(_ slot: Int, _ id: UInt64, _ time: EventTime) -> SimulatedChange {
      switch slot {
      case 0: .networkConnected
      case 1: .peerConnected(Ledger.Host(number: 0))
      case 2: .peerConnected(Ledger.Host(number: 1))
      case 3: .nodeUnsynced(slot: point(id).slot, time: time)
      case 6: .nodeSynced(slot: point(id).slot, time: time)
      case 9: .headOpened(headId: headId, parties: parties, chainState(id))
      default: .tickObserved(point(id), time: time)
      }
    }

    func open(_ slot: Int, _ id: UInt64, _ time: EventTime) -> SimulatedChange {
      switch slot {
      case 0: .tickObserved(point(id), time: time)
      case 10: .snapshotRequestDecided(number: snapshotNumber)
      case 11:
        .snapshotRequested(snapshot, local: transactions, deposit: kind == 3 ? depositId : nil)
      case 12, 13, 14:
        .partySignedSnapshot(
          number: snapshotNumber, party(UInt64(slot - 12)), signature: signature(UInt64(slot - 12)))
      case 15:
        .snapshotConfirmed(snapshot, signatures: (0..<partyCount).map(signature))
      case let slot where slot <= transactionCount * 2:
        slot % 2 == 1
          ? .transactionReceived(transaction(UInt64(slot / 2)))
          : .transactionApplied(headId: headId, transaction(UInt64(slot / 2 - 1)))
      default: aside(slot, id, time)
      }
    }

    /// Between the transactions and the snapshot: a deposit, a decommit, or progress of the chain.
    private func aside(_ slot: Int, _ id: UInt64, _ time: EventTime) -> SimulatedChange {
      switch (kind, slot) {
      case (3, 5): .depositRecorded(deposit(time), id: depositId, chainState(id))
      case (3, 7): .depositActivated(deposit(time), id: depositId, time: time)
      case (3, 8): .commitApproved(headId: headId, utxo(2, 1))
      case (3, 9):
        .commitFinalized(
          headId: headId, deposit: depositId, version: version + 1, chainState(id))
      case (7, 5): .decommitRecorded(headId: headId, transaction(90))
      case (7, 7): .decommitApproved(headId: headId, transaction(90), utxo(3, 1))
      case (7, 9):
        .decommitFinalized(headId: headId, utxo(3, 1), version: version + 1, chainState(id))
      default: quiet(id, time)
      }
    }

    func closing(_ slot: Int, _ id: UInt64, _ time: EventTime) -> SimulatedChange {
      let deadline = time.advanced(bySeconds: 60)
      return switch slot {
      case 2:
        .headClosed(
          headId: headId, number: snapshotNumber - 1, chainState(id), deadline: deadline)
      case 5 where noise % 4 == 0:
        .headContested(
          headId: headId, number: snapshotNumber - 1, chainState(id), deadline: deadline)
      case 9: .headIsReadyToFanout(headId: headId)
      case 12: .headFannedOut(headId: headId, utxo(1, life.utxoCount), chainState(id))
      default: .tickObserved(point(id), time: time)
      }
    }
  }
}
