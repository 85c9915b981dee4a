package import EventPersistence

/// States of a Hydra Head to test with.
package enum SampleHeads {
  /// Of a head that is open, with all that a log can tell of it but the point of the chain.
  package static var open: HydraHead {
    var head = HydraHead(
      id: "1a2b3c4d5e6f7788", state: .open, snapshotNumber: 8112, parties: 3, transactions: 41_205)
    head.isNetworkConnected = true
    head.peersConnected = 2
    head.isChainSynced = true
    head.chainDriftSeconds = 3
    return head
  }
}
