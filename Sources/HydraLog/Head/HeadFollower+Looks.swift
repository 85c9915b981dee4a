import EventPersistence

/// The record as a look reads it: a decoder takes longer for it than for the rest of the look.
extension HeadFollower.Record {
  init?(_ walk: inout JSONWalk) {
    var through: Position?
    var fold: HeadFold?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "through") { return walk.read(&through) }
      guard walk.text(key, is: "fold") else { return walk.skip() }
      return walk.read(&fold) { HeadFold(&$0) }
    }
    guard isWhole, let through, let fold else { return nil }
    self.init(through: through, fold: fold)
  }
}

extension HeadFold {
  fileprivate init?(_ walk: inout JSONWalk) {
    var head: HydraHead?
    var network: NetworkFold?
    var chain: ChainFold?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "head") { return walk.read(&head) { HydraHead(&$0) } }
      if walk.text(key, is: "network") { return walk.read(&network) { NetworkFold(&$0) } }
      guard walk.text(key, is: "chain") else { return walk.skip() }
      return walk.read(&chain) { ChainFold(&$0) }
    }
    guard isWhole, let head, let network, let chain else { return nil }
    self.init(head: head, network: network, chain: chain)
  }
}

extension HydraHead {
  /// What a fold of the head itself keeps: the rest is of its network and chain.
  fileprivate init?(_ walk: inout JSONWalk) {
    var state: String?
    var parties: Int?
    self.init()
    let isWhole = walk.object { walk, key in
      if walk.null() { return true }
      if walk.text(key, is: "id") { return walk.read(&id) }
      if walk.text(key, is: "state") { return walk.read(&state) }
      if walk.text(key, is: "snapshotNumber") { return walk.read(&snapshotNumber) }
      if walk.text(key, is: "parties") { return walk.read(&parties) }
      if walk.text(key, is: "transactions") { return walk.read(&transactions) }
      if walk.text(key, is: "contestationDeadline") { return walk.read(&contestationDeadline) }
      return walk.skip()
    }
    self.state = state.flatMap(State.init)
    self.parties = parties
    let numbers = [snapshotNumber, transactions, parties.map(UInt64.init)].compactMap(\.self)
    guard isWhole, self.state?.rawValue == state, numbers.allSatisfy({ $0 <= Position.idMax })
    else { return nil }
  }
}

extension NetworkFold {
  fileprivate init?(_ walk: inout JSONWalk) {
    var isConnected: Bool?
    var peers: Set<String>?
    var isKnown: Bool?
    var isDoubtful: Bool?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "isConnected") { return walk.read(&isConnected) }
      if walk.text(key, is: "isKnown") { return walk.read(&isKnown) }
      if walk.text(key, is: "isDoubtful") { return walk.read(&isDoubtful) }
      guard walk.text(key, is: "peers") else { return walk.skip() }
      peers = []
      return walk.array { walk in
        var peer: String?
        guard walk.read(&peer), let peer else { return false }
        peers?.insert(peer)
        return true
      }
    }
    guard isWhole, let peers, let isKnown, let isDoubtful else { return nil }
    self.init(isConnected: isConnected, peers: peers, isKnown: isKnown, isDoubtful: isDoubtful)
  }
}

extension ChainFold {
  fileprivate init?(_ walk: inout JSONWalk) {
    var point: ChainPoint?
    var isSynced: Bool?
    var driftSeconds: Double?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "isSynced") { return walk.read(&isSynced) }
      if walk.text(key, is: "driftSeconds") { return walk.read(&driftSeconds) }
      guard walk.text(key, is: "point") else { return walk.skip() }
      var slot: UInt64?
      var blockHash: String?
      let isWhole = walk.object { walk, key in
        if walk.text(key, is: "slot") { return walk.read(&slot) }
        if walk.text(key, is: "blockHash") { return walk.read(&blockHash) }
        return walk.skip()
      }
      guard isWhole, let slot, slot <= Position.idMax, let blockHash else { return false }
      point = ChainPoint(slot: slot, blockHash: blockHash)
      return point != nil
    }
    guard isWhole else { return nil }
    self.init(point: point, isSynced: isSynced, driftSeconds: driftSeconds)
  }
}
