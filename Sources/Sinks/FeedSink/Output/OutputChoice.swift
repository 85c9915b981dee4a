internal import CardanoLedger

/// What a consumer wants of the outputs, as it asks a hydra-node for it.
struct OutputChoice: Sendable, Hashable {
  /// No `utxo` in snapshots: `snapshot-utxo=no`.
  var omitsUTxO = false
  /// Of `TxValid`, `TxInvalid` and `SnapshotConfirmed`, only those with a transaction that has an
  /// output to it: `address=addr…`. Everything else is sent all the same.
  var address: PaymentAddress?
}
